"""What a threshold means, against counting by hand and the bootstrap that the other figures use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from ml.evaluate.classification import interval
from ml.evaluate.operating import Thresholds

CHANCE = np.random.default_rng(3)
TRUTH = CHANCE.random(120) < 0.4
SCORES = np.clip(TRUTH * 0.3 + CHANCE.random(120) * 0.7, 0, 1)
PATIENTS = [f"p{number // 4}" for number in range(120)]


def test_counts_and_intervals_are_those_of_the_whole_bootstrap() -> None:
    found = Thresholds(TRUTH, SCORES, PATIENTS, draws=200).at(0.5)
    assert found.missed == int((TRUTH & (SCORES < 0.5)).sum())
    assert found.false_alarms == int((~TRUTH & (SCORES >= 0.5)).sum())

    def missed(rows: np.ndarray) -> float:
        own = rows[TRUTH[rows]]
        return float((SCORES[own] < 0.5).mean())

    expected = interval(missed, PATIENTS, draws=200)
    assert found.missed_share is not None
    assert found.missed_share.value == pytest.approx(expected.value)
    assert (found.missed_share.low, found.missed_share.high) == pytest.approx((expected.low, expected.high))


def test_none_missed_of_a_few_may_be_some_of_many() -> None:
    truth = np.arange(40) < 12
    told = Thresholds(truth, truth.astype(np.float64), [f"p{n}" for n in range(40)], draws=100).at(0.5)
    assert (told.missed_share.value, told.missed_share.low) == (0.0, 0.0)
    assert told.missed_share.high == pytest.approx(1 - 0.7575, abs=5e-4)
    assert told.alarm_share.high == pytest.approx(0.1206, abs=5e-4)  # of 28


def test_the_curve_is_scikit_learns() -> None:
    cuts, missed, alarms = Thresholds(TRUTH, SCORES, PATIENTS, draws=0).curve()
    false, right, at = roc_curve(TRUTH, SCORES, drop_intermediate=False)
    places = np.searchsorted(cuts, at[1:])
    assert np.allclose(missed[places], 1 - right[1:])
    assert np.allclose(alarms[places], false[1:])


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1), st.integers(0, 5)), min_size=1, max_size=40))
def test_a_higher_threshold_misses_more_and_calls_less(rows: list[tuple[bool, float, int]]) -> None:
    truth, scores = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    asked = Thresholds(truth, scores, [str(r[2]) for r in rows], draws=5)
    before = None
    for cut in (0.0, 0.25, 0.5, 1.0):
        found = asked.at(cut)
        assert (found.missed_share is None) == (not truth.any())
        assert (found.alarm_share is None) == bool(truth.all())
        if before is not None:
            assert found.missed >= before.missed
            assert found.false_alarms <= before.false_alarms
        before = found


@given(st.floats(0, 1))
def test_no_more_is_missed_than_was_allowed(share: float) -> None:
    asked = Thresholds(TRUTH, SCORES, PATIENTS, draws=0)
    assert asked.at(asked.missing_at_most(share)).missed <= share * TRUTH.sum() + 1e-6
