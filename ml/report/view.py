"""A piece of a slide as a picture shows it: how level-0 pixels lie on the picture's pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Point, Rect, Size, Spacing
from ml.patches import PatchGrid


@dataclass(frozen=True)
class View:
    """`rect` in level-0 px shown at `size` px. Pixels of the picture are square in µm."""

    rect: Rect
    size: Size
    spacing: Spacing

    @classmethod
    def of(cls, rect: Rect, spacing: Spacing, longest: int) -> View:
        """Show this rectangle with its longer side (in µm) on `longest` px."""
        width_um, height_um = rect.width * spacing.x, rect.height * spacing.y
        scale = longest / max(width_um, height_um)
        size = Size(max(1, round(width_um * scale)), max(1, round(height_um * scale)))
        return cls(rect, size, spacing)

    @property
    def um_per_pixel(self) -> float:
        """µm that a pixel of the picture stands for."""
        return self.rect.width * self.spacing.x / self.size.width

    def place(self, point: Point) -> tuple[float, float]:
        """Where a level-0 place lies on the picture: x and y in its pixels."""
        return (
            (point.x - self.rect.x) * self.size.width / self.rect.width,
            (point.y - self.rect.y) * self.size.height / self.rect.height,
        )

    def placed(self, rect: Rect) -> Rect:
        """A level-0 rectangle on the picture, in its pixels."""
        left, top = self.place(Point(rect.x, rect.y))
        right, bottom = self.place(Point(rect.right, rect.bottom))
        return Rect(left, top, right - left, bottom - top)

    def sample(self, values: NDArray[np.float32], grid: PatchGrid) -> NDArray[np.float32]:
        """Cells that cover a patch grid as this view sees them: (height, width), NaN outside.

        Where several cells fall on one pixel of the picture the highest is shown, so that nothing
        that was found disappears by shrinking.
        """
        bounds = self.placed(grid.bounds)
        fold_y = max(1, math.floor(values.shape[0] / max(bounds.height, 1)))
        fold_x = max(1, math.floor(values.shape[1] / max(bounds.width, 1)))
        cells = _highest(values, fold_y, fold_x)
        # cells of the last row and column may hang over: they are cut by counting in unfolded cells
        row = (np.arange(self.size.height) + 0.5 - bounds.y) * values.shape[0] / bounds.height
        column = (np.arange(self.size.width) + 0.5 - bounds.x) * values.shape[1] / bounds.width
        seen = np.full((self.size.height, self.size.width), np.nan, dtype=np.float32)
        inside_y = (row >= 0) & (row < values.shape[0])
        inside_x = (column >= 0) & (column < values.shape[1])
        rows = (row[inside_y] // fold_y).astype(np.intp)
        columns = (column[inside_x] // fold_x).astype(np.intp)
        seen[np.ix_(inside_y, inside_x)] = cells[np.ix_(rows, columns)]
        return seen


def bar_length(um_per_pixel: float, room: float) -> float:
    """The longest length of the series 1, 2, 5 · 10ⁿ µm that fits into `room` px, in µm."""
    most = um_per_pixel * room
    decade = 10.0 ** math.floor(math.log10(most))
    return max(step * decade for step in (1, 2, 5) if step * decade <= most * (1 + 1e-9))


def _highest(values: NDArray[np.float32], fold_y: int, fold_x: int) -> NDArray[np.float32]:
    """Blocks of cells to the highest among them; NaN only where all are."""
    if fold_y == fold_x == 1:
        return values
    rows, columns = -(-values.shape[0] // fold_y), -(-values.shape[1] // fold_x)
    padded = np.full((rows * fold_y, columns * fold_x), np.nan, dtype=np.float32)
    padded[: values.shape[0], : values.shape[1]] = values
    blocks = padded.reshape(rows, fold_y, columns, fold_x)
    highest: NDArray[np.float32] = np.fmax.reduce(np.fmax.reduce(blocks, axis=3), axis=1)
    return highest
