"""Shapes that a person draws or accepts, in level-0 pixels."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from ml.annotation.ring_bytes import Ring, rings_of
from ml.geometry import Point, Rect

__all__ = [
    "Annotation",
    "Color",
    "Kind",
    "Plane",
    "Ring",
    "Shape",
    "body_of",
    "is_upright",
    "packed_shape",
    "polygons_of",
]

Kind = Literal["rectangle", "polygon", "ellipse", "line", "points"]
ELLIPSE_POINTS = 96  # the line is off by 0.05 % of the radius


@dataclass(frozen=True)
class Shape:
    """An area with any number of holes and parts, one or several open lines, or a set of points.

    `kind` only remembers how an area was drawn (a rectangle stays a rectangle when it is edited). An ellipse
    is a ring of 96 places that begins at the end of one axis; see `axes`. `starts` says which rings are outer
    ones: the rings from one to the next are an area and its holes. The rings of a line are each a line of its
    own, and points are one ring.
    """

    rings: tuple[Ring, ...]
    kind: Kind = "polygon"
    starts: tuple[int, ...] = (0,)

    def __getattr__(self, name: str) -> tuple[Ring, ...]:
        """The rings of a shape that is still packed; for every other name there is nothing here."""
        body = self.__dict__.get("body") if name == "rings" else None
        if body is None:
            raise AttributeError(f"A shape has no {name}")
        rings = self.__dict__["rings"] = rings_of(body)
        return rings

    @classmethod
    def rectangle(cls, rect: Rect) -> Shape:
        """The four corners, clockwise from the top left."""
        left, top, right, bottom = rect.x, rect.y, rect.right, rect.bottom
        corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
        return cls((corners,), "rectangle")

    @classmethod
    def ellipse(cls, center: Point, one: Point, other: Point) -> Shape:
        """The ellipse with these ends of its two axes, which stand at right angles."""
        ax, ay, bx, by = one.x - center.x, one.y - center.y, other.x - center.x, other.y - center.y
        quarter = ELLIPSE_POINTS // 4
        waves = [math.sin(math.pi / 2 * step / quarter) for step in range(quarter + 1)]  # 0 and 1 exactly
        rising, falling = waves[:-1], waves[:0:-1]
        cos = [*falling, *(-w for w in rising), *(-w for w in falling), *rising]
        sin = [*rising, *falling, *(-w for w in rising), *(-w for w in falling)]
        places = (
            Point(center.x + ax * c + bx * s, center.y + ay * c + by * s)
            for c, s in zip(cos, sin, strict=True)
        )
        return cls((tuple(places),), "ellipse")

    @classmethod
    def ellipse_in(cls, rect: Rect) -> Shape:
        """The upright ellipse that fills a rectangle."""
        c = rect.center
        return cls.ellipse(c, Point(c.x + rect.width / 2, c.y), Point(c.x, c.y + rect.height / 2))

    @classmethod
    def line(cls, *lines: Ring) -> Shape:
        """One or several open lines."""
        return cls(lines, "line", tuple(range(len(lines))))

    @classmethod
    def points(cls, places: Iterable[Point]) -> Shape:
        """One or several points."""
        return cls((tuple(places),), "points")

    @classmethod
    def areas(cls, polygons: Iterable[shapely.Polygon]) -> Shape:
        """One area of one or several parts with their holes, out of shapely polygons that are not empty."""
        rings: list[Ring] = []
        starts = []
        for polygon in polygons:
            starts.append(len(rings))
            rings += [_ring(line) for line in (polygon.exterior, *polygon.interiors)]
        return cls(tuple(rings), "polygon", tuple(starts))

    @classmethod
    def outline(cls, points: Ring) -> Shape:
        """A closed freehand line, made valid: one that crosses itself keeps the area it encloses."""
        pieces = polygons_of(shapely.make_valid(shapely.Polygon([(p.x, p.y) for p in points])))
        if not pieces:
            raise ValueError("An outline needs three points that do not lie on one line.")
        return cls.areas([max(pieces, key=lambda piece: float(piece.area))])

    @property
    def is_area(self) -> bool:
        """Whether it encloses anything: no line and no points."""
        return self.kind not in {"line", "points"}

    @property
    def parts(self) -> tuple[tuple[Ring, ...], ...]:
        """The parts of an area, each an outer ring and its holes."""
        ends = (*self.starts[1:], len(self.rings))
        return tuple(self.rings[start:end] for start, end in zip(self.starts, ends, strict=True))

    @property
    def axes(self) -> tuple[Point, Point, Point, Point]:
        """Of an ellipse: both ends of one axis, then both of the other."""
        ring, quarter = self.rings[0], ELLIPSE_POINTS // 4
        return ring[0], ring[2 * quarter], ring[quarter], ring[3 * quarter]

    @cached_property
    def polygon(self) -> shapely.Polygon | shapely.MultiPolygon:
        """The area as a shapely polygon, prepared for many questions; an empty one for lines and points."""
        polygon = shapely.Polygon()
        if self.is_area:
            parts = [
                shapely.Polygon([(p.x, p.y) for p in outer], [[(p.x, p.y) for p in r] for r in holes])
                for outer, *holes in self.parts
            ]
            polygon = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
        shapely.prepare(polygon)
        return polygon

    @cached_property
    def geometry(self) -> shapely.Geometry:
        """The shape as shapely knows it: (Multi)Polygon, (Multi)LineString, (Multi)Point."""
        if self.is_area:
            return self.polygon
        places = [[(p.x, p.y) for p in ring] for ring in self.rings]
        if self.kind == "line":
            return shapely.LineString(places[0]) if len(places) == 1 else shapely.MultiLineString(places)
        return shapely.Point(places[0][0]) if len(places[0]) == 1 else shapely.MultiPoint(places[0])

    @cached_property
    def bounds(self) -> Rect:
        """The enclosing rectangle."""
        x = [p.x for start in self.starts for p in self.rings[start]]
        y = [p.y for start in self.starts for p in self.rings[start]]
        return Rect.between(Point(min(x), min(y)), Point(max(x), max(y)))

    @property
    def area(self) -> float:
        """Area in level-0 px², without the holes; 0 for lines and points."""
        return float(self.polygon.area)

    def holds(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """For each place whether it lies inside; same shape as `x` and `y`."""
        inside: NDArray[np.bool_] = shapely.contains_xy(self.polygon, x, y)
        return inside


def packed_shape(body: bytes, kind: Kind, starts: tuple[int, ...]) -> Shape:
    """A shape out of `ring_bytes`, whose places are made only when somebody asks for them.

    Of 300,000 that are read from the library few are ever seen one by one.
    """
    shape = object.__new__(Shape)
    shape.__dict__.update(kind=kind, starts=starts, body=body)
    return shape


def body_of(shape: Shape) -> bytes | None:
    """The bytes that a shape was made of, None where it was not."""
    body: bytes | None = shape.__dict__.get("body")
    return body


def is_upright(ellipse: Shape) -> bool:
    """Whether an ellipse has its axes along x and y, to a hundredth of a pixel."""
    a, b, c, d = ellipse.axes
    lying = abs(a.y - b.y) < 0.01 and abs(c.x - d.x) < 0.01
    return lying or (abs(a.x - b.x) < 0.01 and abs(c.y - d.y) < 0.01)


def polygons_of(geometry: shapely.Geometry) -> list[shapely.Polygon]:
    """All polygons in any geometry, in order."""
    parts = [piece for part in shapely.get_parts(geometry) for piece in shapely.get_parts(part)]
    return [piece for piece in parts if piece.geom_type == "Polygon" and not piece.is_empty]


def _ring(line: shapely.LinearRing) -> Ring:
    return tuple(Point(float(x), float(y)) for x, y in shapely.get_coordinates(line)[:-1])


Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Plane:
    """Which plane of a stack of pictures something was drawn on: channel (-1: all), z and time."""

    c: int = -1
    z: int = 0
    t: int = 0


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
    object_type: str = "annotation"  # or detection, cell, tile, tmaCore: QuPath's words
    nucleus: Shape | None = None  # of a cell
    plane: Plane = Plane()

    def but(self, **said: object) -> Annotation:
        """The same with other values in these fields. As `dataclasses.replace`, and four times as fast."""
        unknown = said.keys() - self.__dataclass_fields__.keys()
        if unknown:
            raise TypeError(f"An annotation has no {sorted(unknown)[0]}")
        copy = object.__new__(Annotation)
        copy.__dict__.update(self.__dict__, **said)
        return copy
