"""Class probabilities on a patch grid, whole or as they arrive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Point
from ml.patches import PatchGrid
from ml.results.likeness import Likeness

Values = NDArray[np.float32]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Planned:
    """Told once, before the first score: where the patches are, and what was skipped."""

    grid: PatchGrid
    class_names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ScorePart:
    """Probabilities of some patches: rows and columns (n,), values (n, classes) in 0..1.

    `strangeness` (n,) float32, where the model knows its training data: see `Scores`.
    """

    rows: Indices
    columns: Indices
    values: Values
    strangeness: Values | None = None


@dataclass(frozen=True, eq=False)
class Scores:
    """Probabilities of all patches: `values` is (rows, columns, classes) float32, NaN where none was made.

    `strangeness` is (rows, columns) float32: how far a patch lies from the training data, over the distance
    from which on it counts as unlike them, so that it does so above 1. None: the model does not know.
    """

    grid: PatchGrid
    class_names: tuple[str, ...]
    values: Values
    strangeness: Values | None = None

    @classmethod
    def empty(cls, grid: PatchGrid, class_names: tuple[str, ...], *, strange: bool = False) -> Scores:
        """Nothing scored yet. `strange`: the model knows what is unlike its training data."""
        shape = (grid.rows, grid.columns, len(class_names))
        strangeness = np.full(shape[:2], np.nan, dtype=np.float32) if strange else None
        return cls(grid, class_names, np.full(shape, np.nan, dtype=np.float32), strangeness)

    def put(self, part: ScorePart) -> None:
        """Write a part into `values`, in place: for whoever gathers a run. Readers take what they see."""
        self.values[part.rows, part.columns] = part.values
        if self.strangeness is not None and part.strangeness is not None:
            self.strangeness[part.rows, part.columns] = part.strangeness

    @property
    def scored(self) -> NDArray[np.bool_]:
        """(rows, columns): which patches have scores."""
        return ~np.isnan(self.values[..., 0])

    @property
    def likeness(self) -> Likeness | None:
        """How many of the scored patches are unlike the training data; None where the model does not know."""
        return None if self.strangeness is None else likeness_of(self.strangeness)

    def at(self, point: Point) -> Values | None:
        """The (classes,) probabilities under a place, None where there are none."""
        cell = self.grid.at(point)
        if cell is None or np.isnan(self.values[cell][0]):
            return None
        found: Values = self.values[cell]
        return found


def likeness_of(strangeness: Values) -> Likeness:
    """The count over any array of strangeness; NaN is no patch."""
    return Likeness(int((strangeness > 1).sum()), int((~np.isnan(strangeness)).sum()))
