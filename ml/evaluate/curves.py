"""The curves behind the figures: ROC, precision over recall, reliability. Points are scikit-learn's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from ml.evaluate.calibration import reliability

Points = list[list[float]]
"""x and y of each point, in the order in which they are joined, rounded to four decimals."""

_MOST = 200  # points of a curve; more cannot be told apart on paper


def roc(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> Points:
    """False alarms (1 - specificity) and sensitivity, from (0, 0) to (1, 1). Empty without both classes."""
    from sklearn.metrics import roc_curve

    if not 0 < truth.sum() < len(truth):
        return []
    false, right, _ = roc_curve(truth, scores)
    return _points(false, right)


def precision_over_recall(truth: NDArray[np.bool_], scores: NDArray[np.floating]) -> Points:
    """Recall and precision, from recall 0 on: joined as steps. Empty where nothing is positive."""
    from sklearn.metrics import precision_recall_curve

    if not truth.any():
        return []
    precision, recall, _ = precision_recall_curve(truth, scores, drop_intermediate=True)
    return _points(recall[::-1], precision[::-1])


def curves(
    names: Sequence[str],
    probabilities: NDArray[np.floating],
    labels: NDArray[np.floating],
    *,
    independent: bool,
) -> dict[str, object]:
    """Every curve of (n, classes) answers and labels, ready for JSON.

    `independent`: classes stand on their own (sigmoid), and reliability is of each of them. Else it is of the
    likeliest class: how sure the answer was, and how often it was right.
    """
    positive = labels > 0.5
    by_class: dict[str, object] = {}
    for c, name in enumerate(names):
        made: dict[str, object] = {
            "roc": roc(positive[:, c], probabilities[:, c]),
            "precision_recall": precision_over_recall(positive[:, c], probabilities[:, c]),
            "share": round(float(positive[:, c].mean()), 4),
        }
        if independent:
            made["reliability"] = _bins(probabilities[:, c], positive[:, c])
        by_class[name] = made
    if independent:
        return {"classes": by_class}
    right = probabilities.argmax(axis=1) == labels.argmax(axis=1)
    return {"classes": by_class, "reliability": _bins(probabilities.max(axis=1), right)}


def _bins(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> list[dict[str, float]]:
    return [
        {key: round(value, 4) for key, value in asdict(found).items()}
        for found in reliability(confidence, right)
    ]


def _points(x: NDArray[np.floating], y: NDArray[np.floating]) -> Points:
    """Both ends and at most `_MOST` points between, evenly by their number."""
    chosen = np.unique(np.linspace(0, len(x) - 1, min(len(x), _MOST)).round().astype(int))
    return [[round(float(a), 4), round(float(b), 4)] for a, b in zip(x[chosen], y[chosen], strict=True)]
