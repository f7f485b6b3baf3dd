"""The curve finds the law that errors were made by, and is unsure where they scatter."""

from __future__ import annotations

import numpy as np
import pytest

from ml.errors import Problem
from ml.evaluate.learning_curve import fitted

SIZES = (4, 8, 16, 32, 64)


def made(scatter: float) -> np.ndarray:
    law = 0.05 + 0.8 * np.array(SIZES, dtype=float) ** -0.6
    return law + np.random.default_rng(3).normal(0, scatter, (10, len(SIZES)))


def test_it_finds_the_law() -> None:
    curve = fitted(SIZES, made(0.0), (128, 256))
    assert (curve.a, curve.b, curve.c) == pytest.approx((0.05, 0.8, 0.6), abs=1e-2)
    for one in curve.foreseen:
        assert one.error == pytest.approx(0.05 + 0.8 * one.patients**-0.6, abs=2e-3)
        assert one.high - one.low < 1e-6


def test_scatter_makes_it_unsure_and_the_truth_lies_within() -> None:
    little, much = (fitted(SIZES, made(scatter), (256,)).foreseen[0] for scatter in (0.005, 0.05))
    assert much.high - much.low > little.high - little.low > 0
    truth = 0.05 + 0.8 * 256**-0.6
    assert much.low <= truth <= much.high


def test_errors_that_do_not_fall_promise_nothing() -> None:
    curve = fitted(SIZES, np.full((10, 5), 0.4), (256,))
    assert curve.foreseen[0].error == pytest.approx(0.4, abs=0.02)


def test_three_numbers_of_patients_are_too_few() -> None:
    with pytest.raises(Problem, match="too few patients"):
        fitted((4, 8, 16), np.zeros((10, 3)), (32,))
