"""The yardstick learns what can be learned, and answers nobody with what their patient taught."""

from __future__ import annotations

import numpy as np
import pytest

from ml.train.simple_model import simple_answers
from ml.train.study_recipe import Task

CHANCE = np.random.default_rng(5)


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_it_tells_apart_what_differs(output: str) -> None:
    labels = np.eye(2, dtype=np.float32)[np.arange(60) % 2]
    features = (labels @ CHANCE.normal(0, 3, (2, 20)) + CHANCE.normal(0, 1, (60, 20))).astype(np.float32)
    found = simple_answers(features, labels, np.arange(60) // 20, Task(("a", "b"), output))
    assert (found.argmax(axis=1) == labels.argmax(axis=1)).mean() > 0.9


def test_what_only_its_own_fold_knows_helps_nothing() -> None:
    """Each fold has labels turned against its features: what the others teach is always wrong."""
    side = np.arange(40) % 2
    folds = (np.arange(40) // 20).astype(np.intp)
    labels = np.eye(2, dtype=np.float32)[np.where(folds == 0, side, 1 - side)]
    features = np.stack([side, 1 - side], axis=1).astype(np.float32)
    found = simple_answers(features, labels, folds, Task(("a", "b")))
    assert (found.argmax(axis=1) == labels.argmax(axis=1)).mean() < 0.1


def test_pictures_outside_all_folds_are_not_answered() -> None:
    labels = np.eye(2, dtype=np.float32)[np.arange(12) % 2]
    folds = np.array([-1] * 4 + [0] * 4 + [1] * 4)
    found = simple_answers(CHANCE.random((12, 3)).astype(np.float32), labels, folds, Task(("a", "b")))
    assert np.isnan(found[:4]).all()
    assert np.allclose(found[4:].sum(axis=1), 1, atol=1e-5)
