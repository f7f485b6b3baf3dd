"""Whether a probability of 0.8 comes true eight times in ten."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def expected_calibration_error(
    probabilities: NDArray[np.floating], truth: NDArray[np.intp], bins: int = 10
) -> float:
    """Mean gap between confidence and accuracy of the likeliest class, weighted by bin (Guo et al. 2017).

    `probabilities` is (n, classes), `truth` (n,). Bins are of equal width in confidence.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    gaps = [
        abs(float(confidence[place == b].mean()) - float(right[place == b].mean()))
        * float((place == b).mean())
        for b in np.unique(place)
    ]
    return float(sum(gaps))


def best_threshold(scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """The score from which on calling it positive gives the highest F1; 0.5 where nothing is positive."""
    from sklearn.metrics import precision_recall_curve

    if not truth.any():
        return 0.5
    precision, recall, thresholds = precision_recall_curve(truth, scores)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return float(thresholds[int(np.argmax(f1[:-1]))])


def best_temperature(
    logits: NDArray[np.floating], labels: NDArray[np.floating], *, independent: bool
) -> float:
    """What logits are divided by so that their log loss is least (Guo et al. 2017): 0.05 to 20.

    `logits` and `labels` are (n, classes); `independent`: each class by itself (sigmoid). Above 1 the network
    was too sure of itself. 1 where there is nothing to fit.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    wide = logits.astype(np.float64)
    if not len(wide):
        return 1.0

    def loss(log_temperature: float) -> float:
        scaled = wide / np.exp(log_temperature)
        if independent:
            return float(np.mean(np.logaddexp(0, scaled) - labels * scaled))
        return float(-np.mean(np.sum(labels * log_softmax(scaled, axis=1), axis=1)))

    found = minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded")
    return round(float(np.exp(found.x)), 4)


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers of one stretch of confidence."""

    confidence: float  # mean of the bin
    right: float  # share that came true
    count: int


def reliability(
    confidence: NDArray[np.floating], right: NDArray[np.bool_], bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """The reliability curve (DeGroot and Fienberg 1983): bins of equal width in 0..1, empty ones left out."""
    place = np.minimum((confidence * bins).astype(np.intp), bins - 1)
    return tuple(
        ReliabilityBin(
            float(confidence[place == b].mean()), float(right[place == b].mean()), int((place == b).sum())
        )
        for b in np.unique(place)
    )
