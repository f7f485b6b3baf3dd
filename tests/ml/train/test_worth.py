"""Which patches are asked about: invariants of the choice, and that it spreads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from ml.train.worth import chosen, disagreement, unsureness


def some_features(seed: int, number: int, known: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    features = chance.normal(size=(number, 5)).astype(np.float32)
    return (
        features,
        chance.random(number, dtype=np.float32),
        chance.normal(size=(known, 5)).astype(np.float32),
    )


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(0, 60), st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_none_is_asked_about_twice(seed: int, number: int, count: int, known: int) -> None:
    features, unsure, labelled = some_features(seed, number, known)
    order = chosen(features, unsure, count, labelled)
    assert len(order) == len(set(order.tolist())) == min(count, number)
    assert set(order.tolist()) <= set(range(number))


@given(st.integers(0, 10_000), st.integers(5, 40))
@settings(max_examples=40, deadline=None)
def test_fewer_are_the_beginning_of_more(seed: int, number: int) -> None:
    features, unsure, labelled = some_features(seed, number, 3)
    assert (
        chosen(features, unsure, 4, labelled).tolist()
        == chosen(features, unsure, number, labelled)[:4].tolist()
    )


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_equal_unsureness_is_the_core_set_method(seed: int) -> None:
    """Against a plain k-center greedy, written anew."""
    features, _, labelled = some_features(seed, 25, 4)
    everything = np.concatenate([features, labelled]).astype(np.float64)
    points = (everything - everything.mean(axis=0)) / everything.std(axis=0)
    taken, expected = list(range(25, 29)), []
    for _ in range(6):
        far = [min(np.linalg.norm(points[n] - points[k]) for k in taken) for n in range(25)]
        best = int(np.argmax(far))
        expected.append(best)
        taken.append(best)
    assert chosen(features, np.full(25, 0.7, np.float32), 6, labelled).tolist() == expected


def test_groups_are_all_asked_about_before_any_is_asked_about_again() -> None:
    chance = np.random.default_rng(3)
    centers = 50 * np.eye(6, 8)
    group = np.repeat(np.arange(6), 30)
    features = (centers[group] + chance.normal(size=(180, 8))).astype(np.float32)
    unsure = (0.5 + 0.5 * chance.random(180)).astype(np.float32)
    assert sorted(group[chosen(features, unsure, 6)].tolist()) == [0, 1, 2, 3, 4, 5]
    first_three = features[group < 3][::10]
    assert set(group[chosen(features, unsure, 3, first_three)].tolist()) == {3, 4, 5}


def test_of_patches_alike_the_least_sure_is_asked_about_and_copies_come_last() -> None:
    features = np.array([[0, 0], [0, 0], [0, 0], [9, 9]], dtype=np.float32)
    unsure = np.array([0.2, 0.9, 0.5, 0.8], dtype=np.float32)
    assert chosen(features, unsure, 4).tolist() == [1, 3, 2, 0]


def test_unsureness_is_the_entropy_of_scipy() -> None:
    chance = np.random.default_rng(0)
    values = chance.dirichlet(np.ones(4), size=20).astype(np.float32)
    assert unsureness(values) == pytest.approx([entropy(row) / np.log(4) for row in values], abs=1e-6)
    alone = chance.random((20, 3)).astype(np.float32)
    expected = [max(entropy([p, 1 - p], base=2) for p in row) for row in alone]
    assert unsureness(alone, independent=True) == pytest.approx(expected, abs=1e-6)


def test_networks_that_agree_do_not_disagree() -> None:
    same = np.full((3, 2, 2), 0.5, dtype=np.float32)
    assert disagreement(same) == pytest.approx([0, 0], abs=1e-6)
    torn = np.array([[[1, 0], [0.5, 0.5]], [[0, 1], [0.5, 0.5]]], dtype=np.float32)
    assert disagreement(torn) == pytest.approx([1, 0], abs=1e-6)
    assert disagreement(torn[:1]) == pytest.approx([0, 0], abs=1e-6)
