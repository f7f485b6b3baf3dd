"""What a format cannot hold, taken apart into what it can, with a word for each loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from ml.annotation.feature import class_color
from ml.annotation.losses import Losses
from ml.annotation.shapes import Annotation, Color, Plane, Ring, Shape, is_upright
from ml.exchange.keyhole import keyhole


@dataclass(frozen=True)
class Able:
    """What a format can hold beside closed outlines with a class. `title` stands in the sentences."""

    title: str
    ellipse: bool = False  # upright ones
    slanted: bool = False  # ellipses that are not upright
    lines: bool = False  # of any number of places
    segments: bool = False  # of two places
    points: bool = False  # several in one
    single_points: bool = True
    holes: bool = False
    parts: bool = False
    said: frozenset[str] = frozenset()  # of the names in `_SENTENCES`


_BLUE: Color = (0, 114, 178)
_SENTENCES = {
    "name": "no names",
    "locked": "no locks",
    "color": "no colours",
    "measurements": "no measurements",
    "metadata": "no texts beside the name",
    "object_type": "no kinds of objects (detection, cell, tile)",
    "nucleus": "no nuclei of cells",
    "plane": "no planes of a stack",
}


def called(annotation: Annotation) -> str:
    """How a sentence names an annotation."""
    return f"“{annotation.name or annotation.class_name or annotation.id}”"


def note_unsaid(annotation: Annotation, able: Able, losses: Losses) -> None:
    """Note what an annotation says beside its shape and the format does not."""
    holds = {
        "name": annotation.name,
        "locked": annotation.locked,
        "color": annotation.color is not None,
        "measurements": annotation.measurements,
        "metadata": annotation.metadata,
        "object_type": annotation.object_type != "annotation",
        "nucleus": annotation.nucleus,
        "plane": annotation.plane != Plane(),
    }
    for key, value in holds.items():
        if value and key not in able.said:
            losses.add(f"{able.title} has {_SENTENCES[key]}: left out", called(annotation))
    if "id" not in able.said:
        losses.add(f"{able.title} has no identifiers: they are made anew when it is read")


def shown_color(annotation: Annotation, classes: Mapping[str, Color], able: Able, losses: Losses) -> Color:
    """The colour of an annotation in a format where all have one: its own, that of its class, or blue."""
    color = annotation.color or classes.get(annotation.class_name)
    if color is None:
        losses.add(f"In {able.title} all have a colour: it got one", called(annotation))
        color = class_color(annotation.class_name) if annotation.class_name else _BLUE
    return color


def pieces(annotation: Annotation, able: Able, losses: Losses) -> list[Shape]:
    """The shape as one or several that the format can hold: rectangle, polygon, ellipse, line, points.

    What comes out has one part and, unless the format has holes, one ring; lines and points as it can.
    """
    shape, name = annotation.shape, called(annotation)
    if shape.kind == "line":
        return _lines(shape, able, losses, name)
    if shape.kind == "points":
        return _points(shape, able, losses, name)
    if shape.kind == "ellipse":
        if able.slanted or (able.ellipse and is_upright(shape)):
            return [shape]
        kind = "slanted ellipses" if able.ellipse else "ellipses"
        losses.add(f"{able.title} has no {kind}: they became outlines", name)
        return [Shape(shape.rings)]
    if shape.kind == "rectangle" or (able.parts and able.holes):
        return [shape]
    if len(shape.starts) > 1 and not able.parts:
        losses.add(f"{able.title} has no areas of several parts: they became several annotations", name)
    if len(shape.rings) > len(shape.starts) and not able.holes:
        losses.add(f"{able.title} has no holes: a line of no width joins them to the outline", name)
    return [Shape(part) if able.holes else Shape((keyhole(part),)) for part in shape.parts]


def _lines(shape: Shape, able: Able, losses: Losses, name: str) -> list[Shape]:
    if able.lines:
        if len(shape.rings) > 1:
            losses.add(f"{able.title} has no sets of lines: they became several annotations", name)
        return [Shape.line(ring) for ring in shape.rings]
    if not able.segments:
        losses.add(f"{able.title} has no lines: left out", name)
        return []
    segments = [Shape.line(two) for ring in shape.rings for two in pairwise(ring)]
    if len(segments) > 1:
        losses.add(f"{able.title} has only lines from one place to another: they became several", name)
    return segments


def _points(shape: Shape, able: Able, losses: Losses, name: str) -> list[Shape]:
    places: Ring = shape.rings[0]
    if able.points:
        return [shape]
    if not able.single_points:
        losses.add(f"{able.title} has no points: left out", name)
        return []
    if len(places) > 1:
        losses.add(f"{able.title} has no sets of points: they became several annotations", name)
    return [Shape.points([place]) for place in places]
