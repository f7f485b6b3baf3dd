"""How well scores tell positives from negatives. Numbers equal scikit-learn's; intervals are by patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluate.classification import Interval, interval

Scores = NDArray[np.floating]
Truth = NDArray[np.bool_]


@dataclass(frozen=True)
class Discrimination:
    """Figures of one class against the rest, each with its interval over patients."""

    auroc: Interval
    auprc: Interval
    f1: Interval
    balanced_accuracy: Interval
    sensitivity: Interval  # at the specificity that was asked for
    specificity: float  # that specificity
    positives: int
    negatives: int
    patients: int

    @property
    def is_evidence(self) -> bool:
        """Whether the AUROC's interval leaves out 0.5: else nothing was shown. One patient has none."""
        return self.auroc.low > 0.5 and self.patients > 1

    def in_words(self) -> str:
        """One sentence for a person."""
        rows = f"{self.positives:,} positive and {self.negatives:,} negative"
        if self.patients == 1:
            return f"No evidence: AUROC {self.auroc.value:.3f}, but all {rows} are of one patient."
        found = f"AUROC {self.auroc.value:.3f} ({self.auroc.low:.3f} to {self.auroc.high:.3f})"
        rows += f" of {self.patients:,} patients"
        if self.auroc.low <= 0.5 <= self.auroc.high:
            return f"No evidence: {found} includes 0.5, a coin's toss, by {rows}."
        return f"{found}, by {rows}."


def auroc(truth: Truth, scores: Scores) -> float:
    """Area under the ROC curve, ties counted half; 0.5 where a class is missing: nothing can be said."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return 0.5
    found, missed = _steps(truth, scores)
    # The area under straight lines from step to step: what is tied with a positive counts half.
    width = np.diff(missed, prepend=0)
    height = found - np.diff(found, prepend=0) / 2
    return float((width * height).sum() / (positives * negatives))


def auprc(truth: Truth, scores: Scores) -> float:
    """Average precision; the share of positives where a class is missing."""
    if not 0 < truth.sum() < len(truth):
        return float(truth.mean()) if len(truth) else 0.0
    found, missed = _steps(truth, scores)
    return float((np.diff(found, prepend=0) * found / (found + missed)).sum() / found[-1])


def f1(truth: Truth, found: Truth) -> float:
    """F1 of the positives; 0 where nothing is positive on either side."""
    hits = int((truth & found).sum())
    whole = int(truth.sum()) + int(found.sum())
    return 2 * hits / whole if whole else 0.0


def macro_f1(truth: Truth, found: Truth) -> float:
    """Mean F1 over labels: (n, labels) both. All-negative predictions score 0."""
    return float(np.mean([f1(truth[:, c], found[:, c]) for c in range(truth.shape[1])]))


def micro_f1(truth: Truth, found: Truth) -> float:
    """F1 over all labels of all rows together."""
    return f1(truth.ravel(), found.ravel())


def balanced(truth: Truth, found: Truth) -> float:
    """Mean of sensitivity and specificity, of those that are defined."""
    shares = [float((found[truth == side] == side).mean()) for side in (True, False) if (truth == side).any()]
    return float(np.mean(shares)) if shares else 0.0


def sensitivity_at(truth: Truth, scores: Scores, specificity: float) -> float:
    """The greatest share of positives found at that specificity; 0 where it is not defined."""
    if not 0 < truth.sum() < len(truth):
        return 0.0
    found, missed = _steps(truth, scores)
    allowed = missed / missed[-1] <= 1 - specificity + 1e-12
    return float(found[allowed].max() / found[-1]) if allowed.any() else 0.0


def _steps(truth: Truth, scores: Scores) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positives and negatives at or above each score that occurs, from the highest down.

    The corners of scikit-learn's ROC curve, without its checks: a bootstrap asks a thousand times.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=np.nan) != 0)  # the last of equal ones
    found: NDArray[np.intp] = np.cumsum(truth[order], dtype=np.intp)[ends]
    return found, ends + 1 - found


def discrimination(
    truth: Truth,
    scores: Scores,
    patients: Sequence[str],
    threshold: float = 0.5,
    specificity: float = 0.9,
    draws: int = 1000,
) -> Discrimination:
    """All figures of (n,) labels and scores, bootstrapped over whole patients (Efron 1979)."""

    names = np.asarray(patients)
    held = len(set(names[truth]))
    fewer = min(held, len(set(names[~truth])))

    def over(figure: Callable[[Truth, Scores], float], judged: int = fewer) -> Interval:
        return interval(lambda rows: figure(truth[rows], scores[rows]), patients, draws, judged=judged)

    return Discrimination(
        auroc=over(auroc),
        auprc=over(auprc),
        f1=over(lambda t, s: f1(t, s >= threshold)),
        balanced_accuracy=over(lambda t, s: balanced(t, s >= threshold)),
        sensitivity=over(lambda t, s: sensitivity_at(t, s, specificity), held),
        specificity=specificity,
        positives=int(truth.sum()),
        negatives=int((~truth).sum()),
        patients=len(set(patients)),
    )
