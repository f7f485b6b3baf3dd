"""Losses of two challenges, and what knowing nothing scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from ml.evaluate.log_loss import KNOWING_NOTHING, balanced_log_loss, prior_shifted, weighted_log_loss


@given(st.integers(1, 500), st.integers(1, 500))
def test_a_constant_half_scores_the_same_at_any_balance(some: int, others: int) -> None:
    truth = np.repeat([0, 1], [some, others])
    half = np.full((some + others, 2), 0.5)
    assert balanced_log_loss(half, truth) == pytest.approx(KNOWING_NOTHING)
    assert round(KNOWING_NOTHING, 4) == 0.6931


def test_a_model_at_the_prior_is_worse_than_guessing() -> None:
    truth = np.repeat([0, 1], [547, 207])
    prior = np.tile([547 / 754, 207 / 754], (754, 1))
    assert balanced_log_loss(prior, truth) == pytest.approx(0.807, abs=5e-4)


def test_balanced_is_scikit_learns_with_balancing_weights() -> None:
    chance = np.random.default_rng(0)
    truth = chance.integers(0, 3, 90) % 3
    found = chance.dirichlet([1, 1, 1], 90)
    weights = 1 / np.bincount(truth)[truth]
    assert balanced_log_loss(found, truth) == pytest.approx(log_loss(truth, found, sample_weight=weights))
    assert balanced_log_loss(found[truth != 2], truth[truth != 2]) > 0  # a class that does not occur
    sure = np.array([[0.0, 1.0]])
    assert balanced_log_loss(sure, np.array([0])) == pytest.approx(-np.log(1e-15))


def test_any_counts_twice() -> None:
    chance = np.random.default_rng(0)
    truth, found = chance.random((50, 6)) < 0.4, chance.random((50, 6))
    each = [log_loss(truth[:, c], found[:, c]) for c in range(6)]
    weights = np.array([2, 1, 1, 1, 1, 1]) / 7
    assert weighted_log_loss(found, truth, weights) == pytest.approx(float(weights @ each))


def test_the_prior_shift_of_the_graft_study() -> None:
    shifted = prior_shifted(np.array([0.5]), trained=1 / 3, target=1 / 1001)
    assert shifted[0] == pytest.approx(0.002, abs=1e-4)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_a_shift_can_be_taken_back(probability: float, trained: float, target: float) -> None:
    there = prior_shifted(np.array([probability]), trained, target)
    assert prior_shifted(there, target, trained)[0] == pytest.approx(probability, abs=1e-6)


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        prior_shifted(np.array([0.5]), 0.0, 0.5)
