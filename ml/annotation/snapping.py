"""Places that catch: the corners and lines of what is drawn already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ml.annotation.shapes import Annotation, Ring, Shape
from ml.geometry import Point

_NEARER = 0.6
"""A line catches only where no corner lies within reach of it; measured so much shorter, a corner wins."""


@dataclass(frozen=True, slots=True)
class Caught:
    """A place on another shape: a corner of it, or on the line from `line[0]` to `line[1]`."""

    place: Point
    annotation_id: str
    line: tuple[Point, Point] | None = None


def caught(point: Point, others: Iterable[Annotation], reach: float) -> Caught | None:
    """The corner that is nearest to a place, else the nearest place on a line; None: none is in reach."""
    best: tuple[float, Caught] | None = None
    for other in others:
        if not other.shape.bounds.grown(reach).holds(point):
            continue
        for ring in other.shape.rings:
            way, found = _on_ring(point, ring, other)
            if way <= reach and (best is None or way < best[0]):
                best = (way, found)
            corner, found = _corner_of(point, ring, other)
            if corner <= reach and (best is None or corner * _NEARER < best[0]):
                best = (corner * _NEARER, found)
    return None if best is None else best[1]


def _corner_of(point: Point, ring: Ring, other: Annotation) -> tuple[float, Caught]:
    ways = np.hypot(*(places_of(ring) - (point.x, point.y)).T)
    nearest = int(ways.argmin())
    return float(ways[nearest]), Caught(ring[nearest], other.id)


def _on_ring(point: Point, ring: Ring, other: Annotation) -> tuple[float, Caught]:
    number, place, way = nearest_edge(ring, other.shape, point)
    line = (ring[number], ring[(number + 1) % len(ring)])
    return way, Caught(place, other.id, line)


def nearest_edge(ring: Ring, shape: Shape, point: Point) -> tuple[int, Point, float]:
    """The edge of a ring that is nearest to a place (by where it begins), where on it, and how far off.

    Points have no edges: infinitely far off.
    """
    starts = places_of(ring)
    ends = np.roll(starts, -1, axis=0)
    if not shape.is_area:
        starts, ends = starts[:-1], ends[:-1]
    if shape.kind == "points" or not len(starts):
        return 0, point, float("inf")
    here, along = np.array([point.x, point.y]), ends - starts
    squared = (along**2).sum(axis=1)
    share = ((here - starts) * along).sum(axis=1) / np.where(squared > 0, squared, 1)
    places = starts + share.clip(0, 1)[:, np.newaxis] * along
    ways = np.hypot(*(places - here).T)
    nearest = int(ways.argmin())
    x, y = places[nearest]
    return nearest, Point(float(x), float(y)), float(ways[nearest])


def places_of(ring: Ring) -> NDArray[np.float64]:
    """The places of a ring: (number, 2) float64."""
    return np.array([(p.x, p.y) for p in ring], dtype=np.float64)


def touches(shape: Shape, disc: Point, radius: float) -> bool:
    """Whether a disc touches or lies in an area."""
    return bool(shapely.dwithin(shape.polygon, shapely.Point(disc.x, disc.y), radius))
