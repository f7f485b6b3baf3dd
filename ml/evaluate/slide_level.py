"""From tiles to slides to patients: one answer each, and what it is worth. The patient is the unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluate.classification import Interval, balanced_accuracy, interval
from ml.evaluate.discrimination import auroc
from ml.evaluate.log_loss import balanced_log_loss

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]

_LEAST = 1e-6  # probabilities are kept so far from 0 and 1 before they are scaled


def mean_of(probabilities: NDArray[np.floating], owners: Numbers) -> Floats:
    """Mean over everything of one owner: (n, classes) and (n,) owner numbers to (owners, classes).

    Owners are numbered from 0 without a gap. So tiles give slides, and slides give patients.
    """
    sums = np.zeros((int(owners.max()) + 1, probabilities.shape[1]))
    np.add.at(sums, owners, probabilities)
    means: Floats = sums / np.bincount(owners)[:, None]
    return means


def top_of(probabilities: NDArray[np.floating], owners: Numbers, share: float) -> Floats:
    """Mean over the likeliest tiles of each class, made to sum to 1: (owners, classes).

    `share` of an owner's tiles count, at least one. A few tiles that are sure outweigh many that are not.
    """
    made = np.empty((int(owners.max()) + 1, probabilities.shape[1]))
    for owner in range(len(made)):
        tiles = np.sort(probabilities[owners == owner].astype(np.float64), axis=0)
        made[owner] = tiles[-max(1, round(share * len(tiles))) :].mean(axis=0)
    total: Floats = made / made.sum(axis=1, keepdims=True)
    return total


@dataclass(frozen=True)
class Scale:
    """Makes probabilities trustworthy: their logarithms times `slope`, plus a bias a class (Platt 1999)."""

    slope: float
    bias: tuple[float, ...]

    def __call__(self, probabilities: NDArray[np.floating]) -> Floats:
        """(n, classes) to the same, rows summing to 1."""
        from scipy.special import softmax

        cut = np.clip(probabilities.astype(np.float64), _LEAST, 1 - _LEAST)
        scaled: Floats = softmax(self.slope * np.log(cut) + np.array(self.bias), axis=1)
        return scaled


def best_scale(probabilities: NDArray[np.floating], truth: Numbers) -> Scale:
    """The scale with the least class-balanced log loss, held back a little towards knowing nothing.

    As logistic regression on the logarithms, standardised, with C = 1; but the slope is never negative: what
    ranks these patients the wrong way round is given no weight, it is not turned over. Fit it on patients
    that are not reported.
    """
    from scipy.optimize import minimize

    classes = probabilities.shape[1]
    logs = np.log(np.clip(probabilities.astype(np.float64), _LEAST, 1 - _LEAST))
    variance = 2 * float((logs - logs.mean(axis=1, keepdims=True)).var(axis=0).sum())

    def cost(x: Floats) -> float:
        found = Scale(float(x[0]), (0.0, *map(float, x[1:])))(probabilities)
        return balanced_log_loss(found, truth) + float(x[0]) ** 2 * variance / (2 * len(truth))

    start = np.array([1.0, *([0.0] * (classes - 1))])
    bounds = [(0.0, 50.0), *([(-20.0, 20.0)] * (classes - 1))]
    found = minimize(cost, start, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-12})
    return Scale(float(found.x[0]), (0.0, *map(float, found.x[1:])))


def unit_figures(
    probabilities: Floats,
    uncalibrated: Floats,
    truth: Numbers,
    patients: Sequence[str],
    shown: int,
    draws: int = 1000,
) -> dict[str, object]:
    """What answers for slides or patients are worth, with 95 % intervals over patients. Ready for JSON.

    All of (n, classes) and (n,). AUROC is that of class `shown` against the rest. The log loss gives every
    class the same weight, as the stroke-clot challenge does, and stands beside that of knowing nothing.
    """

    def over(figure: Callable[[Numbers], float]) -> dict[str, float]:
        return _rounded(interval(figure, patients, draws))

    positive, scores = truth == shown, probabilities[:, shown]
    found = interval(lambda n: auroc(positive[n], scores[n]), patients, draws)
    return {
        "units": len(truth),
        "patients": len(set(patients)),
        "positives": int(positive.sum()),
        "auroc": _rounded(found),
        "balanced_accuracy": over(lambda n: balanced_accuracy(truth[n], probabilities[n].argmax(axis=1))),
        "balanced_log_loss": over(lambda n: balanced_log_loss(probabilities[n], truth[n])),
        "balanced_log_loss_uncalibrated": over(lambda n: balanced_log_loss(uncalibrated[n], truth[n])),
        "log_loss_of_knowing_nothing": round(float(np.log(probabilities.shape[1])), 4),
        "evidence": found.low > 0.5,
        "in_words": in_words(found, int(positive.sum()), len(truth)),
    }


def in_words(found: Interval, positives: int, units: int) -> str:
    """One sentence on an AUROC, which says "no evidence" unless the whole interval lies above 0.5."""
    told = f"AUROC {found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
    counts = f"{positives:,} of {units:,} positive"
    if found.low > 0.5:
        return f"{told}, {counts}."
    where = "includes 0.5, a coin's toss" if found.high >= 0.5 else "lies below 0.5, worse than by chance"
    return f"No evidence: {told} {where}, {counts}."


def _rounded(made: Interval) -> dict[str, float]:
    return {key: round(value, 4) for key, value in asdict(made).items()}
