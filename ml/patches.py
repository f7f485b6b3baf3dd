"""Which patches of a region a network looks at: a regular grid of squares in level-0 pixels.

Patches lie edge to edge, or overlap: then each begins at a cell of a finer grid, and what is found for the
patches is averaged onto those cells. Whoever shows or reports anything sees the grid of cells alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect, Size, to_pixel

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PatchGrid:
    """Patches of one size laid edge to edge from `origin`, or every `step`, in row-major order.

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
    step: Size | None = None  # from patch to patch, level-0 px: a whole part of `patch`; None: all of it

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

        A patch belongs to the region when its centre does; a region without any such patch (a thin one) gets
        the patches that it touches. Where there is but one row or column of patches, it is centred.
        `tissue_share` takes (n, 4) level-0 rectangles x, y, width, height and gives (n,) shares in 0..1;
        patches with less than `least_tissue`, and those without any tissue, are not kept.
        """
        bounds = region.bounds.intersection(Rect.of_size(slide))
        columns, x = _laid(bounds.x, bounds.width, patch.width)
        rows, y = _laid(bounds.y, bounds.height, patch.height)
        everything = np.ones((rows, columns), dtype=np.bool_)
        grid = cls(Point(x, y), patch, pixels, everything, everything)
        inside = ~everything
        if not bounds.is_empty:
            inside = region.holds(*grid.centers())
            if not inside.any():
                inside = _touched(region, slide, grid.rects())
        kept = inside.copy()
        if tissue_share is not None:
            rects = grid.rects()[inside]
            kept[inside] = tissue_share(rects) >= max(least_tissue, np.finfo(np.float64).tiny)
        return cls(grid.origin, patch, pixels, inside, kept, slide)

    @classmethod
    def whole(cls, region: Shape, slide: Size, pixels: int) -> PatchGrid:
        """One patch, not square: what of a region's rectangle lies on the slide; none where nothing does."""
        bounds = region.bounds.intersection(Rect.of_size(slide)).rounded()
        one = np.full((1, 1), not bounds.is_empty)
        size = Size(max(1, int(bounds.width)), max(1, int(bounds.height)))
        return cls(Point(bounds.x, bounds.y), size, pixels, one, one, slide)

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
    def stride(self) -> Size:
        """From one patch to the next, level-0 px."""
        return self.step or self.patch

    @property
    def reach(self) -> int:
        """How many cells a patch measures along an edge; 1 where patches lie edge to edge."""
        return to_pixel(self.patch.width / self.stride.width)

    @property
    def bounds(self) -> Rect:
        """What the whole grid covers, level-0 px."""
        more = self.reach - 1
        width, height = (self.columns + more) * self.stride.width, (self.rows + more) * self.stride.height
        return Rect(self.origin.x, self.origin.y, width, height)

    def rect(self, row: int, column: int) -> Rect:
        """One patch, level-0 px."""
        x = self.origin.x + column * self.stride.width
        y = self.origin.y + row * self.stride.height
        return Rect(x, y, self.patch.width, self.patch.height)

    def rects(self) -> NDArray[np.float64]:
        """All patches as (rows, columns, 4): x, y, width, height in level-0 px."""
        row, column = np.mgrid[: self.rows, : self.columns].astype(np.float64)
        x = self.origin.x + column * self.stride.width
        y = self.origin.y + row * self.stride.height
        return np.stack(
            [x, y, np.full_like(x, self.patch.width), np.full_like(y, self.patch.height)], axis=-1
        )

    def centers(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """X and y of all patch centres, each (rows, columns), level-0 px."""
        rects = self.rects()
        return rects[..., 0] + rects[..., 2] / 2, rects[..., 1] + rects[..., 3] / 2

    def at(self, point: Point) -> tuple[int, int] | None:
        """(row, column) of the patch (of the cell, where patches overlap) under a place, None outside."""
        if not self.bounds.holds(point):
            return None
        row = int((point.y - self.origin.y) // self.stride.height)
        column = int((point.x - self.origin.x) // self.stride.width)
        return row, column


def _laid(start: float, length: float, patch: int) -> tuple[int, int]:
    """Along one axis: how many patches cover a stretch to within half a patch, and where the first begins."""
    count = max(1, to_pixel(length / patch))
    return count, to_pixel(start if count > 1 else start + (length - patch) / 2)


def _touched(region: Shape, slide: Size, rects: NDArray[np.float64]) -> Mask:
    """Which rectangles (…, 4) have a part of what of the region lies on the slide."""
    on_slide = shapely.intersection(region.polygon, shapely.box(0, 0, slide.width, slide.height))
    x, y, width, height = np.moveaxis(rects, -1, 0)
    touched: Mask = shapely.intersects(on_slide, shapely.box(x, y, x + width, y + height))
    return touched
