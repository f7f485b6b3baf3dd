"""Patches that overlap, and the cells between them that results are told of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml.annotation.shapes import Shape
from ml.geometry import Size
from ml.patches import Mask, PatchGrid


def overlapping(region: Shape, slide: Size, cell: Size, reach: int, pixels: int) -> PatchGrid:
    """Patches of `reach` × `reach` cells (level-0 px), one at every cell that has room for it in the region.

    `pixels` is the edge of a patch as the network sees it. With a reach of 1 that is `PatchGrid.over`; else
    the patches between those of it are added, by the same rule: the centre lies in the region. Nothing is
    known of tissue yet: all that is inside is kept.
    """
    patch = Size(cell.width * reach, cell.height * reach)
    grid = PatchGrid.over(region, slide, patch, pixels)
    if reach == 1:
        return grid
    everything = np.ones(((grid.rows - 1) * reach + 1, (grid.columns - 1) * reach + 1), dtype=np.bool_)
    laid = replace(grid, inside=everything, kept=everything, step=cell)
    inside: Mask = region.holds(*laid.centers())
    inside[::reach, ::reach] |= grid.inside  # with what a thin region touches
    return replace(laid, inside=inside, kept=inside.copy())


def cells_of(grid: PatchGrid) -> PatchGrid:
    """The cells that patches overlap on, edge to edge; the grid itself where they do not overlap.

    A cell is inside, and kept, where a patch over it is.
    """
    reach = grid.reach
    if reach == 1:
        return grid
    return replace(
        grid,
        patch=grid.stride,
        pixels=max(1, grid.pixels // reach),
        inside=_spread(grid.inside, reach),
        kept=_spread(grid.kept, reach),
        step=None,
    )


def patches_over(grid: PatchGrid, cells: Mask) -> Mask:
    """Which patches of a grid, (rows, columns), lie over one of these cells."""
    reach = grid.reach
    wanted = np.zeros_like(grid.inside)
    for down in range(reach):
        for right in range(reach):
            wanted |= cells[down : down + grid.rows, right : right + grid.columns]
    return wanted


class OverlapMean:
    """Means over all patches that lie over a cell, as they come in; for whoever gathers a run.

    What is averaged are arrays (n, parts · reach, parts · reach, …) of n patches: `parts` places along the
    edge of a cell, 1 for scores, more for maps. Sums are float64: the order of patches does not show.
    """

    def __init__(self, grid: PatchGrid, depth: tuple[int, ...] = (), parts: int = 1) -> None:
        self._reach, self._parts = grid.reach, parts
        self.edge = grid.reach * parts  # places along the edge of a patch
        rows, columns = ((n + grid.reach - 1) * parts for n in (grid.rows, grid.columns))
        self._sum = np.zeros((rows, columns, *depth))
        self._count = np.zeros((rows, columns), dtype=np.int32)

    def add(
        self, rows: NDArray[np.intp], columns: NDArray[np.intp], values: NDArray[np.float32]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        """Take in some patches; the cells that they touch, (m,) rows and columns, and their means by now.

        Means are (m, parts, parts, …) float32.
        """
        touched = np.zeros(tuple(n // self._parts for n in self._count.shape), dtype=np.bool_)
        for row, column, value in zip(rows, columns, values, strict=True):
            y, x = row * self._parts, column * self._parts
            self._sum[y : y + self.edge, x : x + self.edge] += value
            self._count[y : y + self.edge, x : x + self.edge] += 1
            touched[row : row + self._reach, column : column + self._reach] = True
        found_rows, found_columns = np.nonzero(touched)
        k = self._parts
        place_y = (found_rows[:, None] * k + np.arange(k))[:, :, None]
        place_x = (found_columns[:, None] * k + np.arange(k))[:, None, :]
        sums, counts = self._sum[place_y, place_x], self._count[place_y, place_x]
        counts = counts.reshape(*counts.shape, *(1 for _ in self._sum.shape[2:]))
        means: NDArray[np.float32] = (sums / counts).astype(np.float32)
        return found_rows, found_columns, means


def resized(maps: NDArray[np.float32], edge: int) -> NDArray[np.float32]:
    """Square maps (n, k, k) brought to (n, edge, edge), linearly between the middles of their places."""
    if maps.shape[1] == edge or not len(maps):
        return maps
    place = np.clip((np.arange(edge) + 0.5) * maps.shape[1] / edge - 0.5, 0, maps.shape[1] - 1)
    low = np.minimum(place.astype(np.intp), max(maps.shape[1] - 2, 0))
    share = (place - low).astype(np.float32)
    high = np.minimum(low + 1, maps.shape[1] - 1)
    rows = maps[:, low] * (1 - share)[:, None] + maps[:, high] * share[:, None]
    found: NDArray[np.float32] = rows[:, :, low] * (1 - share) + rows[:, :, high] * share
    return found


def _spread(mask: Mask, reach: int) -> Mask:
    """A mask of patches as one of the cells under them."""
    wide = np.zeros((mask.shape[0] + reach - 1, mask.shape[1] + reach - 1), dtype=np.bool_)
    for down in range(reach):
        for right in range(reach):
            wide[down : down + mask.shape[0], right : right + mask.shape[1]] |= mask
    return wide
