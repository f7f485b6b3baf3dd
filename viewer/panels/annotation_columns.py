"""What the table of annotations says of each: words for people, numbers to sort by and to export."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ml.annotation.shapes import Annotation, Ring
from ml.geometry import Spacing
from ml.report.words import SPACE

NOTE = "Note"
"""The metadata in which a person's note on an annotation is kept."""

SCORES = ("Score", "Mean score", "Score of the model", "score", "Probability")
"""Names under which models keep how sure they are; the first that is there counts."""

Words = Callable[[Annotation, Spacing | None], str]
Number = Callable[[Annotation, Spacing | None], float | str]


@dataclass(frozen=True)
class Column:
    """One column. `number` is what is sorted by and exported: NaN or "" where there is nothing to say."""

    title: str
    tip: str
    words: Words
    number: Number
    digits: int  # its width
    is_text: bool = False
    field: str = ""  # of an annotation, that can be typed here: "name" or "note"


def columns_of(measured: tuple[str, ...]) -> tuple[Column, ...]:
    """The fixed columns, and one for each measurement named."""
    return (*_FIXED, *(_measurement(name) for name in measured))


def score_of(annotation: Annotation) -> float:
    """How sure the model was, NaN where no model was asked."""
    said = annotation.measurements
    return next((said[name] for name in SCORES if name in said), float("nan"))


def kind_of(annotation: Annotation) -> str:
    """The kind of a shape in a word."""
    if annotation.object_type not in {"annotation", ""}:
        return annotation.object_type
    several = len(annotation.shape.starts) > 1
    words = {"polygon": "area", "points": "point" if len(annotation.shape.rings[0]) == 1 else "points"}
    return words.get(annotation.shape.kind, annotation.shape.kind) + (", in parts" if several else "")


def area_of(annotation: Annotation, spacing: Spacing | None) -> float:
    """Area in µm², in px² while nobody knows how large a pixel is; NaN for lines and points."""
    if not annotation.shape.is_area:
        return float("nan")
    parts = annotation.shape.parts
    area = sum(_enclosed(outer) - sum(map(_enclosed, holes)) for outer, *holes in parts)
    return area if spacing is None else area * spacing.x * spacing.y


def _enclosed(ring: Ring) -> float:
    """What a ring encloses, px²: without a polygon of shapely's, which for many takes long to make."""
    twice = 0.0
    before = ring[-1]
    for place in ring:
        twice += before.x * place.y - place.x * before.y
        before = place
    return abs(twice) / 2


def length_of(annotation: Annotation, spacing: Spacing | None) -> float:
    """Length of a line, perimeter of an area with its holes: µm, or px; NaN for points."""
    shape = annotation.shape
    if shape.kind == "points":
        return float("nan")
    x, y = (1.0, 1.0) if spacing is None else (spacing.x, spacing.y)
    total = 0.0
    for ring in shape.rings:
        following = (*ring[1:], *(ring[:1] if shape.is_area else ()))
        for a, b in zip(ring, following, strict=False):
            total += (((b.x - a.x) * x) ** 2 + ((b.y - a.y) * y) ** 2) ** 0.5
    return total


def area_in_words(value: float, spacing: Spacing | None) -> str:
    """ "1.25 mm²", "412 µm²", "1,204 px²"; nothing for no area."""
    if math.isnan(value):
        return ""
    if spacing is None:
        return f"{value:,.0f}{SPACE}px²"
    return f"{value / 1e6:,.3g}{SPACE}mm²" if value >= 1e4 else f"{value:,.4g}{SPACE}µm²"


def length_in_words(value: float, spacing: Spacing | None) -> str:
    """ "1.25 mm", "41.2 µm", "120 px"; nothing for no length."""
    if math.isnan(value):
        return ""
    if spacing is None:
        return f"{value:,.0f}{SPACE}px"
    return f"{value / 1000:,.3g}{SPACE}mm" if value >= 1000 else f"{value:,.3g}{SPACE}µm"


def _measurement(name: str) -> Column:
    def number(annotation: Annotation, _: Spacing | None) -> float:
        return annotation.measurements.get(name, float("nan"))

    def words(annotation: Annotation, _: Spacing | None) -> str:
        value = annotation.measurements.get(name)
        return "" if value is None or math.isnan(value) else f"{value:,.4g}"

    return Column(name, f"Measured: {name}", words, number, 10)


def _plain(words: Callable[[Annotation], str]) -> tuple[Words, Number]:
    return (lambda one, _: words(one)), (lambda one, _: words(one).casefold())


def _score_words(annotation: Annotation, _: Spacing | None) -> str:
    score = score_of(annotation)
    return "" if math.isnan(score) else f"{score:.2f}"


_FIXED: tuple[Column, ...] = (
    Column("Class", "The class", *_plain(lambda one: one.class_name or "–"), 13, is_text=True),
    Column("Name", "The name; F2 types one", *_plain(lambda one: one.name), 9, is_text=True, field="name"),
    Column("Kind", "What was drawn", *_plain(kind_of), 9, is_text=True),
    Column("Area", "Area without holes", lambda one, s: area_in_words(area_of(one, s), s), area_of, 10),
    Column(
        "Length",
        "Length of a line, or round an area with its holes",
        lambda one, s: length_in_words(length_of(one, s), s),
        length_of,
        9,
    ),
    Column("Score", "How sure the model was, 0 to 1", _score_words, lambda one, _: score_of(one), 6),
    Column(
        "Lock", "What is locked cannot be changed", *_plain(lambda a: "locked" if a.locked else ""), 7, True
    ),
    Column(
        "Note",
        "A note; F2 types one",
        *_plain(lambda one: one.metadata.get(NOTE, "")),
        20,
        is_text=True,
        field="note",
    ),
)
