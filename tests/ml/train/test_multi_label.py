"""Figures at tuned thresholds, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, log_loss

from ml.train.multi_label import Answers, thresholds_of, tuned_figures
from ml.train.study_recipe import Task

TASK = Task(("any", "a", "b"), "sigmoid", weights=(2.0, 1.0, 1.0))


def side(seed: int, count: int = 60) -> Answers:
    """Scores that go with the labels, with ties."""
    chance = np.random.default_rng(seed)
    labels = (chance.random((count, 3)) < (0.5, 0.3, 0.1)).astype(np.float32)
    scores = (labels * 0.3 + chance.random((count, 3)) * 0.7).round(1).clip(0.05, 0.95)
    return Answers(scores, labels, tuple(f"p{n % 9}" for n in range(count)))


def test_thresholds_are_best_on_their_own_side() -> None:
    chosen = side(0)
    found = thresholds_of(chosen.probabilities, chosen.labels)
    for c, threshold in enumerate(found):
        truth, scores = chosen.labels[:, c], chosen.probabilities[:, c]
        best = max(f1_score(truth, scores >= t) for t in np.unique(scores))
        assert f1_score(truth, scores >= threshold - 1e-4) == pytest.approx(best)


def test_figures_equal_scikit_learns() -> None:
    folds = [(side(1), side(2)), (side(3), side(4))]
    found = tuned_figures(TASK, folds, draws=50)
    calls, truth = [], []
    for choose, report in folds:
        calls.append(report.probabilities >= thresholds_of(choose.probabilities, choose.labels))
        truth.append(report.labels)
    called, true = np.concatenate(calls), np.concatenate(truth)
    each = f1_score(true, called, average=None)
    assert [found["f1"][name]["value"] for name in TASK.classes] == pytest.approx(each, abs=1e-4)  # type: ignore[index]
    assert found["macro_f1"]["value"] == pytest.approx(f1_score(true, called, average="macro"), abs=1e-4)  # type: ignore[index]
    assert found["micro_f1"]["value"] == pytest.approx(f1_score(true, called, average="micro"), abs=1e-4)  # type: ignore[index]
    said = np.concatenate([report.probabilities for _, report in folds])
    losses = [log_loss(true[:, c], said[:, c]) for c in range(3)]
    assert found["log_loss"]["value"] == pytest.approx(np.average(losses, weights=(2, 1, 1)), abs=1e-4)  # type: ignore[index]


def test_a_class_that_does_not_occur_is_never_called_for_nothing() -> None:
    labels = np.zeros((5, 1))
    assert thresholds_of(np.full((5, 1), 0.2), labels) == (0.5,)
    assert thresholds_of(np.zeros((5, 1)), np.ones((5, 1)))[0] > 0
