"""How well classes agree with labels, with intervals that respect groups. Numbers are scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluate.claim import likely_range

Labels = NDArray[np.intp]


@dataclass(frozen=True)
class Interval:
    """A figure with the 2.5th and 97.5th percentile of its bootstrap distribution; see `bounded`."""

    value: float
    low: float
    high: float


def confusion(truth: Labels, found: Labels, classes: int) -> NDArray[np.intp]:
    """Counts (classes, classes): rows are the labels, columns what was found."""
    from sklearn.metrics import confusion_matrix

    counts: NDArray[np.intp] = confusion_matrix(truth, found, labels=range(classes))
    return counts


def weighted_kappa(truth: Labels, found: Labels, classes: int) -> float:
    """Cohen's kappa with quadratic weights, for ordered classes (Cohen 1968). 0 where it is not defined."""
    from sklearn.metrics import cohen_kappa_score

    if len(np.unique(np.concatenate([truth, found]))) < 2:
        return 0.0
    return float(cohen_kappa_score(truth, found, labels=list(range(classes)), weights="quadratic"))


def balanced_accuracy(truth: Labels, found: Labels) -> float:
    """Mean over the classes that occur of the share found right."""
    shares = [float((found[truth == k] == k).mean()) for k in np.unique(truth)]
    return float(np.mean(shares)) if shares else 0.0


def rank_correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Spearman's ρ. 0 where one of the two does not vary."""
    from scipy.stats import spearmanr

    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one, other).statistic)


def interval(
    figure: Callable[[NDArray[np.intp]], float],
    groups: Sequence[str],
    draws: int = 1000,
    seed: int = 0,
    judged: int | None = None,
) -> Interval:
    """A figure of all rows, with its 95 % bootstrap interval over whole groups (Efron 1979).

    `figure` takes row numbers (with repetitions). Rows of one group (patient, source tile, block of a slide)
    are drawn together: they are not independent. `judged`: how many groups the figure hangs on (None: all).
    """
    found = [figure(rows) for rows in drawn_groups(groups, draws, seed)]
    low, high = np.percentile(found, [2.5, 97.5])
    value = figure(np.arange(len(groups)))
    return bounded(value, float(low), float(high), len(set(groups)) if judged is None else judged)


def bounded(value: float, low: float, high: float, patients: int) -> Interval:
    """An interval that does not call a figure certain because no patient happened to be wrong.

    Where all were right (1) or all wrong (0), so they are in every draw, and a bootstrap knows no doubt. Then
    the range is that of a share of so many patients (Wilson 1927). One patient has no range at all.
    """
    if low == high == value and value in (0.0, 1.0) and patients > 1:
        low, high = likely_range(value, patients)
        return Interval(value, min(low, value), max(high, value))
    return Interval(value, low, high)


def drawn_groups(groups: Sequence[str], draws: int, seed: int) -> Iterator[NDArray[np.intp]]:
    """Row numbers of each draw: as many groups as there are, with repetitions, all rows of each."""
    names = np.asarray(groups)
    rows = [np.flatnonzero(names == name) for name in dict.fromkeys(groups)]
    chance = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.concatenate([rows[n] for n in chance.integers(len(rows), size=len(rows))])
