"""What a model is worth on labelled pictures: how well it tells apart, how far it can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import discrimination as d
from ml.evaluate.calibration import best_temperature, expected_calibration_error
from ml.evaluate.classification import Interval, interval
from ml.evaluate.curves import curves
from ml.train import figures
from ml.train.study_recipe import Task

Floats = NDArray[np.float32]
_LEAST = 1e-7
_FEWEST = 10  # patients below which figures of whole patients are not told


@dataclass(frozen=True, eq=False)
class Answered:
    """Probabilities and labels, (n, classes) both, and whose each picture is."""

    probabilities: Floats
    labels: Floats
    patients: tuple[str, ...]


def evaluation(
    task: Task, said: Answered, thresholds: Sequence[float] = (), draws: int = 1000
) -> dict[str, Any]:
    """Everything of evaluation.json, ready for JSON; 95 % intervals are bootstrapped over whole patients.

    `thresholds` are the card's, of classes that stand on their own; empty: 0.5.
    """
    independent = task.output == "sigmoid"
    told = {
        "figures": figures.report(task, said.probabilities, said.labels, said.patients, draws),
        "calibration": calibration(task, said, draws),
        "curves": curves(task.classes, said.probabilities, said.labels, independent=independent),
    }
    if independent and thresholds:
        told["at_thresholds"] = _at_thresholds(task, said, thresholds, draws)
    whole = _by_patient(said)
    if whole is not None:
        told["patients"] = figures.report(task, whole.probabilities, whole.labels, whole.patients, draws)
    return told


def calibration(task: Task, said: Answered, draws: int = 1000) -> dict[str, Any]:
    """How far probabilities come true: error and Brier score with intervals, and the temperature that lacks.

    The error is the expected calibration error (Guo et al. 2017) of the likeliest class; of classes that
    stand on their own the mean of theirs. The Brier score is the mean squared distance to the labels, summed
    over classes. A temperature above 1: the model is too sure of itself here.
    """
    found, labels = said.probabilities, said.labels
    independent = task.output == "sigmoid"

    def error(rows: NDArray[np.intp]) -> float:
        if not independent:
            return expected_calibration_error(found[rows], labels[rows].argmax(axis=1))
        return float(np.mean([_own_error(found[rows, c], labels[rows, c]) for c in range(found.shape[1])]))

    def brier(rows: NDArray[np.intp]) -> float:
        return float(((found[rows] - labels[rows]) ** 2).sum(axis=1).mean())

    wide = found.astype(np.float64).clip(_LEAST, 1 - _LEAST)
    logits = np.log(wide / (1 - wide)) if independent else np.log(wide)
    return {
        "error": _rounded(interval(error, said.patients, draws)),
        "brier": _rounded(interval(brier, said.patients, draws)),
        "temperature": best_temperature(logits, labels, independent=independent),
    }


def _own_error(scores: Floats, labels: Floats, bins: int = 10) -> float:
    """The calibration error of one class: gaps between what was said and how often it was so."""
    place = np.minimum((scores * bins).astype(np.intp), bins - 1)
    gaps = [
        abs(float(scores[place == b].mean()) - float(labels[place == b].mean())) * float((place == b).mean())
        for b in np.unique(place)
    ]
    return float(sum(gaps))


def _at_thresholds(task: Task, said: Answered, thresholds: Sequence[float], draws: int) -> dict[str, Any]:
    """At the card's thresholds: share of positives found, of negatives left alone, and F1 of each class."""
    told = {}
    for c, (name, bound) in enumerate(zip(task.classes, thresholds, strict=True)):
        truth, called = said.labels[:, c] > 0.5, said.probabilities[:, c] >= bound
        names = np.asarray(said.patients)
        held, free = len(set(names[truth])), len(set(names[~truth]))

        def share(rows: NDArray[np.intp], side: bool, t: Any = truth, f: Any = called) -> float:
            own = t[rows] == side
            return float((f[rows][own] == side).mean()) if own.any() else 0.0

        def f1(rows: NDArray[np.intp], t: Any = truth, f: Any = called) -> float:
            return d.f1(t[rows], f[rows])

        told[name] = {
            "threshold": round(float(bound), 4),
            "sensitivity": _rounded(
                interval(lambda rows: share(rows, True), said.patients, draws, judged=held)
            ),
            "specificity": _rounded(
                interval(lambda rows: share(rows, False), said.patients, draws, judged=free)
            ),
            "f1": _rounded(interval(f1, said.patients, draws, judged=held)),
        }
    return told


def _by_patient(said: Answered) -> Answered | None:
    """The mean answer for each patient; None where a patient has several labels, or there are but few."""
    names, first, owners = np.unique(np.array(said.patients), return_index=True, return_inverse=True)
    labels = said.labels[first]
    if len(names) < _FEWEST or len(names) == len(owners) or not (labels[owners] == said.labels).all():
        return None
    sums = np.zeros((len(names), said.probabilities.shape[1]))
    np.add.at(sums, owners, said.probabilities)
    means = (sums / np.bincount(owners)[:, None]).astype(np.float32)
    return Answered(means, labels, tuple(map(str, names)))


def _rounded(made: Interval) -> dict[str, float]:
    return {key: round(value, 4) for key, value in asdict(made).items()}
