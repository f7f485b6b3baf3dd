"""Class probabilities on a patch grid, whole or as they arrive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Point
from ml.patches import PatchGrid

Values = NDArray[np.float32]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Planned:
    """Told once, before the first score: where the patches are, and what was skipped."""

    grid: PatchGrid
    class_names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ScorePart:
    """Probabilities of some patches: rows and columns (n,), values (n, classes) in 0..1."""

    rows: Indices
    columns: Indices
    values: Values


@dataclass(frozen=True, eq=False)
class Scores:
    """Probabilities of all patches: `values` is (rows, columns, classes) float32, NaN where none was made."""

    grid: PatchGrid
    class_names: tuple[str, ...]
    values: Values

    @classmethod
    def empty(cls, grid: PatchGrid, class_names: tuple[str, ...]) -> Scores:
        """Nothing scored yet."""
        shape = (grid.rows, grid.columns, len(class_names))
        return cls(grid, class_names, np.full(shape, np.nan, dtype=np.float32))

    def put(self, part: ScorePart) -> None:
        """Write a part into `values`, in place: for whoever gathers a run. Readers take what they see."""
        self.values[part.rows, part.columns] = part.values

    @property
    def scored(self) -> NDArray[np.bool_]:
        """(rows, columns): which patches have scores."""
        return ~np.isnan(self.values[..., 0])

    def at(self, point: Point) -> Values | None:
        """The (classes,) probabilities under a place, None where there are none."""
        cell = self.grid.at(point)
        if cell is None or np.isnan(self.values[cell][0]):
            return None
        found: Values = self.values[cell]
        return found
