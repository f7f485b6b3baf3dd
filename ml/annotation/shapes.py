"""Shapes that a person draws or accepts, in level-0 pixels."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from ml.geometry import Point, Rect

Ring = tuple[Point, ...]
"""A closed line without its first point repeated."""


@dataclass(frozen=True)
class Shape:
    """An area: an outer ring and any number of holes.

    `kind` only remembers how it was drawn (a rectangle stays a rectangle when it is edited).
    """

    rings: tuple[Ring, ...]
    kind: Literal["rectangle", "polygon"] = "polygon"

    @classmethod
    def rectangle(cls, rect: Rect) -> Shape:
        """The four corners, clockwise from the top left."""
        left, top, right, bottom = rect.x, rect.y, rect.right, rect.bottom
        corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
        return cls((corners,), "rectangle")

    @classmethod
    def outline(cls, points: Ring) -> Shape:
        """A closed freehand line, made valid: one that crosses itself keeps the area it encloses."""
        polygon = shapely.make_valid(shapely.Polygon([(p.x, p.y) for p in points]))
        parts = [p for p in shapely.get_parts(polygon) if p.geom_type in {"Polygon", "MultiPolygon"}]
        pieces = [piece for part in parts for piece in shapely.get_parts(part)]
        if not pieces:
            raise ValueError("An outline needs three points that do not lie on one line.")
        largest = max(pieces, key=lambda piece: float(piece.area))
        return cls(tuple(_ring(line) for line in (largest.exterior, *largest.interiors)))

    @cached_property
    def polygon(self) -> shapely.Polygon:
        """The same as a shapely polygon, prepared for many questions."""
        outer, *holes = ([(p.x, p.y) for p in ring] for ring in self.rings)
        polygon = shapely.Polygon(outer, holes)
        shapely.prepare(polygon)
        return polygon

    @cached_property
    def bounds(self) -> Rect:
        """The enclosing rectangle."""
        return Rect.between(
            Point(min(p.x for p in self.rings[0]), min(p.y for p in self.rings[0])),
            Point(max(p.x for p in self.rings[0]), max(p.y for p in self.rings[0])),
        )

    @property
    def area(self) -> float:
        """Area in level-0 px², without the holes."""
        return float(self.polygon.area)

    def holds(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """For each place whether it lies inside; same shape as `x` and `y`."""
        inside: NDArray[np.bool_] = shapely.contains_xy(self.polygon, x, y)
        return inside


def _ring(line: shapely.LinearRing) -> Ring:
    return tuple(Point(float(x), float(y)) for x, y in shapely.get_coordinates(line)[:-1])


Color = tuple[int, int, int]


@dataclass(frozen=True)
class Annotation:
    """One thing that somebody marked. `id` never changes, whatever is edited."""

    shape: Shape
    name: str = ""
    class_name: str = ""  # empty: not classified
    color: Color | None = None
    locked: bool = False
    measurements: Mapping[str, float] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
