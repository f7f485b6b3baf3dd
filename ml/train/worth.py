"""Which patches are worth a person's label: unsure ones, unlike each other, unlike what is labelled already.

How unsure the model is of a patch times how far that lies from everything that is taken or labelled: the
k-center greedy of the core-set method (Sener and Savarese 2018), its distances weighted. How unsure is the
entropy of the mean answer; of several networks, what they disagree about is added to it (the mutual
information of Houlsby et al. 2011, BALD).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_LEAST = 0.05
"""Unsureness that even a sure patch has: a network may be sure and wrong, and what lies far off shows it."""


def unsureness(probabilities: Floats, *, independent: bool = False) -> Floats:
    """(n,) in 0..1 of (n, classes): entropy over the greatest there can be.

    `independent`: several classes may hold of one patch, and the one that is least decided counts.
    """
    if independent or probabilities.shape[1] == 1:
        pairs = np.stack([probabilities, 1 - probabilities], axis=2)
        return np.asarray(_entropy(pairs).max(axis=1), dtype=np.float32)
    return np.asarray(_entropy(probabilities), dtype=np.float32)


def disagreement(members: Floats, *, independent: bool = False) -> Floats:
    """(n,) in 0..1 of (networks, n, classes): how unsure they are together beyond what each is by itself.

    0 where all say the same, and for one network alone.
    """
    each = [unsureness(one, independent=independent) for one in members]
    together = unsureness(members.mean(axis=0), independent=independent)
    return np.asarray(np.clip(together - np.mean(each, axis=0), 0, 1), dtype=np.float32)


def chosen(features: Floats, unsure: Floats, count: int, known: Floats | None = None) -> NDArray[np.intp]:
    """Rows of (n, features) that are worth a label, the one worth most first; at most `count`, none twice.

    `unsure` is (n,), 0..1. `known` are the (m, features) of patches that have a label already. What lies
    exactly on one that was taken comes last. The same numbers give the same order.
    """
    points, weights = _scaled(features, known), np.maximum(unsure, _LEAST).astype(np.float64)
    own, others = points[: len(features)], points[len(features) :]
    near = np.ones(len(own)) if not len(others) else _distances(own, others).min(axis=1)
    free = np.ones(len(own), dtype=np.bool_)
    order: list[int] = []
    for _ in range(min(count, len(own))):
        worth = np.where(free, weights * near + 1e-9 * weights, -1.0)
        best = int(worth.argmax())
        order.append(best)
        free[best] = False
        far = _distances(own, own[best : best + 1])[:, 0]
        near = far if len(order) == 1 and not len(others) else np.minimum(near, far)
    return np.array(order, dtype=np.intp)


def _entropy(probabilities: Floats) -> NDArray[np.float64]:
    """Over the last axis, of the greatest there can be."""
    values = np.clip(probabilities.astype(np.float64), 1e-12, 1)
    return np.asarray(-(values * np.log(values)).sum(axis=-1) / np.log(values.shape[-1]))


def _scaled(features: Floats, known: Floats | None) -> NDArray[np.float64]:
    """All of them around their middle, each feature over its spread: none outweighs others by its unit."""
    everything = np.concatenate([features, known]) if known is not None and len(known) else features
    values = everything.astype(np.float64)
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1))


def _distances(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, m), Euclidean."""
    squares = (some**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * some @ others.T
    return np.asarray(np.sqrt(np.clip(squares, 0, None)))
