"""Class activation maps of patches, laid side by side on the slide.

Values stay as the network gave them (ReLU of the weighted activations, never negative) and are scaled once
for the whole region: dividing each patch by its own maximum would put a red spot into every patch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.patches import PatchGrid
from ml.results.scores import Indices, Values


@dataclass(frozen=True, eq=False)
class CamPart:
    """Maps of some patches: rows and columns (n,), values (n, cells, cells), raw and ≥ 0."""

    rows: Indices
    columns: Indices
    values: Values


@dataclass(frozen=True, eq=False)
class CamMap:
    """The stitched map: `values` is (rows·cells, columns·cells) float32, raw, NaN where none was made."""

    grid: PatchGrid
    class_index: int
    cells: int  # cells along one edge of a patch
    values: Values

    @classmethod
    def empty(cls, grid: PatchGrid, class_index: int, cells: int) -> CamMap:
        """Nothing explained yet."""
        shape = (grid.rows * cells, grid.columns * cells)
        return cls(grid, class_index, cells, np.full(shape, np.nan, dtype=np.float32))

    def put(self, part: CamPart) -> None:
        """Write a part into `values`, in place: for whoever gathers a run."""
        k = self.cells
        for row, column, patch in zip(part.rows, part.columns, part.values, strict=True):
            self.values[row * k : (row + 1) * k, column * k : (column + 1) * k] = patch

    @property
    def scale(self) -> float:
        """The raw value shown as 1: the 99th percentile of what there is; 1.0 where all is zero or empty."""
        known = self.values[~np.isnan(self.values)]
        top = float(np.percentile(known, 99)) if known.size else 0.0
        return top if top > 0 else 1.0

    def shown(self) -> Values:
        """The map scaled to 0..1 for display, NaN kept."""
        shown: Values = np.clip(self.values / np.float32(self.scale), 0, 1)
        return shown
