"""What a person answers when asked about a patch, as an annotation: where, what, who, when, why asked.

An answer is a square with `Source` "label queue". Without a class it is an honest "not sure": it is kept too,
so that nobody is asked twice, but is never learned from. The fields are described in
docs/learning-from-corrections.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from ml.annotation.corrections import REJECTED, REJECTED_COLOR, SOURCE
from ml.annotation.shapes import Annotation, Color, Shape
from ml.geometry import Rect

QUEUE = "label queue"
ANSWER, UNSURE, GIVEN = "Answer", "not sure", "given"
ANSWERED_BY, ANSWERED_AT = "Answered by", "Answered at"

TOGETHER = ": "
"""Between the classes of a patch to which several apply: QuPath's own way to write them as one class."""

NONE_OF_THEM = "None of them"
"""The class of an answer that says of every class that it does not hold."""


def answered(
    rect: Rect, label: str | None, color: Color | None, who: str, when: str, asked: Mapping[str, str]
) -> Annotation:
    """An answer; `label` None: not sure. `asked` says by which model it was asked, and why."""
    said = {SOURCE: QUEUE, ANSWER: UNSURE if label is None else GIVEN}
    said |= {ANSWERED_BY: who, ANSWERED_AT: when, **asked}
    name, shade = (REJECTED, REJECTED_COLOR) if label is None else (label, color)
    return Annotation(Shape.rectangle(rect), class_name=name, color=shade, metadata=said)


def is_answer(annotation: Annotation) -> bool:
    """Whether it was given in the queue."""
    return annotation.metadata.get(SOURCE) == QUEUE
