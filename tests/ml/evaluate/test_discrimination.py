"""scikit-learn is the referee, with ties, missing classes and one patient."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics

from ml.evaluate.discrimination import (
    auprc,
    auroc,
    balanced,
    discrimination,
    f1,
    macro_f1,
    micro_f1,
    sensitivity_at,
)

Rows = tuple[NDArray[np.bool_], NDArray[np.float64]]


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    """Labels and scores with many ties."""
    found = draw(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
    return np.array([t for t, _ in found]), np.array([s / 5 for _, s in found])


@given(rows())
def test_figures_are_scikit_learns(drawn: Rows) -> None:
    truth, scores = drawn
    found = scores >= 0.5
    if 0 < truth.sum() < len(truth):
        assert auroc(truth, scores) == pytest.approx(metrics.roc_auc_score(truth, scores))
        assert auprc(truth, scores) == pytest.approx(metrics.average_precision_score(truth, scores))
        assert balanced(truth, found) == pytest.approx(metrics.balanced_accuracy_score(truth, found))
    else:
        assert auroc(truth, scores) == 0.5
    assert f1(truth, found) == pytest.approx(metrics.f1_score(truth, found, zero_division=0))


@given(rows(), st.integers(0, 1000).map(lambda share: share / 1000))  # no finer than the slack
def test_sensitivity_keeps_the_specificity(drawn: Rows, specificity: float) -> None:
    truth, scores = drawn
    if not 0 < truth.sum() < len(truth):
        assert sensitivity_at(truth, scores, specificity) == 0
        return
    best = max(
        float((scores[truth] >= cut).mean())
        for cut in [*np.unique(scores), 2.0]
        if float((scores[~truth] < cut).mean()) >= specificity - 1e-9
    )
    assert sensitivity_at(truth, scores, specificity) == pytest.approx(best)


def test_several_labels() -> None:
    chance = np.random.default_rng(0)
    truth, found = chance.random((2, 60, 5)) < 0.3
    assert macro_f1(truth, found) == pytest.approx(metrics.f1_score(truth, found, average="macro"))
    assert micro_f1(truth, found) == pytest.approx(metrics.f1_score(truth, found, average="micro"))
    assert macro_f1(truth, np.zeros_like(truth)) == 0


def test_intervals_are_over_patients_and_words_are_honest() -> None:
    chance = np.random.default_rng(1)
    patients = [f"p{n // 4}" for n in range(80)]
    truth = np.array([n // 4 % 2 == 0 for n in range(80)])
    nothing = discrimination(truth, chance.random(80), patients, draws=200)
    assert nothing.patients == 20
    assert nothing.auroc.low <= 0.5 <= nothing.auroc.high
    assert not nothing.is_evidence
    assert nothing.in_words().startswith("No evidence: AUROC")
    good = discrimination(truth, truth + chance.normal(0, 0.4, 80), patients, draws=200)
    assert good.is_evidence
    assert good.auroc.low <= good.auroc.value <= good.auroc.high
    assert "of 20 patients" in good.in_words()


def test_perfect_figures_hang_on_the_patients_of_the_rarer_side() -> None:
    truth = np.arange(40) < 12
    made = discrimination(truth, truth.astype(np.float64), [f"p{n}" for n in range(40)], draws=100)
    assert made.auroc.value == made.sensitivity.value == 1.0
    assert made.sensitivity.low == pytest.approx(0.7575, abs=5e-4)  # 12 of 12
    assert made.auroc.low == pytest.approx(0.7575, abs=5e-4)
    assert made.in_words().startswith("AUROC 1.000 (0.758 to 1.000), by 12 positive and 28 negative")


def test_one_patient_has_no_width() -> None:
    truth = np.array([True, False, True, False])
    alone = discrimination(truth, np.array([0.9, 0.1, 0.7, 0.6]), ["p"] * 4, draws=50)
    assert not alone.is_evidence
    assert (
        alone.in_words() == "No evidence: AUROC 1.000, but all 2 positive and 2 negative are of one patient."
    )
    assert alone.auroc.low == alone.auroc.high == alone.auroc.value == 1
