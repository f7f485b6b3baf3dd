"""An area with holes as one closed line, for formats that have no holes.

Each hole is joined to the outline by a line that is gone along twice, so it has no width: the area inside is
exactly the same, by even-odd and by winding number. Reading takes such lines apart again (`area_of`).
"""

from __future__ import annotations

import numpy as np
import shapely

from ml.annotation.shapes import Ring
from ml.geometry import Point


def keyhole(part: tuple[Ring, ...]) -> Ring:
    """One ring around what an outer ring with holes encloses, through the same places."""
    outer, *holes = part
    if not holes:
        return outer
    polygon = shapely.Polygon(*_lines(part))
    shapely.prepare(polygon)
    ring = list(outer)
    # From the left, so that from the leftmost place of a hole something is seen that is joined already.
    for drawn in sorted(holes, key=lambda ring: min((p.x, p.y) for p in ring)):
        hole = drawn[::-1] if _turn(drawn) == _turn(outer) else drawn
        first = min(range(len(hole)), key=lambda n: (hole[n].x, hole[n].y))
        turned = (*hole[first:], *hole[:first])
        at = _seen(polygon, ring, turned[0])
        ring[at : at + 1] = [ring[at], *turned, turned[0], ring[at]]
    return tuple(ring)


def _seen(polygon: shapely.Polygon, ring: list[Point], place: Point) -> int:
    """The nearest place of the ring to which a straight line runs through the area."""
    x, y = np.array([(p.x, p.y) for p in ring]).T
    nearest = np.argsort(np.hypot(x - place.x, y - place.y), kind="stable").tolist()
    for at in nearest:
        way = shapely.LineString([(ring[at].x, ring[at].y), (place.x, place.y)])
        if ring[at].x <= place.x and (ring[at] == place or polygon.covers(way)):
            return int(at)
    return int(nearest[0])


def _lines(part: tuple[Ring, ...]) -> tuple[list[tuple[float, float]], list[list[tuple[float, float]]]]:
    outer, *holes = ([(p.x, p.y) for p in ring] for ring in part)
    return outer, holes


def _turn(ring: Ring) -> bool:
    """Whether it goes round one way or the other."""
    return bool(shapely.is_ccw(shapely.LinearRing([(p.x, p.y) for p in ring])))
