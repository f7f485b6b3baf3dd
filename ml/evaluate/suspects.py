"""Labels that are likely wrong: those that the network contradicts more surely than it is sure elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_USUAL = 0.25  # quantile of what pictures of a class are given, from which on it counts as sure


def label_suspects(
    probabilities: NDArray[np.floating], labels: NDArray[np.bool_], *, independent: bool
) -> NDArray[np.intp]:
    """Row numbers, the most contradicted first (after confident learning: Northcutt, Jiang and Chuang 2021).

    Both are (n, classes); probabilities must come from networks that had not seen the row's patient. A row is
    suspect where another class is likelier than the label, and as likely as it is for three of four pictures
    that are labelled so (the paper takes their mean: of few pictures that passes over half of what is wrong).
    `independent`: each class by itself, against each side of it.
    """
    found, held = probabilities.astype(np.float64), labels.astype(bool)
    if not len(found):
        return np.zeros(0, dtype=np.intp)
    doubt = _of_each_class(found, held) if independent else _of_one_class(found, held)
    order = np.argsort(-doubt, kind="stable")
    return order[doubt[order] > 0].astype(np.intp)


def _of_one_class(found: NDArray[np.float64], held: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How much likelier the other class is than the label; 0 where nothing is suspect."""
    usual = np.array(
        [np.quantile(found[own, c], _USUAL) if own.any() else np.inf for c, own in enumerate(held.T)]
    )
    reached = np.where((found >= usual) & ~held, found, 0.0)
    own = np.where(held, found, 0.0).max(axis=1)
    best = reached.max(axis=1)
    return np.where(held.any(axis=1) & (best > own), best - own, 0.0)


def _of_each_class(found: NDArray[np.float64], held: NDArray[np.bool_]) -> NDArray[np.float64]:
    doubt = np.zeros(len(found))
    for c in range(held.shape[1]):
        yes, no = held[:, c], ~held[:, c]
        if not yes.any() or not no.any():
            continue
        above = no & (found[:, c] >= np.quantile(found[yes, c], _USUAL)) & (found[:, c] > 0.5)
        below = yes & (found[:, c] <= np.quantile(found[no, c], 1 - _USUAL)) & (found[:, c] < 0.5)
        gap = np.abs(2 * found[:, c] - 1)
        doubt = np.maximum(doubt, np.where(above | below, gap, 0.0))
    return doubt
