"""A round brush that adds to an area or takes away from it, as fast on a long outline as on a short one.

While the brush moves, only small squares that it touches are put together anew; the whole outline is, once,
at the end of the stroke. Both are shapely's union and difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray

from ml.annotation.shapes import polygons_of
from ml.geometry import Point, Rect

Lines = list[NDArray[np.float64]]
"""Open lines, each (number of places, x and y), level-0 px."""

_QUARTER = 12  # pieces of a quarter circle: off by 0.2 % of the radius


class Stroke:
    """One stroke from press to release. `radius` and `cell` (the edge of a square) are in level-0 px."""

    def __init__(self, base: shapely.Geometry, radius: float, cell: float, *, erases: bool) -> None:
        self.base, self.radius, self.erases = base, radius, erases
        self._cell = cell
        self._way: list[tuple[float, float]] = []
        self._pieces: dict[tuple[int, int], shapely.Geometry] = {}
        self._lines: dict[tuple[int, int], Lines] = {}

    def to(self, place: Point) -> None:
        """The brush comes here, in a straight line from where it was."""
        before = self._way[-1:]
        self._way.append((place.x, place.y))
        swept = swept_by([*before, self._way[-1]], self.radius)
        for key in self._touched(swept):
            x, y = key[0] * self._cell, key[1] * self._cell
            corners = (x, y, x + self._cell, y + self._cell)
            here = shapely.clip_by_rect(swept, *corners)
            if key not in self._pieces:
                self._pieces[key] = shapely.make_valid(shapely.clip_by_rect(self.base, *corners))
            join = shapely.difference if self.erases else shapely.union
            self._pieces[key] = join(self._pieces[key], here)
            self._lines.pop(key, None)

    @property
    def place(self) -> Point | None:
        """Where the brush is; None before it came down."""
        return Point(*self._way[-1]) if self._way else None

    @property
    def squares(self) -> list[Rect]:
        """Where the outline is another one by now, or may be: level-0 px."""
        return [
            Rect(column * self._cell, row * self._cell, self._cell, self._cell)
            for column, row in self._pieces
        ]

    def lines(self) -> dict[tuple[int, int], Lines]:
        """The new outline within each of the squares; the same object as long as it is the same."""
        for key, piece in self._pieces.items():
            if key not in self._lines:
                self._lines[key] = self._outline(key, piece)
        return self._lines

    def result(self) -> shapely.Geometry:
        """The whole area after the stroke; empty where nothing is left."""
        if not self._way:
            return self.base
        swept = swept_by(self._way, self.radius)
        if self.base.is_empty:
            return self.base if self.erases else swept
        return shapely.difference(self.base, swept) if self.erases else shapely.union(self.base, swept)

    def _touched(self, swept: shapely.Geometry) -> Iterable[tuple[int, int]]:
        x0, y0, x1, y1 = swept.bounds
        for column in range(math.floor(x0 / self._cell), math.floor(x1 / self._cell) + 1):
            for row in range(math.floor(y0 / self._cell), math.floor(y1 / self._cell) + 1):
                yield column, row

    def _outline(self, key: tuple[int, int], piece: shapely.Geometry) -> Lines:
        """The rings of a piece, cut where they run along the edge of its square, and without that."""
        edges = [(number + side) * self._cell for number in key for side in (0, 1)]
        found: list[NDArray[np.float64]] = []
        for polygon in polygons_of(piece):
            for ring in (polygon.exterior, *polygon.interiors):
                places = shapely.get_coordinates(ring)
                along = np.zeros(len(places) - 1, dtype=bool)
                for edge, axis in zip(edges, (0, 0, 1, 1), strict=True):
                    near = np.abs(places[:, axis] - edge) < 1e-6 * self._cell
                    along |= near[:-1] & near[1:]
                found += _runs(places, along)
        return found


def _runs(places: NDArray[np.float64], left_out: NDArray[np.bool_]) -> list[NDArray[np.float64]]:
    """A line in pieces, without the edges (one fewer than places) that are left out."""
    ends = np.flatnonzero(np.diff(np.concatenate([[True], left_out, [True]]).astype(np.int8)))
    return [places[start : end + 1] for start, end in zip(ends[::2], ends[1::2], strict=True)]


def swept_by(way: list[tuple[float, float]], radius: float) -> shapely.Geometry:
    """What a round brush covers on its way; of one place, a disc."""
    line = shapely.Point(way[0]) if len(set(way)) == 1 else shapely.LineString(way)
    return shapely.buffer(line, radius, quad_segs=_QUARTER)
