"""Where a selected shape can be taken hold of: its places, the sides of its box, the knob that turns it.

Pure numbers in level-0 px. `scale` is widget px per level-0 px: grips keep their size on the screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from ml.annotation.bending import Affine, has_places
from ml.annotation.measured import means_of
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect

MOST_PLACES = 64
"""More places than this in view are no grips: zoom in to bend the outline there."""

KNOB = 24.0
"""Widget px from the box to the knob that turns it."""

_MARGIN = 14.0  # widget px from a shape with places to its box
_LEAST_BOX = 28.0  # widget px: a smaller shape has no box
_STEP = 15.0  # degrees, with Shift
SIDES = ((-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0))
"""Clockwise from the top left: which sides of the box each grip moves (-1: left or top)."""


@dataclass(frozen=True, slots=True)
class Grip:
    """One of them. `ring` and `index` say which place; of a side, `index` is one of `SIDES`."""

    kind: Literal["place", "side", "knob"]
    place: Point
    ring: int = 0
    index: int = 0


def grips_of(annotation: Annotation, scale: float, view: Rect) -> tuple[Grip, ...]:
    """All grips of a shape that is looked at; what is bent at a place comes before the box."""
    shape = annotation.shape
    if annotation.locked:
        return ()
    found = list(_places(shape, view)) if has_places(shape) else []
    box = box_of(annotation, scale)
    if box is not None:
        middle = box.center
        found += [
            Grip("side", Point(middle.x + dx * box.width / 2, middle.y + dy * box.height / 2), 0, index)
            for index, (dx, dy) in enumerate(SIDES)
        ]
        found.append(Grip("knob", Point(middle.x, box.y - KNOB / scale)))
    return tuple(found)


def box_of(annotation: Annotation, scale: float) -> Rect | None:
    """The box about a shape that can be stretched and turned; None for what only moves."""
    shape = annotation.shape
    few = shape.kind == "points" or (shape.kind == "line" and sum(map(len, shape.rings)) < 4)
    if few or means_of(annotation) or max(shape.bounds.width, shape.bounds.height) * scale < _LEAST_BOX:
        return None
    return shape.bounds.grown(_MARGIN / scale if has_places(shape) else 0.0)


def grip_at(grips: tuple[Grip, ...], point: Point, reach: float) -> Grip | None:
    """The nearest grip within reach; of equally near ones the first."""
    ways = [(math.hypot(g.place.x - point.x, g.place.y - point.y), n) for n, g in enumerate(grips)]
    way, number = min(ways, default=(math.inf, 0))
    return grips[number] if way <= reach else None


def stretched(bounds: Rect, side: int, start: Point, end: Point, *, keeps: bool) -> Affine:
    """What a drag of a side or corner of the box makes of a shape; `keeps`: its proportions, from a corner.

    It never turns inside out: at least one pixel is left each way.
    """
    dx, dy = SIDES[side]
    width = max(bounds.width + dx * (end.x - start.x), min(1.0, bounds.width))
    height = max(bounds.height + dy * (end.y - start.y), min(1.0, bounds.height))
    if keeps and dx and dy and bounds.width and bounds.height:
        factor = max(width / bounds.width, height / bounds.height)
        width, height = bounds.width * factor, bounds.height * factor
    x = bounds.right - width if dx < 0 else bounds.x
    y = bounds.bottom - height if dy < 0 else bounds.y
    return Affine.stretching(bounds, Rect(x, y, width, height))


def turned(bounds: Rect, start: Point, end: Point, *, steps: bool) -> tuple[Affine, float]:
    """What a drag of the knob makes of a shape, and the degrees, -180 to 180; `steps`: of 15."""
    about = bounds.center
    began = math.atan2(start.y - about.y, start.x - about.x)
    degrees = math.degrees(math.atan2(end.y - about.y, end.x - about.x) - began)
    degrees = (degrees + 180) % 360 - 180
    if steps:
        degrees = round(degrees / _STEP) * _STEP
    return Affine.turning(degrees, about), degrees


def _places(shape: Shape, view: Rect) -> list[Grip]:
    found: list[Grip] = []
    start, closing = 0, int(shape.is_area)  # shapely repeats the first place of a closed ring
    places = shapely.get_coordinates(shape.geometry)  # kept with the shape, so it is quick
    for number, ring in enumerate(shape.rings):
        x, y = places[start : start + len(ring)].T
        start += len(ring) + closing
        seen = np.flatnonzero((x >= view.x) & (x <= view.right) & (y >= view.y) & (y <= view.bottom))
        if len(found) + len(seen) > MOST_PLACES:
            return []
        found += [Grip("place", ring[index], number, int(index)) for index in seen]
    return found
