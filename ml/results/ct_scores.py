"""What a model says of the slices of a CT series: probabilities, whole or as they arrive, and summaries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.results.scores import Indices, Values

TOP = 5
"""How many slices the mean of the likeliest is over: a bleed is seldom in fewer, noise seldom in so many."""


@dataclass(frozen=True, eq=False)
class CtPlanned:
    """Told once, before the first answer: which slices will be looked at, and for what."""

    slices: Indices  # numbers in the series
    count: int  # slices of the series
    class_names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CtPart:
    """Answers for some slices: numbers (n,), values and spread (n, classes)."""

    slices: Indices
    values: Values
    spread: Values


@dataclass(frozen=True)
class CtSummary:
    """One class over the whole series. NaN and -1 where no slice was looked at."""

    highest: float
    slice_number: int  # of the highest
    top_mean: float  # mean of the `TOP` likeliest slices


@dataclass(frozen=True, eq=False)
class CtScores:
    """Probabilities of all slices, (slices, classes) float32, NaN where none was made.

    `spread` is how far the members of an ensemble lie apart (highest minus lowest probability), of the same
    shape; 0 for a single network.
    """

    class_names: tuple[str, ...]
    values: Values
    spread: Values

    @classmethod
    def empty(cls, slices: int, class_names: tuple[str, ...]) -> CtScores:
        """Nothing answered yet."""
        values = np.full((slices, len(class_names)), np.nan, dtype=np.float32)
        return cls(class_names, values, values.copy())

    def put(self, part: CtPart) -> None:
        """Write a part into `values` and `spread`, in place: for whoever gathers a run."""
        self.values[part.slices] = part.values
        self.spread[part.slices] = part.spread

    @property
    def scored(self) -> NDArray[np.bool_]:
        """(slices,): which have answers."""
        return ~np.isnan(self.values[:, 0])

    def summary(self, class_index: int) -> CtSummary:
        """The series as one: its highest probability, where, and the mean of its likeliest slices."""
        column = self.values[:, class_index]
        known = column[~np.isnan(column)]
        if not known.size:
            return CtSummary(float("nan"), -1, float("nan"))
        top = np.sort(known.astype(np.float64))[-TOP:]
        return CtSummary(float(top[-1]), int(np.nanargmax(column)), float(top.mean()))

    def most_suspicious(self) -> tuple[int, int]:
        """Slice and class of the highest probability of all; (-1, -1) where there is none."""
        if not self.scored.any():
            return -1, -1
        slice_number, class_index = np.unravel_index(int(np.nanargmax(self.values)), self.values.shape)
        return int(slice_number), int(class_index)
