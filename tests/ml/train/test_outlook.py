"""The outlook: who is asked was never learned from, and more patients of a learnable thing help."""

from __future__ import annotations

import numpy as np
import pytest

from ml.errors import Problem
from ml.progress import Progress
from ml.train.outlook import balanced_error, foresee
from ml.train.study_recipe import Task

TASK = Task(("a", "b"))


def made(patients: int, told: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Two pictures a patient; classes are `told` apart, and each patient has a look of his own."""
    chance = np.random.default_rng(seed)
    kinds = np.repeat(np.arange(patients) % 2, 2)
    own = np.repeat(chance.normal(0, 1, (patients, 12)), 2, axis=0)
    features = own + 0.1 * chance.normal(0, 1, own.shape)
    features[:, 0] += told * kinds
    labels = np.eye(2, dtype=np.float32)[kinds]
    return features.astype(np.float32), labels, tuple(f"p{n}" for n in np.repeat(np.arange(patients), 2))


def test_more_patients_help_where_there_is_something_to_learn() -> None:
    outlook = foresee(*made(120, 2.5), TASK, 17, Progress())
    errors = [error for _, error in outlook.curve.points]
    assert errors[-1] < errors[0] - 0.05
    now, twice, four = outlook.curve.foreseen
    assert (now.patients, twice.patients, four.patients) == (120, 240, 480)
    assert now.error >= twice.error >= four.error
    assert now.low <= now.error <= now.high


def test_where_there_is_nothing_to_learn_no_patient_leaks_over() -> None:
    """Each patient's two pictures look alike: who stood on both sides would be recognized."""
    outlook = foresee(*made(80, 0.0), TASK, 17, Progress())
    assert outlook.curve.points[-1][1] == pytest.approx(0.5, abs=0.1)


def test_few_patients_are_refused() -> None:
    with pytest.raises(Problem, match="rarest class has 3 patients"):
        foresee(*made(6, 2.0), TASK, 17, Progress())


def test_rare_classes_count_as_much_as_frequent_ones() -> None:
    labels = np.eye(2, dtype=np.float32)[[0] * 9 + [1]]
    always_first = np.tile(np.array([[0.9, 0.1]], dtype=np.float32), (10, 1))
    assert balanced_error(always_first, labels, TASK) == pytest.approx(0.5)
    assert balanced_error(always_first, labels, Task(("a", "b"), "sigmoid")) == pytest.approx(0.5)
