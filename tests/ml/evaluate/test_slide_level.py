"""From tiles to patients; scikit-learn is the referee."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from ml.evaluate.classification import Interval
from ml.evaluate.slide_level import Scale, best_scale, in_words, mean_of, top_of, unit_figures

CHALLENGE = np.array([0, 0, 0, 1], dtype=np.intp)


def drawn(count: int, seed: int, signal: float = 1.0) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    chance = np.random.default_rng(seed)
    truth = (np.arange(count) % 4 == 0).astype(np.intp)
    odds = 0.4 + 0.3 * signal * (truth - 0.5) + chance.normal(0, 0.2, count)
    later = 1 / (1 + np.exp(-odds))
    return np.stack([1 - later, later], axis=1), truth


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30), st.floats(0.05, 1))
def test_means_and_tops(owners: list[int], share: float) -> None:
    numbers = np.unique(np.array(owners), return_inverse=True)[1]
    values = np.random.default_rng(len(owners)).dirichlet((1, 1, 1), len(owners))
    means, tops = mean_of(values, numbers), top_of(values, numbers, share)
    for owner in np.unique(numbers):
        mine = values[numbers == owner]
        np.testing.assert_allclose(means[owner], mine.mean(axis=0))
        count = max(1, round(share * len(mine)))
        best = np.array([sorted(column)[-count:] for column in mine.T]).mean(axis=1)
        np.testing.assert_allclose(tops[owner], best / best.sum())
    np.testing.assert_allclose(top_of(values, numbers, 1.0), means)


@pytest.mark.parametrize("seed", range(4))
def test_the_scale_is_scikit_learns_balanced_logistic_regression(seed: int) -> None:
    values, truth = drawn(60, seed, signal=2)
    odds = np.log(values[:, 1] / values[:, 0])[:, None]
    regression = LogisticRegression(C=1.0, class_weight="balanced", tol=1e-10).fit(odds / odds.std(), truth)
    scale = best_scale(values, truth)
    np.testing.assert_allclose(scale(values), regression.predict_proba(odds / odds.std()), atol=2e-4)


def test_what_ranks_the_wrong_way_is_silenced_and_not_turned_over() -> None:
    values, truth = drawn(60, 0, signal=-3)
    scale = best_scale(values, truth)
    assert scale.slope == 0
    np.testing.assert_allclose(scale(values), 0.5, atol=1e-3)
    assert Scale(1.0, (0.0, 0.0))(values) == pytest.approx(values)


def test_figures_are_scikit_learns() -> None:
    values, truth = drawn(48, 3, signal=2)
    patients = [f"p{n // 2}" for n in range(48)]
    raw = np.full_like(values, 0.5)
    found = unit_figures(values, raw, truth, patients, shown=1, draws=200)
    weights = np.where(truth == 1, 1 / (truth == 1).sum(), 1 / (truth == 0).sum())
    expected = {
        "auroc": metrics.roc_auc_score(truth, values[:, 1]),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, values.argmax(axis=1)),
        "balanced_log_loss": metrics.log_loss(truth, values, sample_weight=weights),
        "balanced_log_loss_uncalibrated": 0.6931,
    }
    for key, value in expected.items():
        told = found[key]
        assert isinstance(told, dict)
        assert told["value"] == pytest.approx(value, abs=6e-5)
        assert told["low"] <= told["value"] <= told["high"]
    assert found["log_loss_of_knowing_nothing"] == 0.6931
    assert found["units"] == 48
    assert found["patients"] == 24
    assert found["evidence"] is True
    assert "No evidence" not in str(found["in_words"])


def test_no_evidence_is_said() -> None:
    chance = np.random.default_rng(1)
    truth = (np.arange(40) % 3 == 0).astype(np.intp)
    scores = chance.random(40)
    values = np.stack([1 - scores, scores], axis=1)
    patients = [str(n) for n in range(40)]
    found = unit_figures(values, values, truth, patients, shown=1, draws=200)
    assert found["evidence"] is False
    assert str(found["in_words"]).startswith("No evidence: AUROC")
    assert "includes 0.5" in str(found["in_words"])
    assert "worse than by chance" in in_words(Interval(0.3, 0.2, 0.4), 13, 40)
    assert in_words(Interval(0.8, 0.6, 0.9), 13, 40) == "AUROC 0.800 (0.600 to 0.900), 13 of 40 positive."


def test_one_patient_and_a_missing_class() -> None:
    values = np.full((3, 2), 0.5)
    found = unit_figures(values, values, np.zeros(3, dtype=np.intp), ["p"] * 3, shown=1, draws=20)
    assert found["auroc"] == {"value": 0.5, "low": 0.5, "high": 0.5}
    assert found["balanced_log_loss"]["value"] == 0.6931  # type: ignore[index]
    assert found["evidence"] is False
