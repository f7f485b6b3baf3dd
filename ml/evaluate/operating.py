"""What a threshold means for patients: what is missed, and what is called that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluate.classification import Interval, bounded

_MOST = 200  # points of a curve; more cannot be told apart


@dataclass(frozen=True)
class Operating:
    """One class against all others at one threshold. Shares are 0..1, with 95 % intervals over patients."""

    threshold: float
    positives: int
    negatives: int
    missed: int  # positives below it
    false_alarms: int  # negatives not below it
    missed_share: Interval | None  # None: there are no positives
    alarm_share: Interval | None  # None: there are no negatives


class Thresholds:
    """Labels and scores of one class, ready for being asked again and again while somebody drags."""

    def __init__(
        self,
        truth: NDArray[np.bool_],
        scores: NDArray[np.floating],
        patients: Sequence[str],
        draws: int = 1000,
        seed: int = 0,
    ) -> None:
        self._truth, self._scores = truth, scores.astype(np.float64)
        known = {name: number for number, name in enumerate(dict.fromkeys(patients))}
        self._owners = np.array([known[name] for name in patients], dtype=np.intp)
        self._patients = len(known)
        chance = np.random.default_rng(seed)  # the draws of `ml.evaluate.classification.drawn_groups`
        drawn = [chance.integers(len(known), size=len(known)) for _ in range(draws if known else 0)]
        weights = [np.bincount(one, minlength=len(known)) for one in drawn]
        self._weights = np.array(weights, dtype=np.float64).reshape(-1, len(known))

    def at(self, threshold: float) -> Operating:
        """At one threshold: a score that equals it is called."""
        called = self._scores >= threshold
        missed, alarms = self._truth & ~called, ~self._truth & called
        return Operating(
            threshold,
            int(self._truth.sum()),
            int((~self._truth).sum()),
            int(missed.sum()),
            int(alarms.sum()),
            self._share(missed, self._truth),
            self._share(alarms, ~self._truth),
        )

    def curve(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Thresholds from 0 to 1, and the shares missed and falsely called at each; NaN where undefined."""
        cuts = np.unique(np.concatenate([[0.0, 1.0], self._scores]))
        if len(cuts) > _MOST:
            cuts = np.quantile(cuts, np.linspace(0, 1, _MOST))
        positive = np.sort(self._scores[self._truth])
        negative = np.sort(self._scores[~self._truth])
        with np.errstate(invalid="ignore"):
            missed = np.searchsorted(positive, cuts, side="left") / np.float64(len(positive))
            alarms = 1 - np.searchsorted(negative, cuts, side="left") / np.float64(len(negative))
        return cuts, missed, alarms

    def missing_at_most(self, share: float) -> float:
        """The highest threshold at which at most this share of positives is missed; 0 without positives."""
        positive = np.sort(self._scores[self._truth])
        if not len(positive):
            return 0.0
        return float(positive[min(int(share * len(positive) + 1e-9), len(positive) - 1)])

    def _share(self, held: NDArray[np.bool_], among: NDArray[np.bool_]) -> Interval | None:
        """Draws that hold none of `among` say nothing and are left out."""
        if not among.any():
            return None
        counts, wholes = (
            np.bincount(self._owners, weights=side.astype(np.float64), minlength=self._patients)
            for side in (held, among)
        )
        drawn = self._weights @ wholes
        usable = drawn > 0
        value = float(held.sum() / among.sum())
        if not usable.any():
            return Interval(value, value, value)
        low, high = np.percentile((self._weights @ counts)[usable] / drawn[usable], [2.5, 97.5])
        return bounded(value, float(low), float(high), int((wholes > 0).sum()))
