"""Shapes as well-known text (OGC), both ways, with every digit kept."""

from __future__ import annotations

import numpy as np
import shapely

from ml.annotation.rings import FARTHEST, Misshapen, area_of, is_elliptic
from ml.annotation.shapes import Ring, Shape, polygons_of
from ml.geometry import Point


def wkt_of(shape: Shape) -> str:
    """The shape as text: POLYGON, MULTIPOLYGON, LINESTRING, MULTILINESTRING, POINT, MULTIPOINT."""
    if shape.kind == "points":
        places = _places(shape.rings[0])
        return f"POINT {places}" if len(shape.rings[0]) == 1 else f"MULTIPOINT {places}"
    if shape.kind == "line":
        lines = [_places(ring) for ring in shape.rings]
        return f"LINESTRING {lines[0]}" if len(lines) == 1 else f"MULTILINESTRING ({', '.join(lines)})"
    parts = [f"({', '.join(_places((*ring, ring[0])) for ring in part)})" for part in shape.parts]
    return f"POLYGON {parts[0]}" if len(parts) == 1 else f"MULTIPOLYGON ({', '.join(parts)})"


def shape_of(text: str, scale: tuple[float, float] = (1.0, 1.0), is_ellipse: bool = False) -> Shape:
    """The shape that a text describes, its places times `scale`. Raises `Misshapen`."""
    try:
        with np.errstate(all="ignore"):  # numbers that are too large are looked at below
            geometry = shapely.from_wkt(text)
    except shapely.errors.GEOSException as error:
        raise Misshapen(f"“{text[:40]}” is no shape in well-known text") from error
    if geometry is None or geometry.is_empty:
        raise Misshapen("its shape is empty")
    kind = geometry.geom_type
    if kind in {"Point", "MultiPoint"}:
        return Shape.points(_ring(geometry, scale))
    if kind in {"LineString", "MultiLineString", "LinearRing"}:
        return Shape.line(*[_ring(line, scale) for line in shapely.get_parts(geometry)])
    if kind not in {"Polygon", "MultiPolygon"}:
        raise Misshapen(f"{kind} is no shape that is known here")
    rings: list[Ring] = []
    starts = []
    for polygon in polygons_of(geometry):
        starts.append(len(rings))
        rings += [_ring(line, scale)[:-1] for line in (polygon.exterior, *polygon.interiors)]
    if is_ellipse and is_elliptic(rings[0]):
        return Shape(tuple(rings[:1]), "ellipse")
    return area_of(tuple(rings), tuple(starts))


def _places(ring: Ring) -> str:
    return f"({', '.join(f'{place.x!r} {place.y!r}' for place in ring)})"


def _ring(geometry: shapely.Geometry, scale: tuple[float, float]) -> Ring:
    places = shapely.get_coordinates(geometry)
    if not (abs(places) <= FARTHEST).all():
        raise Misshapen("it holds a coordinate that is no number of pixels")
    return tuple(Point(x * scale[0], y * scale[1]) for x, y in places.tolist())
