"""The points of curves give scikit-learn's figures back."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import auc, average_precision_score, roc_auc_score, roc_curve

from ml.evaluate.curves import curves, precision_over_recall, roc


def answers(n: int, ties: bool, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels and probabilities of two classes that overlap."""
    chance = np.random.default_rng(seed)
    truth = chance.random(n) < 0.3
    scores = 1 / (1 + np.exp(-(chance.normal(size=n) + 1.5 * truth - 0.5)))
    return truth, np.round(scores, 1) if ties else scores


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("n", [40, 5000])
def test_roc(n: int, ties: bool) -> None:
    truth, scores = answers(n, ties)
    points = np.array(roc(truth, scores))
    assert len(points) <= 200
    assert points[0].tolist() == [0, 0]
    assert points[-1].tolist() == [1, 1]
    assert auc(points[:, 0], points[:, 1]) == pytest.approx(roc_auc_score(truth, scores), abs=2e-3)
    if n == 40:
        false, right, _ = roc_curve(truth, scores)
        np.testing.assert_allclose(points, np.stack([false, right], axis=1), atol=5e-5)


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("n", [40, 5000])
def test_precision_over_recall_is_stairs_whose_area_is_average_precision(n: int, ties: bool) -> None:
    truth, scores = answers(n, ties)
    points = np.array(precision_over_recall(truth, scores))
    assert len(points) <= 200
    area = float((np.diff(points[:, 0]) * points[1:, 1]).sum())
    assert area == pytest.approx(average_precision_score(truth, scores), abs=5e-3)


def test_reliability_of_a_label_that_stands_on_its_own() -> None:
    truth, scores = answers(2000, ties=False)
    labels, found = truth[:, None].astype(np.float32), scores[:, None].astype(np.float32)
    made = curves(["x"], found, labels, independent=True)
    bins = made["classes"]["x"]["reliability"]  # type: ignore[index]
    right, confidence = calibration_curve(truth, found[:, 0], n_bins=10)
    np.testing.assert_allclose([b["right"] for b in bins], right, atol=1e-4)
    np.testing.assert_allclose([b["confidence"] for b in bins], confidence, atol=1e-4)
    assert sum(b["count"] for b in bins) == 2000
    assert made["classes"]["x"]["share"] == pytest.approx(truth.mean(), abs=1e-4)  # type: ignore[index]


def test_reliability_of_the_likeliest_class() -> None:
    chance = np.random.default_rng(1)
    found = chance.dirichlet(np.ones(3), 500).astype(np.float32)
    labels = np.eye(3, dtype=np.float32)[chance.integers(0, 3, 500)]
    made = curves(["a", "b", "c"], found, labels, independent=False)
    right, confidence = calibration_curve(
        labels.argmax(axis=1) == found.argmax(axis=1), found.max(axis=1), n_bins=10
    )
    bins = made["reliability"]
    np.testing.assert_allclose([b["right"] for b in bins], right, atol=1e-4)  # type: ignore[attr-defined]
    np.testing.assert_allclose([b["confidence"] for b in bins], confidence, atol=1e-4)  # type: ignore[attr-defined]
    assert list(made["classes"]) == ["a", "b", "c"]  # type: ignore[call-overload]


def test_a_missing_class_leaves_nothing_to_draw() -> None:
    scores = np.array([0.2, 0.9])
    for truth in (np.array([True, True]), np.array([False, False])):
        assert roc(truth, scores) == []
    assert precision_over_recall(np.array([False, False]), scores) == []
