"""The answers of a training as arrays, and what `ml.evaluate` makes of them. No window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluate.calibration import ReliabilityBin, reliability
from ml.evaluate.classification import balanced_accuracy
from ml.evaluate.discrimination import auroc
from ml.evaluate.operating import Operating, Thresholds
from ml.evaluate.paired import Difference, difference
from ml.evaluate.suspects import label_suspects
from ml.report.words import SPACE, count
from viewer.wizard.answers import Answer
from viewer.wizard.cases import parts_of

_FEWEST = 2  # patients below which two ways are not compared


@dataclass(frozen=True, eq=False)
class Judged:
    """Row n of everything belongs to answer n."""

    answers: tuple[Answer, ...]
    classes: tuple[str, ...]
    probabilities: NDArray[np.float64]  # (n, classes)
    labels: NDArray[np.bool_]  # (n, classes)
    patients: tuple[str, ...]
    several: bool  # several classes may hold of one picture

    @property
    def slides(self) -> int:
        """How many slides the answers are patches of; 0 for whole pictures."""
        return len({one.path for one in self.answers if one.place is not None})

    def suspects(self) -> tuple[Answer, ...]:
        """Pictures whose label is likely wrong, the likeliest first."""
        rows = label_suspects(self.probabilities, self.labels, independent=self.several)
        return tuple(self.answers[row] for row in rows)

    def reliability(self, name: str = "") -> tuple[ReliabilityBin, ...]:
        """Of one class; without a name of the likeliest class: how sure it was, and how often right."""
        if name:
            place = self.classes.index(name)
            return reliability(self.probabilities[:, place], self.labels[:, place])
        said = self.probabilities.argmax(axis=1)
        right = self.labels[np.arange(len(said)), said]
        return reliability(self.probabilities.max(axis=1), right)

    def thresholds(self, name: str) -> Thresholds:
        """One class against all others."""
        place = self.classes.index(name)
        return Thresholds(self.labels[:, place], self.probabilities[:, place], self.patients)


def judged(answers: tuple[Answer, ...], *, several: bool) -> Judged | None:
    """None where nothing was answered."""
    if not answers or not answers[0].probabilities:
        return None
    classes = tuple(answers[0].probabilities)
    held = [{one.label} if one.label in classes else set(parts_of(one.label)) for one in answers]
    return Judged(
        answers,
        classes,
        np.array([[one.probabilities[name] for name in classes] for one in answers]),
        np.array([[name in labels for name in classes] for labels in held]),
        tuple(one.patient for one in answers),
        several,
    )


def compared(this: Judged, other: Judged, draws: int = 1000) -> Difference | None:
    """This model beside another, on the pictures that both had not seen; None where there are too few.

    The labels are this one's. Of one class a picture: right answers, each class counted alike; of several
    the mean AUROC.
    """
    if set(this.classes) != set(other.classes) or this.several != other.several:
        return None
    theirs = {one.key: row for row, one in enumerate(other.answers)}
    pairs = [(row, theirs[one.key]) for row, one in enumerate(this.answers) if one.key in theirs]
    if len({this.patients[row] for row, _ in pairs}) < _FEWEST:
        return None
    rows, others = (np.array(side) for side in zip(*pairs, strict=True))
    order = [other.classes.index(name) for name in this.classes]
    truth, own = this.labels[rows], this.probabilities[rows]
    foreign = other.probabilities[others][:, order]
    patients = [this.patients[row] for row in rows]
    if this.several:
        return difference(_mean_auroc, truth, foreign, own, patients, draws=draws)
    right, theirs_said, own_said = (side.argmax(axis=1) for side in (truth, foreign, own))
    return difference(balanced_accuracy, right, theirs_said, own_said, patients, draws=draws)


def difference_in_words(found: Difference, other: str, *, several: bool) -> str:
    """What the comparison allows to say, and no more. `other`: how the other model is called."""
    one, own = (f"{100 * value:.0f}" for value in (found.one.value, found.other.value))
    gain = [
        f"{100 * value:+.0f}".replace("-", "−")
        for value in (found.gain.value, found.gain.low, found.gain.high)
    ]
    what = "how well classes are told apart, 100 always and 50 as by a coin's toss (AUROC times 100)"
    what = what if several else "right answers of 100, each class counted alike"
    figures = f"{what}: {own} against {one}, a difference of {gain[0]} ({gain[1]} to {gain[2]})"
    verdict = {
        "better": f"Better than {other}",
        "worse": f"Worse than {other}",
        "not told apart": f"Not told apart from {other}: the difference is no more than chance gives",
    }[found.verdict]
    patients = f"{count(found.patients, 'patient')} that both had not seen"
    return f"{verdict}. {figures[0].upper()}{figures[1:]}; {patients}."


def threshold_in_words(found: Operating, name: str, slides: int) -> str:
    """What a threshold means: what is missed, and how often it calls what is not there."""
    words = []
    if found.missed_share is not None:
        missed = _of_100(found.missed_share.value, found.missed_share.low, found.missed_share.high)
        words.append(f"Misses {missed[0]} of 100 “{name}” ({missed[1]} to {missed[2]}).")
    if found.alarm_share is not None:
        alarms = _of_100(found.alarm_share.value, found.alarm_share.low, found.alarm_share.high)
        kind = "patches" if slides else "pictures"
        words.append(
            f"{alarms[0]} false alarms per 100 {kind} that are not “{name}” ({alarms[1]} to {alarms[2]})."
        )
    if slides:
        words.append(f"That is {found.false_alarms / slides:.1f}{SPACE}patches per slide called wrongly.")
    return " ".join(words)


def meaning_of(found: Operating, slides: int) -> Mapping[str, object]:
    """The same for the card: figures of patients that the networks had not seen."""
    told: dict[str, object] = {"missed": found.missed, "of_positives": found.positives}
    told |= {"false_alarms": found.false_alarms, "of_negatives": found.negatives}
    return told | ({"slides": slides} if slides else {})


def _mean_auroc(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    return float(np.mean([auroc(truth[:, c], scores[:, c]) for c in range(truth.shape[1])]))


def _of_100(*shares: float) -> list[str]:
    return [f"{100 * share:.0f}" for share in shares]
