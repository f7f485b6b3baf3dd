"""Areas as GeoJSON geometries, both ways: closed rings of [x, y] in level-0 px."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import shapely

from ml.annotation.shapes import Ring, Shape
from ml.geometry import Point, Rect

_FARTHEST = 1e8  # level-0 px; no slide is a tenth as large
_ELLIPSE_POINTS = 96  # the line is off by 0.05 % of the radius


class Misshapen(ValueError):  # noqa: N818 - becomes a problem of the file once its place is known
    """A geometry that means nothing. The text says what is wrong: "ring 2 has fewer than three places"."""


class NotAnArea(ValueError):  # noqa: N818 - nothing is wrong with it
    """A point or a line. The text names it: "a line"."""


_WORDS = {
    "Point": "a point",
    "MultiPoint": "a set of points",
    "LineString": "a line",
    "MultiLineString": "a set of lines",
}


def shapes_of(geometry: object) -> tuple[Shape, ...]:
    """The areas of one geometry: one a polygon, in order.

    Polygon, MultiPolygon and GeometryCollection are taken, and QuPath's `isEllipse`. A polygon that crosses
    itself keeps the area that it encloses. Raises `Misshapen`, or `NotAnArea` for points and lines.
    """
    if not isinstance(geometry, Mapping):
        raise Misshapen("it has no geometry")
    kind, places = geometry.get("type"), geometry.get("coordinates")
    if kind == "Polygon":
        return tuple(_areas(places, "", geometry.get("isEllipse") is True))
    if kind == "MultiPolygon":
        parts = enumerate(_list(places, "its coordinates"), start=1)
        return tuple(shape for n, part in parts for shape in _areas(part, f"polygon {n}, "))
    if kind == "GeometryCollection":
        inner = _list(geometry.get("geometries"), "its geometries")
        return tuple(shape for part in inner for shape in shapes_of(part))
    if str(kind) in _WORDS:
        raise NotAnArea(_WORDS[str(kind)])
    raise Misshapen(f"“{str(kind)[:40]}” is not a kind of geometry")


def geometry_of(shape: Shape) -> dict[str, object]:
    """The shape as a GeoJSON Polygon, with two decimals, as QuPath writes it."""
    rings = [[[round(p.x, 2), round(p.y, 2)] for p in (*ring, ring[0])] for ring in shape.rings]
    return {"type": "Polygon", "coordinates": rings}


def _areas(places: object, where: str, is_ellipse: bool = False) -> Iterator[Shape]:
    numbered = enumerate(_list(places, f"{where}its coordinates"), start=1)
    rings = tuple(_ring(ring, f"{where}ring {n}") for n, ring in numbered)
    if not rings:
        raise Misshapen(f"{where}it has no rings")
    if is_ellipse:
        yield _ellipse(Shape(rings).bounds)
        return
    rectangle = _rectangle(rings)
    if rectangle is not None:
        yield rectangle
        return
    shape = Shape(rings)
    if shape.polygon.is_valid:
        yield shape
    else:
        yield from _mended(shape, where)


def _mended(shape: Shape, where: str) -> Iterator[Shape]:
    parts = shapely.get_parts(shapely.make_valid(shape.polygon))
    pieces = [piece for part in parts for piece in shapely.get_parts(part) if piece.geom_type == "Polygon"]
    if not pieces:
        raise Misshapen(f"{where}it encloses no area")
    for piece in pieces:
        lines = (piece.exterior, *piece.interiors)
        yield Shape(
            tuple(tuple(Point(x, y) for x, y in shapely.get_coordinates(n)[:-1].tolist()) for n in lines)
        )


def _ring(places: object, where: str) -> Ring:
    points = [_point(place, where) for place in _list(places, where)]
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if len(points) < 3:
        raise Misshapen(f"{where} has fewer than three places")
    return tuple(points)


def _point(place: object, where: str) -> Point:
    if not isinstance(place, list) or len(place) < 2:
        raise Misshapen(f"{where} holds a place that is not [x, y]")
    x, y = place[0], place[1]
    if _is_coordinate(x) and _is_coordinate(y):
        return Point(float(x), float(y))
    wrong = y if _is_coordinate(x) else x
    raise Misshapen(f"{where} holds a coordinate that is no number of pixels: {str(wrong)[:40]}")


def _is_coordinate(value: object) -> bool:
    kind = type(value)  # exact, so that true and false are none; a file may hold millions of them
    return (kind is float or kind is int) and -_FARTHEST <= value <= _FARTHEST  # type: ignore[operator]


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


def _ellipse(bounds: Rect) -> Shape:
    if bounds.is_empty:
        raise Misshapen("the ellipse has no area")
    turns = (2 * math.pi * step / _ELLIPSE_POINTS for step in range(_ELLIPSE_POINTS))
    center, a, b = bounds.center, bounds.width / 2, bounds.height / 2
    return Shape((tuple(Point(center.x + a * math.cos(t), center.y + b * math.sin(t)) for t in turns),))
