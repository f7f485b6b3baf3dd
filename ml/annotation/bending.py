"""Shapes that are moved, turned, stretched, or bent at one of their places. Level-0 px, angles in degrees."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from ml.annotation.shapes import ELLIPSE_POINTS, Ring, Shape, is_upright
from ml.geometry import Point, Rect


class NotPossible(ValueError):  # noqa: N818 - a person reads it
    """A change that would leave no proper shape. The text says why, as a sentence."""


@dataclass(frozen=True, slots=True)
class Affine:
    """Where places go: x' = xx·x + xy·y + dx, y' = yx·x + yy·y + dy."""

    xx: float = 1.0
    xy: float = 0.0
    yx: float = 0.0
    yy: float = 1.0
    dx: float = 0.0
    dy: float = 0.0

    @classmethod
    def moving(cls, dx: float, dy: float) -> Affine:
        """So far to the right and down."""
        return cls(dx=dx, dy=dy)

    @classmethod
    def turning(cls, degrees: float, about: Point) -> Affine:
        """Clockwise about a place; exact for quarter turns."""
        turn = math.radians(degrees)
        exact = {0.0: (1.0, 0.0), 90.0: (0.0, 1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, -1.0)}
        cos, sin = exact.get(degrees % 360, (math.cos(turn), math.sin(turn)))
        x, y = about.x, about.y
        return cls(cos, -sin, sin, cos, x - cos * x + sin * y, y - sin * x - cos * y)

    @classmethod
    def stretching(cls, old: Rect, new: Rect) -> Affine:
        """From one rectangle to another; a side of no length keeps its scale."""
        xx = new.width / old.width if old.width else 1.0
        yy = new.height / old.height if old.height else 1.0
        return cls(xx, 0.0, 0.0, yy, new.x - xx * old.x, new.y - yy * old.y)

    def __call__(self, place: Point) -> Point:
        """Where a place goes."""
        return Point(
            self.xx * place.x + self.xy * place.y + self.dx, self.yx * place.x + self.yy * place.y + self.dy
        )

    @property
    def is_upright(self) -> bool:
        """Whether what is upright stays so."""
        return self.xy == self.yx == 0


def laid_out(shape: Shape, way: Affine) -> Shape:
    """The shape at its new places. A rectangle stays one while it is upright, an ellipse while it is one."""
    if shape.kind == "rectangle" and way.is_upright:
        corner, opposite = way(shape.rings[0][0]), way(shape.rings[0][2])
        return Shape.rectangle(Rect.between(corner, opposite))
    kind = shape.kind
    rigid = math.isclose(way.xx, way.yy, rel_tol=1e-9) and math.isclose(way.xy, -way.yx, abs_tol=1e-12)
    kept = kind != "ellipse" or rigid or (way.is_upright and is_upright(shape))
    if kind == "rectangle" or not kept:
        kind = "polygon"
    return Shape(tuple(tuple(map(way, ring)) for ring in shape.rings), kind, shape.starts)


def on_slide(way: Affine, bounds: Rect, slide: Rect) -> Affine:
    """A move that leaves what lies within `bounds` on the slide, as far as it lay there before."""
    dx = _held(way.dx, slide.x - bounds.x, slide.right - bounds.right)
    dy = _held(way.dy, slide.y - bounds.y, slide.bottom - bounds.bottom)
    return replace(way, dx=dx, dy=dy)


def _held(value: float, least: float, most: float) -> float:
    return min(max(value, min(least, 0.0)), max(most, 0.0))


def with_place(shape: Shape, ring: int, index: int, place: Point) -> Shape:
    """The shape with one of its places elsewhere. Raises `NotPossible` where an area would cross itself."""
    return _bent(shape, ring, lambda places: (*places[:index], place, *places[index + 1 :]))


def with_more(shape: Shape, ring: int, index: int, place: Point) -> Shape:
    """The shape with one place more, before the place of this number. Raises `NotPossible`."""
    return _bent(shape, ring, lambda places: (*places[:index], place, *places[index:]))


def without(shape: Shape, ring: int, index: int) -> Shape | None:
    """The shape with one place less; None where nothing is left. A hole of three places goes as a whole.

    Raises `NotPossible` where an area would cross itself or be none.
    """
    least = 3 if shape.is_area else 2 if shape.kind == "line" else 1
    if len(shape.rings[ring]) > least:
        return _bent(shape, ring, lambda places: (*places[:index], *places[index + 1 :]))
    if not shape.is_area or ring in shape.starts:
        if len(shape.rings) == 1 and shape.kind == "points":
            return None
        raise NotPossible("An outline needs three points." if shape.is_area else "A line needs two points.")
    starts = tuple(start - (start > ring) for start in shape.starts)
    return Shape((*shape.rings[:ring], *shape.rings[ring + 1 :]), "polygon", starts)


def _bent(shape: Shape, ring: int, bend: Callable[[Ring], Ring]) -> Shape:
    rings = (*shape.rings[:ring], bend(shape.rings[ring]), *shape.rings[ring + 1 :])
    bent = Shape(rings, "polygon" if shape.is_area else shape.kind, shape.starts)
    if bent.is_area and not (bent.polygon.is_valid and bent.area > 0):
        raise NotPossible("The outline would cross itself.")
    return bent


def has_places(shape: Shape) -> bool:
    """Whether it is bent at its places; a rectangle and an ellipse are stretched as a whole."""
    round_ = shape.kind == "ellipse" and len(shape.rings[0]) == ELLIPSE_POINTS
    return shape.kind != "rectangle" and not round_
