"""Whether a probability of 0.8 comes true eight times in ten."""

from __future__ import annotations

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
