"""What so many patients allow to claim, against SciPy's score interval."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from ml.evaluate.claim import likely_range, patients_for


@given(st.integers(1, 500), st.data())
def test_it_is_the_score_interval(count: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, count))
    expected = binomtest(right, count).proportion_ci(method="wilson")
    assert likely_range(right / count, count) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_nobody_allows_no_claim() -> None:
    assert likely_range(0.9, 0) == (0.0, 1.0)


@given(st.floats(0.05, 0.95), st.floats(0.02, 0.5))
def test_so_many_are_enough_and_one_fewer_is_not(share: float, width: float) -> None:
    count = patients_for(share, width)
    low, high = likely_range(share, count)
    assert high - low <= width
    if count > 2:
        low, high = likely_range(share, count - 1)
        assert high - low > width
