"""Shapes as GeoJSON geometries, both ways: [x, y] in level-0 px, rings of areas closed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

import numpy as np
import shapely

from ml.annotation.shapes import ELLIPSE_POINTS, Ring, Shape, is_upright, polygons_of
from ml.geometry import Point, Rect

FARTHEST = 1e8  # level-0 px; no slide is a tenth as large
_MOVED = 1e-3  # of an ellipse's length: so far may a place lie from where it was laid


class Misshapen(ValueError):  # noqa: N818 - becomes a problem of the file once its place is known
    """A geometry that means nothing. The text says what is wrong: "ring 2 has fewer than three places"."""


def shapes_of(geometry: object) -> tuple[Shape, ...]:
    """The shapes of one geometry: one, unless a GeometryCollection holds several. Raises `Misshapen`.

    Every kind of GeoJSON geometry is taken, and QuPath's `isEllipse`. A polygon that crosses itself keeps the
    area that it encloses.
    """
    shapes = unchecked_shapes_of(geometry)
    wrong = set(crossing(shapes))
    return tuple(mended(shape) if n in wrong else shape for n, shape in enumerate(shapes))


def unchecked_shapes_of(geometry: object) -> tuple[Shape, ...]:
    """The same, where somebody looks later whether areas cross themselves: see `crossing`."""
    if not isinstance(geometry, dict):
        raise Misshapen("it has no geometry")
    kind, places = geometry.get("type"), geometry.get("coordinates")
    if kind == "GeometryCollection":
        inner = _list(geometry.get("geometries"), "its geometries")
        return tuple(shape for part in inner for shape in unchecked_shapes_of(part))
    if kind in _SEVERAL:
        return (_several(str(kind), _list(places, "its coordinates")),)
    if kind == "Polygon":
        return (_area(places, geometry.get("isEllipse") is True),)
    if kind == "Point":
        return (Shape.points([_point(places, "it")]),)
    if kind == "LineString":
        return (Shape.line(_line(places, "it")),)
    raise Misshapen(f"“{str(kind)[:40]}” is not a kind of geometry")


def _several(kind: str, places: list[object]) -> Shape:
    if not places:
        raise Misshapen(f"it is a {kind} that holds nothing")
    parts = enumerate(places, start=1)
    if kind == "MultiPolygon":
        return _areas([_rings(part, f"polygon {n}, ") for n, part in parts])
    if kind == "MultiPoint":
        return Shape.points([_point(part, f"point {n}") for n, part in parts])
    return Shape.line(*[_line(part, f"line {n}") for n, part in parts])


_SEVERAL = ("MultiPolygon", "MultiPoint", "MultiLineString")


def geometry_of(shape: Shape) -> dict[str, object]:
    """The shape as a GeoJSON geometry, with two decimals, as QuPath writes it."""
    if shape.kind == "points":
        places = _places(shape.rings[0])
        if len(places) == 1:
            return {"type": "Point", "coordinates": places[0]}
        return {"type": "MultiPoint", "coordinates": places}
    if shape.kind == "line":
        lines = [_places(ring) for ring in shape.rings]
        if len(lines) == 1:
            return {"type": "LineString", "coordinates": lines[0]}
        return {"type": "MultiLineString", "coordinates": lines}
    rings = [_places((*ring, ring[0])) for ring in shape.rings]
    if len(shape.starts) > 1:
        ends = (*shape.starts[1:], len(rings))
        parts = [rings[start:end] for start, end in zip(shape.starts, ends, strict=True)]
        return {"type": "MultiPolygon", "coordinates": parts}
    ellipse = {"isEllipse": True} if shape.kind == "ellipse" and is_upright(shape) else {}
    return {"type": "Polygon", "coordinates": rings, **ellipse}


def area_of(rings: tuple[Ring, ...], starts: tuple[int, ...] = (0,), where: str = "") -> Shape:
    """The area that these rings (see `Shape`) enclose: a rectangle where they are one; see `shapes_of`."""
    shape = unchecked_area(rings, starts)
    if shape.kind == "rectangle" or _is_valid(shape):
        return shape
    return mended(shape, where)


def _is_valid(shape: Shape) -> bool:
    """Whether shapely takes an area; without keeping its polygon, of which a file may hold very many."""
    if len(shape.starts) > 1:
        return bool(shape.polygon.is_valid)
    outer, *holes = ([(p.x, p.y) for p in ring] for ring in shape.rings)
    return bool(shapely.is_valid(shapely.Polygon(outer, holes)))


def is_elliptic(ring: Ring) -> bool:
    """Whether these places still are those that `Shape.ellipse` lays: somebody may have moved one."""
    if len(ring) != ELLIPSE_POINTS:
        return False
    quarter = ELLIPSE_POINTS // 4
    one, other = ring[0], ring[quarter]
    across = ring[2 * quarter]
    center = Point((one.x + across.x) / 2, (one.y + across.y) / 2)
    made = np.array([(p.x, p.y) for p in Shape.ellipse(center, one, other).rings[0]])
    given = np.array([(p.x, p.y) for p in ring])
    return bool(np.abs(made - given).max() <= _MOVED * max(np.ptp(given, axis=0).max(), 1.0))


def unchecked_area(rings: tuple[Ring, ...], starts: tuple[int, ...] = (0,)) -> Shape:
    """The same, where somebody looks later whether it crosses itself: see `crossing`."""
    return _rectangle(rings) or Shape(rings, "polygon", starts)


def crossing(shapes: Sequence[Shape]) -> list[int]:
    """Which of many shapes are areas that shapely would not take: they cross or touch themselves."""
    at, rings, ring_of, owner = [], [], [], []
    for number, shape in enumerate(shapes):
        if shape.kind != "polygon":
            continue
        for start, end in zip(shape.starts, (*shape.starts[1:], len(shape.rings)), strict=True):
            owner.append(number)
            for ring in shape.rings[start:end]:
                ring_of.append(len(owner) - 1)
                at.append(len(ring))
                rings.append(ring)
        if len(shape.starts) > 1 and not shape.polygon.is_valid:  # parts that lie on one another
            owner[-1] = ~number
    if not rings:
        return []
    places = np.array([value for ring in rings for p in ring for value in (p.x, p.y)]).reshape(-1, 2)
    lines = shapely.linearrings(places, indices=np.repeat(np.arange(len(at)), at))
    fine = shapely.is_valid(shapely.polygons(lines, indices=np.array(ring_of)))
    wrong = {
        n if n >= 0 else ~n for n, is_fine in zip(owner, fine.tolist(), strict=True) if n < 0 or not is_fine
    }
    return sorted(wrong)


def mended(shape: Shape, where: str = "") -> Shape:
    """An area that crosses itself, as the area it encloses. Raises `Misshapen` where that is none."""
    pieces = polygons_of(shapely.make_valid(shape.polygon))
    if not pieces:
        raise Misshapen(f"{where}it encloses no area")
    return Shape.areas(pieces)


def _places(ring: Ring) -> list[list[float]]:
    return [[round(p.x, 2), round(p.y, 2)] for p in ring]


def _area(places: object, is_ellipse: bool) -> Shape:
    rings = tuple(_rings(places, ""))
    if not is_ellipse:
        return unchecked_area(rings)
    bounds = Shape(rings).bounds
    if bounds.is_empty:
        raise Misshapen("the ellipse has no area")
    return Shape.ellipse_in(bounds)


def _areas(parts: list[list[Ring]]) -> Shape:
    starts: list[int] = []
    rings: list[Ring] = []
    for part in parts:
        starts.append(len(rings))
        rings += part
    return unchecked_area(tuple(rings), tuple(starts))


def _rings(places: object, where: str) -> list[Ring]:
    numbered = enumerate(_list(places, f"{where}its coordinates"), start=1)
    rings = [_ring(ring, f"{where}ring {n}") for n, ring in numbered]
    if not rings:
        raise Misshapen(f"{where}it has no rings")
    return rings


def _ring(places: object, where: str) -> Ring:
    points = _many(places) or [_point(place, where) for place in _list(places, where)]
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(points) < 3:
        raise Misshapen(f"{where} has fewer than three places")
    return tuple(points)


def _many(places: object) -> list[Point]:
    """The points of a list of plain pairs of numbers; empty for any other, which `_point` then looks into.

    A file may hold millions of places, and this looks at all of a ring at once.
    """
    if type(places) is not list or set(map(type, places)) != {list} or set(map(len, places)) != {2}:
        return []
    flat = list(chain.from_iterable(places))
    if not set(map(type, flat)) <= {int, float} or not (-FARTHEST <= min(flat) <= max(flat) <= FARTHEST):
        return []
    values = list(map(float, flat))
    return [] if math.isnan(sum(values)) else list(map(Point, values[::2], values[1::2]))


def _line(places: object, where: str) -> Ring:
    points = tuple(_point(place, where) for place in _list(places, where))
    if len(points) < 2:
        raise Misshapen(f"{where} is a line of fewer than two places")
    return points


def _point(place: object, where: str) -> Point:
    if not isinstance(place, list) or len(place) < 2:
        raise Misshapen(f"{where} holds a place that is not [x, y]")
    x, y = place[0], place[1]
    kind, other = type(x), type(y)  # exact, so that true and false are none; a file may hold millions of them
    numbers = (kind is float or kind is int) and (other is float or other is int)
    if numbers and -FARTHEST <= x <= FARTHEST and -FARTHEST <= y <= FARTHEST:
        return Point(float(x), float(y))
    wrong = y if _is_coordinate(x) else x
    raise Misshapen(f"{where} holds a coordinate that is no number of pixels: {str(wrong)[:40]}")


def _is_coordinate(value: object) -> bool:
    kind = type(value)  # exact, so that true and false are none; a file may hold millions of them
    return (kind is float or kind is int) and -FARTHEST <= value <= FARTHEST  # type: ignore[operator]


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list):
        raise Misshapen(f"{what} should be a list")
    return value


def _rectangle(rings: tuple[Ring, ...]) -> Shape | None:
    """The rectangle that this polygon is, if it is one: so does QuPath tell them."""
    if len(rings) != 1 or len(rings[0]) != 4:
        return None
    bounds = Rect.between(rings[0][0], rings[0][2])
    a, b, c, d = rings[0]
    upright = (a.x == b.x and b.y == c.y and c.x == d.x and d.y == a.y) or (
        a.y == b.y and b.x == c.x and c.y == d.y and d.x == a.x
    )
    if not upright or bounds.is_empty:
        return None
    # exact corners, where x + width would be off by a rounding
    left, right = sorted((a.x, c.x))
    top, bottom = sorted((a.y, c.y))
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return Shape((corners,), "rectangle")
