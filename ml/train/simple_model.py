"""The yardstick of a training: what a simple rule makes of layers that have not learned these pictures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.train.study_recipe import NetworkPlan, Task

_HALF = (0.5, 0.5, 0.5)


def simple_plan() -> NetworkPlan:
    """The packaged network as it comes, begun with its own weights."""
    return NetworkPlan("lite0_stages", pretrained=True, fitting="cover", mean=_HALF, std=_HALF)


def simple_answers(
    features: NDArray[np.float32], labels: NDArray[np.float32], folds: NDArray[np.intp], task: Task
) -> NDArray[np.float32]:
    """(n, classes): logistic regression of the features, each fold answered by what the others taught.

    `folds` below 0 are learned from and answered by none (NaN). A class that the others do not hold gets 0.
    """
    found = np.full(labels.shape, np.nan, dtype=np.float32)
    for fold in np.unique(folds[folds >= 0]):
        asked = folds == fold
        if task.output == "sigmoid":
            columns = [
                _positive(features[~asked], labels[~asked, c] > 0.5, features[asked])
                for c in range(labels.shape[1])
            ]
            found[asked] = np.stack(columns, axis=1)
        else:
            found[asked] = _likely(
                features[~asked], labels[~asked].argmax(axis=1), features[asked], labels.shape[1]
            )
    return found


def _positive(
    known: NDArray[np.float32], held: NDArray[np.bool_], asked: NDArray[np.float32]
) -> NDArray[np.float32]:
    return _likely(known, held.astype(np.intp), asked, 2)[:, 1]


def _likely(
    known: NDArray[np.float32], classes: NDArray[np.intp], asked: NDArray[np.float32], count: int
) -> NDArray[np.float32]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    made = np.zeros((len(asked), count), dtype=np.float32)
    there = np.unique(classes)
    if len(there) < 2:
        made[:, there] = 1.0
        return made
    # As many features as pictures or more: a strong pull towards zero, chosen once and never by the answers.
    rule = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    made[:, there] = rule.fit(known, classes).predict_proba(asked)
    return made
