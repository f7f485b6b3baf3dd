"""Logarithmic losses as challenges score them, beside what knowing nothing scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

KNOWING_NOTHING = float(np.log(2))
"""0.6931: what a constant 0.5 scores in two balanced classes."""

_LEAST = 1e-15


def balanced_log_loss(
    probabilities: NDArray[np.floating], truth: NDArray[np.intp], weights: Sequence[float] | None = None
) -> float:
    """Mean over classes of the mean log loss of each: rare classes count as much as frequent ones.

    `probabilities` is (n, classes), rows sum to 1; `truth` (n,). Probabilities are cut to [1e-15, 1 - 1e-15].
    This is how the stroke-clot challenge scores patients. Classes that do not occur are left out.
    """
    count = probabilities.shape[1]
    weight = np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64)
    cut = np.clip(probabilities.astype(np.float64), _LEAST, 1 - _LEAST)
    there = [c for c in range(count) if (truth == c).any()]
    losses = np.array([-np.log(cut[truth == c, c]).mean() for c in there])
    return float((losses * weight[there]).sum() / weight[there].sum())


def weighted_log_loss(
    probabilities: NDArray[np.floating], truth: NDArray[np.bool_], weights: Sequence[float]
) -> float:
    """Multi-label log loss with a weight a label: (n, labels) both; weights need not sum to 1.

    The hemorrhage challenge of 2019 gave "any" twice the weight of each of its five kinds.
    """
    cut = np.clip(probabilities.astype(np.float64), _LEAST, 1 - _LEAST)
    losses = -np.where(truth, np.log(cut), np.log1p(-cut)).mean(axis=0)
    weight = np.asarray(weights, dtype=np.float64)
    return float((losses * weight).sum() / weight.sum())


def prior_shifted(probabilities: NDArray[np.floating], trained: float, target: float) -> NDArray[np.float64]:
    """Probabilities of a model that was trained at another share of positives (Saerens et al. 2002).

    `trained` and `target` are shares of positives in 0..1: the logit moves by the log of the odds ratio.
    After undersampling 1 : 1000 to 1 : 2 a raw 0.5 is worth 0.002. Raises `ValueError` outside (0, 1).
    """
    if not (0 < trained < 1 and 0 < target < 1):
        raise ValueError(f"Shares of positives lie between 0 and 1: {trained}, {target}")
    cut = np.clip(probabilities.astype(np.float64), _LEAST, 1 - _LEAST)
    odds = cut / (1 - cut) * (target / (1 - target)) / (trained / (1 - trained))
    shifted: NDArray[np.float64] = odds / (1 + odds)
    return shifted
