"""Shapes out of what a hand does: two corners, clicks, a line drawn round something. Level-0 px."""

from __future__ import annotations

import math
from collections.abc import Sequence

import shapely

from ml.annotation.shapes import Shape, polygons_of
from ml.geometry import Point, Rect, Spacing

THREE_PLACES = "An outline needs three points that do not lie on one line."


def stretched_rect(start: Point, end: Point, *, even: bool = False, centered: bool = False) -> Rect:
    """The rectangle that a drag means: `even` as wide as high, `centered` about `start`."""
    dx, dy = end.x - start.x, end.y - start.y
    if even:
        edge = max(abs(dx), abs(dy))
        dx, dy = math.copysign(edge, dx), math.copysign(edge, dy)
    first = Point(start.x - dx, start.y - dy) if centered else start
    return Rect.between(first, Point(start.x + dx, start.y + dy))


def ellipse_on(rect: Rect, bounds: Rect) -> Shape | None:
    """The ellipse that fills a rectangle, or what of it lies on the slide; None where that is nothing."""
    if rect.is_empty:
        return None
    shape = Shape.ellipse_in(rect)
    return shape if rect.intersection(bounds) == rect else area_on(shape.polygon, bounds)


def area_on(area: shapely.Geometry, bounds: Rect) -> Shape | None:
    """The areas in any geometry, as far as they lie on the slide; None where none does."""
    left, top, right, bottom = bounds.x, bounds.y, bounds.right, bounds.bottom
    x0, y0, x1, y1 = shapely.bounds(area)
    inside = left <= x0 and top <= y0 and x1 <= right and y1 <= bottom
    pieces = polygons_of(
        area if inside else shapely.intersection(area, shapely.box(left, top, right, bottom))
    )
    return Shape.areas(pieces) if pieces else None


def polygon_of(places: Sequence[Point]) -> Shape:
    """The outline through these places, closed. Raises `ValueError` that says why where it would be none."""
    distinct = [p for n, p in enumerate(places) if p != places[n - 1] or n == 0]
    if len(distinct) > 1 and distinct[0] == distinct[-1]:
        distinct.pop()
    if len(distinct) < 3:
        raise ValueError(THREE_PLACES)
    polygon = shapely.Polygon([(p.x, p.y) for p in distinct])
    if polygon.is_valid and polygon.area > 0:
        return Shape((tuple(distinct),))
    return Shape.outline(tuple(distinct))


def freehand(places: Sequence[Point], roughness: float, bounds: Rect) -> Shape | None:
    """A freehand line as a closed shape on the slide, without points nobody can see.

    One that crosses itself keeps the area it encloses. `roughness` is how far the line may be off the drawn
    one, level-0 px. None where it encloses nothing.
    """
    line = shapely.LineString([(p.x, p.y) for p in places]).simplify(roughness)
    ring = tuple(on(bounds, Point(float(x), float(y))) for x, y in shapely.get_coordinates(line))
    try:
        return Shape.outline(ring) if len(ring) >= 3 else None
    except ValueError:
        return None


def circle_of(area_mm2: float, center: Point, spacing: Spacing) -> Shape:
    """The circle of so many mm² about a place; of pixels that are not square, the ellipse that is one."""
    radius_um = math.sqrt(area_mm2 / math.pi) * 1000
    return Shape.ellipse_in(
        stretched_rect(
            center,
            Point(center.x + radius_um / spacing.x, center.y + radius_um / spacing.y),
            centered=True,
        )
    )


def upright_end(start: Point, end: Point) -> Point:
    """The end of a line that is kept along x or y, whichever is nearer."""
    flat = abs(end.x - start.x) >= abs(end.y - start.y)
    return Point(end.x, start.y) if flat else Point(start.x, end.y)


def on(bounds: Rect, point: Point) -> Point:
    """The place on the slide that is nearest to a place."""
    return Point(min(max(point.x, bounds.x), bounds.right), min(max(point.y, bounds.y), bounds.bottom))
