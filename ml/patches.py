"""Which patches of a region a network looks at: a regular grid of squares in level-0 pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect, Size, to_pixel

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PatchGrid:
    """Patches of one size laid edge to edge from `origin`, in row-major order.

    `inside` and `kept` are (rows, columns) bool: whose centre lies in the region, and which of those hold
    enough tissue to be looked at. `pixels` is the edge of a patch as the network sees it. Patches at the edge
    of the region may hang over the slide.
    """

    origin: Point  # whole level-0 px
    patch: Size  # level-0 px
    pixels: int
    inside: Mask
    kept: Mask
    slide: Size | None = None  # what the grid was laid on, where that is known

    @classmethod
    def over(
        cls,
        region: Shape,
        slide: Size,
        patch: Size,
        pixels: int,
        tissue_share: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
        least_tissue: float = 0.0,
    ) -> PatchGrid:
        """Lay the grid over the part of a region that lies on the slide.

        A patch belongs to the region when its centre does; a region smaller than one patch gets the one
        patch around its centre. `tissue_share` takes (n, 4) level-0 rectangles x, y, width, height and
        gives (n,) shares in 0..1; patches with less than `least_tissue` are not kept.
        """
        bounds = region.bounds.intersection(Rect.of_size(slide))
        columns = max(1, to_pixel(bounds.width / patch.width))
        rows = max(1, to_pixel(bounds.height / patch.height))
        x, y = to_pixel(bounds.x), to_pixel(bounds.y)
        if columns * rows == 1:
            x = to_pixel(bounds.center.x - patch.width / 2)
            y = to_pixel(bounds.center.y - patch.height / 2)
        everything = np.ones((rows, columns), dtype=np.bool_)
        grid = cls(Point(x, y), patch, pixels, everything, everything)
        inside = everything & (not bounds.is_empty)
        if columns * rows > 1:
            inside = region.holds(*grid.centers()) & inside
        kept = inside.copy()
        if tissue_share is not None:
            rects = grid.rects()[inside]
            kept[inside] = tissue_share(rects) >= max(least_tissue, np.finfo(np.float64).tiny)
        return cls(grid.origin, patch, pixels, inside, kept, slide)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.inside.shape[0])

    @property
    def columns(self) -> int:
        """Number of columns."""
        return int(self.inside.shape[1])

    @property
    def count(self) -> int:
        """How many patches the network looks at."""
        return int(self.kept.sum())

    @property
    def skipped_share(self) -> float:
        """Share of the region's patches that were skipped as background, 0..1."""
        inside = int(self.inside.sum())
        return 1 - self.count / inside if inside else 0.0

    @property
    def bounds(self) -> Rect:
        """What the whole grid covers, level-0 px."""
        width, height = self.columns * self.patch.width, self.rows * self.patch.height
        return Rect(self.origin.x, self.origin.y, width, height)

    def rect(self, row: int, column: int) -> Rect:
        """One patch, level-0 px."""
        x = self.origin.x + column * self.patch.width
        y = self.origin.y + row * self.patch.height
        return Rect(x, y, self.patch.width, self.patch.height)

    def rects(self) -> NDArray[np.float64]:
        """All patches as (rows, columns, 4): x, y, width, height in level-0 px."""
        row, column = np.mgrid[: self.rows, : self.columns].astype(np.float64)
        x = self.origin.x + column * self.patch.width
        y = self.origin.y + row * self.patch.height
        return np.stack(
            [x, y, np.full_like(x, self.patch.width), np.full_like(y, self.patch.height)], axis=-1
        )

    def centers(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """X and y of all patch centres, each (rows, columns), level-0 px."""
        rects = self.rects()
        return rects[..., 0] + rects[..., 2] / 2, rects[..., 1] + rects[..., 3] / 2

    def at(self, point: Point) -> tuple[int, int] | None:
        """(row, column) of the patch under a place, None outside the grid."""
        if not self.bounds.holds(point):
            return None
        row = int((point.y - self.origin.y) // self.patch.height)
        column = int((point.x - self.origin.x) // self.patch.width)
        return row, column
