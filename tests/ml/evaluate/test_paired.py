"""Two ways on the same patients: scipy is the referee of the interval."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap

from ml.evaluate.classification import Interval, interval
from ml.evaluate.paired import Answers, Difference, difference


def share_right(truth: Answers, said: Answers) -> float:
    return float((truth == said).mean())


def two_ways(count: int = 120) -> tuple[Answers, Answers, Answers, list[str]]:
    """Both are wrong of mostly the same pictures; the other one of some fewer."""
    chance = np.random.default_rng(2)
    truth = chance.integers(0, 2, count)
    hard = chance.random(count) < 0.35
    one = np.where(hard, 1 - truth, truth)
    other = np.where(hard & (chance.random(count) < 0.75), 1 - truth, truth)
    return truth, one, other, [f"p{n}" for n in range(count)]


def test_the_interval_of_the_gain_is_scipys() -> None:
    truth, one, other, patients = two_ways()
    made = difference(share_right, truth, one, other, patients, draws=4000)
    gains = (truth == other).astype(float) - (truth == one)
    expected = bootstrap(
        (gains,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert made.gain.value == pytest.approx(gains.mean())
    assert made.gain.low == pytest.approx(expected.low, abs=0.01)
    assert made.gain.high == pytest.approx(expected.high, abs=0.01)
    assert made.verdict == "better"
    assert made.patients == 120


def test_what_two_intervals_hide_the_paired_one_shows() -> None:
    truth, one, other, patients = two_ways()
    made = difference(share_right, truth, one, other, patients)
    assert made.one.high > made.other.low
    assert made.gain.low > 0
    assert made.one == interval(lambda rows: share_right(truth[rows], one[rows]), patients)


def test_the_other_way_round_is_the_same_with_the_other_sign() -> None:
    truth, one, other, patients = two_ways()
    there = difference(share_right, truth, one, other, patients)
    back = difference(share_right, truth, other, one, patients)
    assert back.gain.value == -there.gain.value
    assert (back.gain.low, back.gain.high) == pytest.approx((-there.gain.high, -there.gain.low))
    assert back.verdict == "worse"
    same = difference(share_right, truth, one, one, patients)
    assert same.gain == Interval(0, 0, 0)
    assert same.verdict == "not told apart"


def test_pictures_of_one_patient_are_drawn_together() -> None:
    """Forty pictures of four patients prove less than forty patients."""
    truth, one, other, patients = two_ways(40)
    alone = difference(share_right, truth, one, other, patients).gain
    together = difference(share_right, truth, one, other, [f"p{n // 10}" for n in range(40)]).gain
    assert alone.value == together.value
    assert (alone.low, alone.high) != (together.low, together.high)


@pytest.mark.parametrize(
    ("gain", "less", "words"),
    [
        ((0.1, 0.3), False, "better"),
        ((0.1, 0.3), True, "worse"),
        ((-0.3, -0.1), True, "better"),
        ((-0.3, -0.1), False, "worse"),
        ((-0.1, 0.1), False, "not told apart"),
        ((0.0, 0.1), False, "not told apart"),
    ],
)
def test_the_verdict(gain: tuple[float, float], less: bool, words: str) -> None:
    zero = Interval(0, 0, 0)
    assert Difference(zero, zero, Interval(0, *gain), 9, less).verdict == words
