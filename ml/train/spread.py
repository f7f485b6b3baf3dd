"""Labels for pictures that nobody has labelled, from those that look like them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.train.embed import Features, reduced

UNLABELLED = -1

ORIGIN = "spread"
"""What the column `origin` of a table says of such a label; what people gave is "given"."""


@dataclass(frozen=True)
class Spreading:
    """How labels are handed on."""

    dimensions: int = 50  # strongest axes of the features; 0: the features as they are
    kernel: str = "knn"  # "rbf" with gamma 20 on raw logits is what the retina study had
    neighbours: int = 10
    gamma: float = 20.0  # of rbf
    alpha: float = 0.2  # how much a picture listens to its neighbours
    confidence: float = 0.9  # less sure ones stay without a label


@dataclass(frozen=True, eq=False)
class Spread:
    """What was handed on."""

    labels: NDArray[np.intp]  # (n,): the given ones, the new ones, and -1 where none is sure enough
    confidence: NDArray[np.float64]  # (n,) of the likeliest class; 1 where the label was given
    is_new: NDArray[np.bool_]  # (n,)

    @property
    def count(self) -> int:
        """How many got a label."""
        return int(self.is_new.sum())


def spread_labels(features: Features, labels: NDArray[np.intp], how: Spreading) -> Spread:
    """Label spreading (Zhou et al. 2004) by scikit-learn; given labels are never changed.

    `labels` is (n,), -1 where there is none. Give only pictures to learn from: a validation picture in the
    graph would hand its own label on. Raises `Problem` where there is nothing to spread, or nowhere to.
    """
    from sklearn.semi_supervised import LabelSpreading

    given = labels != UNLABELLED
    if len(np.unique(labels[given])) < 2:
        raise Problem("Labels of one class alone cannot be spread.", "Give pictures of at least two classes.")
    if given.all():
        raise Problem("Every picture has a label already.", "Give pictures without one.")
    points = reduced(features, how.dimensions) if how.dimensions else features
    neighbours = min(how.neighbours, len(points) - 1)
    graph = LabelSpreading(
        kernel=how.kernel, n_neighbors=neighbours, gamma=how.gamma, alpha=how.alpha, max_iter=200
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pictures without a way to a label divide by zero: they stay without
        graph.fit(points, labels)
    shares = np.nan_to_num(graph.label_distributions_)
    sure = shares.max(axis=1) / np.maximum(shares.sum(axis=1), 1e-12)
    likeliest = graph.classes_[shares.argmax(axis=1)]
    is_new = ~given & (sure >= how.confidence)
    made = np.where(given, labels, np.where(is_new, likeliest, UNLABELLED)).astype(np.intp)
    return Spread(made, np.where(given, 1.0, sure), is_new)


def check_spreading(
    features: Features, labels: NDArray[np.intp], patients: Sequence[str], how: Spreading, parts: int = 5
) -> dict[str, float] | None:
    """How often spreading is right: labels of a part of the patients are hidden, spread to, and compared.

    {"right", "reached", "pictures"}: share right among those that got a label, share that got one, and how
    many were hidden in all. None where a class is there in fewer than two patients.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    known = np.flatnonzero(labels != UNLABELLED)
    owners = np.array(patients)[known]
    fewest = min(len(np.unique(owners[labels[known] == c])) for c in np.unique(labels[known]))
    if fewest < 2:
        return None
    right = reached = 0
    division = StratifiedGroupKFold(min(parts, fewest), shuffle=True, random_state=0)
    for _, held in division.split(known, labels[known], owners):
        hidden = labels.copy()
        hidden[known[held]] = UNLABELLED
        made = spread_labels(features, hidden, how)
        got = known[held][made.is_new[known[held]]]
        reached += len(got)
        right += int((made.labels[got] == labels[got]).sum())
    share = round(right / reached, 4) if reached else 0.0
    return {"right": share, "reached": round(reached / len(known), 4), "pictures": len(known)}
