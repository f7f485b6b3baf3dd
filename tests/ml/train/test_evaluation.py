"""Figures of a model whose classes stand on their own, and calibration that is known beforehand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, recall_score

from ml.train.evaluation import Answered, calibration, evaluation
from ml.train.study_recipe import Task


def calibrated(n: int = 4000, sharper: float = 1.0) -> Answered:
    """Labels that come true as often as said; `sharper` multiplies the logits: too sure of itself."""
    chance = np.random.default_rng(1)
    logits = chance.normal(0, 1.5, (n, 2))
    labels = (chance.random((n, 2)) < 1 / (1 + np.exp(-logits))).astype(np.float32)
    said = (1 / (1 + np.exp(-logits * sharper))).astype(np.float32)
    return Answered(said, labels, tuple(f"p{i // 4}" for i in range(n)))


TASK = Task(("one", "two"), "sigmoid", negative="none")


def test_a_temperature_that_was_taken_away_is_found_again() -> None:
    good, sure = (calibration(TASK, calibrated(sharper=s), draws=50) for s in (1.0, 3.0))
    assert good["temperature"] == pytest.approx(1, abs=0.06)
    assert sure["temperature"] == pytest.approx(3, abs=0.18)
    assert good["error"]["value"] < 0.03 < sure["error"]["low"]
    assert good["brier"]["value"] < sure["brier"]["value"]


def test_at_thresholds_of_the_card() -> None:
    said = calibrated(600)
    facts = evaluation(TASK, said, thresholds=(0.3, 0.6), draws=50)
    for c, (name, bound) in enumerate((("one", 0.3), ("two", 0.6))):
        truth, called = said.labels[:, c] > 0.5, said.probabilities[:, c] >= bound
        told = facts["at_thresholds"][name]
        assert told["sensitivity"]["value"] == pytest.approx(recall_score(truth, called), abs=1e-4)
        assert told["specificity"]["value"] == pytest.approx(recall_score(~truth, ~called), abs=1e-4)
        assert told["f1"]["value"] == pytest.approx(f1_score(truth, called), abs=1e-4)
    assert "patients" not in facts  # a patient has several labels here
