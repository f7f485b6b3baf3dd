"""What more patients would bring: an inverse power law through errors at several numbers of patients.

Figueroa et al. 2012, "Predicting sample size required for classification performance" (BMC Medical
Informatics and Decision Making 12:8, doi 10.1186/1472-6947-12-8): error(n) = a + b · n^-c, fitted by weighted
least squares, points with more patients counting more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem

PAPER = "Figueroa et al. 2012, doi 10.1186/1472-6947-12-8"

_DRAWS = 200
_EXPONENTS = np.linspace(0.05, 2.0, 196)  # of which c is one
_FEWEST = 4  # numbers of patients that a curve with three unknowns needs


@dataclass(frozen=True)
class Foreseen:
    """The error (0..1) with so many patients, and the range of 95 % that repeats of the trial give."""

    patients: int
    error: float
    low: float
    high: float


@dataclass(frozen=True)
class LearningCurve:
    """The law, what it was fitted to (patients, mean error), and what it foresees."""

    a: float  # the error that is left however many there are
    b: float
    c: float
    points: tuple[tuple[int, float], ...]
    foreseen: tuple[Foreseen, ...]


def fitted(
    sizes: Sequence[int], errors: NDArray[np.float64], asked: Sequence[int], seed: int = 17
) -> LearningCurve:
    """The curve through `errors`, (repeats, sizes), 0..1, and what it says at `asked` numbers of patients.

    The range comes from drawing the repeats anew, with replacement. Raises `Problem` below four sizes.
    """
    if len(sizes) < _FEWEST:
        raise Problem("There are too few patients to foresee anything.", "Gather more patients.")
    n = np.asarray(sizes, dtype=np.float64)
    law = _law(n, errors.mean(axis=0))
    chance = np.random.default_rng(seed)
    drawn = np.array(
        [
            _at(np.asarray(asked, dtype=np.float64), _law(n, errors[rows].mean(axis=0)))
            for rows in chance.integers(0, len(errors), (_DRAWS, len(errors)))
        ]
    )
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)
    best = _at(np.asarray(asked, dtype=np.float64), law)
    foreseen = tuple(
        Foreseen(int(count), float(best[k]), float(min(low[k], best[k])), float(max(high[k], best[k])))
        for k, count in enumerate(asked)
    )
    points = tuple(zip(map(int, sizes), map(float, errors.mean(axis=0)), strict=True))
    return LearningCurve(float(law[0]), float(law[1]), float(law[2]), points, foreseen)


def _at(n: NDArray[np.float64], law: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b, c = law
    made: NDArray[np.float64] = np.clip(a + b * n**-c, 0, 1)
    return made


def _law(n: NDArray[np.float64], errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """a, b and c of the least weighted squares: for each c on a grid the others follow from a straight line.

    Weights grow with the number of patients; neither a nor b is below 0.
    """
    weight = n / n.sum()
    x = n[None, :] ** -_EXPONENTS[:, None]  # (exponents, sizes)
    mean_x, mean_y = x @ weight, float(errors @ weight)
    spread = ((x - mean_x[:, None]) ** 2) @ weight
    b = ((x - mean_x[:, None]) * (errors - mean_y)) @ weight / spread
    a = mean_y - b * mean_x
    through_zero = (x * errors) @ weight / ((x**2) @ weight)
    b = np.where(a < 0, through_zero, b)
    a = np.where(a < 0, 0.0, a)
    a, b = np.where(b < 0, mean_y, a), np.where(b < 0, 0.0, b)
    wrong = ((a[:, None] + b[:, None] * x - errors) ** 2) @ weight
    best = int(wrong.argmin())
    return np.array([a[best], b[best], _EXPONENTS[best]])
