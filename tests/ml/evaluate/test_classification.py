"""Figures against scikit-learn's and scipy's own, and what must hold for any labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics

from ml.evaluate.calibration import best_threshold, expected_calibration_error
from ml.evaluate.classification import (
    balanced_accuracy,
    confusion,
    interval,
    rank_correlation,
    weighted_kappa,
)

CLASSES = 4
pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=60)


def arrays(rows: list[tuple[int, int]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    both = np.array(rows, dtype=np.intp)
    return both[:, 0], both[:, 1]


@given(pairs)
def test_kappa_by_its_definition(rows: list[tuple[int, int]]) -> None:
    truth, found = arrays(rows)
    if len(np.unique(np.concatenate([truth, found]))) < 2:
        assert weighted_kappa(truth, found, CLASSES) == 0
        return
    weights = np.subtract.outer(np.arange(CLASSES), np.arange(CLASSES)) ** 2
    seen = np.zeros((CLASSES, CLASSES))
    np.add.at(seen, (truth, found), 1 / len(rows))
    expected = np.outer(seen.sum(1), seen.sum(0))
    by_hand = 1 - (weights * seen).sum() / (weights * expected).sum()
    assert weighted_kappa(truth, found, CLASSES) == pytest.approx(by_hand, abs=1e-9)


@given(pairs)
def test_balanced_accuracy_is_the_mean_recall(rows: list[tuple[int, int]]) -> None:
    truth, found = arrays(rows)
    recall = metrics.recall_score(truth, found, labels=np.unique(truth), average="macro", zero_division=0)
    assert balanced_accuracy(truth, found) == pytest.approx(recall)
    assert confusion(truth, found, CLASSES).sum() == len(rows)


def test_rank_correlation_is_spearmans() -> None:
    chance = np.random.default_rng(1)
    one = chance.normal(size=50)
    other = one + chance.normal(size=50)
    assert rank_correlation(one, other) == pytest.approx(stats.spearmanr(one, other).statistic)
    assert rank_correlation(one, np.ones(50)) == 0


def test_the_interval_grows_when_rows_of_a_group_say_the_same() -> None:
    chance = np.random.default_rng(2)
    values = np.repeat(chance.normal(size=20), 10)
    alone = interval(lambda rows: float(values[rows].mean()), [str(n) for n in range(200)])
    grouped = interval(lambda rows: float(values[rows].mean()), [str(n // 10) for n in range(200)])
    assert alone.value == grouped.value == pytest.approx(values.mean())
    assert grouped.low < alone.low < alone.value < alone.high < grouped.high
    assert (grouped.high - grouped.low) / (alone.high - alone.low) == pytest.approx(10**0.5, rel=0.3)


@pytest.mark.parametrize(("patients", "low"), [(12, 0.7575), (36, 0.904), (1000, 0.996)])
def test_that_nobody_was_wrong_is_not_certainty(patients: int, low: float) -> None:
    groups = [f"p{n // 2}" for n in range(2 * patients)]  # two pictures each
    found = interval(lambda rows: 1.0, groups, draws=50)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(low, abs=5e-4)  # Wilson's, as in R's prop.test(n, n, correct = FALSE)
    none = interval(lambda rows: 0.0, groups, draws=50)
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(1 - found.low)
    assert interval(lambda rows: 0.5, groups, draws=50).low == 0.5, "only at the bounds"


def test_calibration_error_of_what_is_right_half_the_time() -> None:
    probabilities = np.full((100, 2), 0.5) + np.array([0.3, -0.3])
    truth = np.array([0, 1] * 50)
    assert expected_calibration_error(probabilities, truth) == pytest.approx(0.3)
    assert expected_calibration_error(probabilities, np.array([0] * 80 + [1] * 20)) == pytest.approx(0)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_no_threshold_gives_a_higher_f1(rows: list[tuple[float, bool]]) -> None:
    scores, truth = np.array([s for s, _ in rows]), np.array([t for _, t in rows])
    best = best_threshold(scores, truth)

    def f1(threshold: float) -> float:
        return float(metrics.f1_score(truth, scores >= threshold, zero_division=0))

    assert f1(best) >= max(f1(score) for score in scores) - 1e-9 or not truth.any()
