"""What people said of slides in the case library, gathered for a training; for the library's own thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect, Spacing
from ml.results.analysis import Analysis
from ml.results.boxes import BoxRule, find_boxes
from ml.train.corrected import CORRECTION, PSEUDO, Question, Said, SlideSaid, said_of, said_of_box
from viewer.cases.values import Item, Json
from viewer.state.kept import box_of, readable, rule_of, spacing_of
from viewer.state.learning import MadeUp, read_notes

_NOWHERE = Shape.rectangle(Rect(0, 0, 1, 1))

if TYPE_CHECKING:
    from viewer.cases.library import Library


@dataclass(frozen=True)
class Told:
    """A slide with what people said of it, and what was made up. Its patient is the name of the case."""

    slide: SlideSaid
    made_up: tuple[Said, ...] = ()


@dataclass(frozen=True)
class OnTable:
    """Of a slide that is open: what is there now, whether or not it is written yet."""

    annotations: tuple[Annotation, ...]
    made_up: tuple[MadeUp, ...]


def told_in(library: Library, question: Question, open_slides: Mapping[Path, OnTable]) -> tuple[Told, ...]:
    """Every slide of the library whose file is there. Raises `Problem`s."""
    return tuple(
        _told(library, item, row.name, question, open_slides.get(item.path))
        for row in library.cases()
        for item in library.items(row.id)
        if item.kind == "slide" and item.path.exists()
    )


def _told(library: Library, item: Item, case: str, question: Question, here: OnTable | None) -> Told:
    annotations = here.annotations if here is not None else library.annotations(item.id)
    notes = readable(library.state(item.id, "learning"), read_notes)
    made_up = here.made_up if here is not None else notes[1] if notes is not None else ()
    boxes = {one.metadata["Key"] for one in annotations if "Key" in one.metadata}
    said = (*_verdicts(library, item, question, boxes), *said_of(annotations, question))
    spacing = readable(library.state(item.id, "spacing"), spacing_of)
    return Told(SlideSaid(item.path, case, said, spacing), tuple(map(_made_up, made_up)))


def _made_up(label: MadeUp) -> Said:
    return Said(
        Shape.rectangle(label.rect), label.label, PSEUDO, at=label.at, worth=f"{label.confidence:.4f}"
    )


def _verdicts(library: Library, item: Item, question: Question, drawn: set[str]) -> tuple[Said, ...]:
    """Boxes of the last analysis that were accepted or rejected; drawn ones speak for themselves."""
    rows = library.analyses(item.id)
    last = max(rows, key=lambda row: row.id, default=None)
    model = library.state(item.id, "model")
    if last is None or not last.verdicts or not isinstance(model, dict):
        return ()
    analysis, rule = library.analysis(last.id), readable(model.get("rule"), rule_of)
    if not isinstance(analysis, Analysis) or rule is None:
        return ()
    made, decided, found = analysis.provenance, library.decided(last.id), []
    boxes = _boxes(analysis, rule, model)
    standing = [rect for key, (_, rect) in boxes.items() if last.verdicts.get(key) != "rejected"]
    for key, (index, rect) in boxes.items():
        verdict = decided.get(key)
        if verdict is None or key in drawn:
            continue
        others = () if verdict.verdict != "rejected" or not question.sought else standing
        if any(not rect.intersection(other).is_empty for other in others):
            continue  # what stands there was found, too: the place is not nothing
        told = Said(_NOWHERE, "", CORRECTION, verdict.author, verdict.at, made.model_name, run=made.started)
        one = said_of_box(rect, analysis.scores.class_names[index], verdict.verdict, question, told)
        if one is not None:
            found.append(one)
    return tuple(found)


def _boxes(analysis: Analysis, rule: BoxRule, model: Mapping[str, Json]) -> dict[str, tuple[int, Rect]]:
    spacing: Spacing = analysis.provenance.spacing.spacing
    kept = readable(model.get("accepted"), lambda boxes: tuple(map(box_of, boxes))) or ()
    boxes = (*kept, *find_boxes(analysis.scores, rule, spacing))
    return {box.key: (box.class_index, box.rect) for box in boxes}
