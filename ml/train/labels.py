"""From a count of nuclei to class labels that admit how well nuclei can be counted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ml.train.recipe import Classes

Floats = NDArray[np.float32]


def density(count: int, edge_px: float, spacing: float) -> float:
    """Nuclei a mm² from a count in a square of `edge_px` px at `spacing` µm/px."""
    return count / (edge_px * spacing / 1000) ** 2


def hard_label(per_mm2: float, classes: Classes) -> int:
    """The class that a density belongs to."""
    return int(np.searchsorted(classes.bounds, per_mm2, side="right"))


def soft_label(per_mm2: float, area_mm2: float, classes: Classes) -> Floats:
    """Probability of each class, (classes,), given that a count is uncertain.

    The true count is taken as normal about the found one; its variance is that of a Poisson count plus the
    recipe's relative counting error.
    """
    count = per_mm2 * area_mm2
    spread = np.sqrt(0.25 * count + (classes.counting_error * count) ** 2 + 0.25)
    edges = (np.array(classes.bounds) * area_mm2 - count) / spread
    below = np.concatenate([[0.0], ndtr(edges), [1.0]])
    found: Floats = np.diff(below).astype(np.float32)
    return found
