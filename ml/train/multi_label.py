"""Figures of labels that stand on their own, each called present from its own threshold on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import discrimination as d
from ml.evaluate.calibration import best_threshold
from ml.evaluate.classification import interval
from ml.evaluate.log_loss import weighted_log_loss
from ml.train.study_recipe import Task

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Answers:
    """What was said of one side: (n, classes) both, and whose each row is."""

    probabilities: Floats
    labels: Floats
    groups: tuple[str, ...]


def thresholds_of(probabilities: Floats, labels: Floats) -> tuple[float, ...]:
    """For each class the probability from which on F1 is highest, (n, classes) both; never 0."""
    several = range(labels.shape[1])
    found = (best_threshold(probabilities[:, c], labels[:, c] > 0.5) for c in several)
    return tuple(round(min(max(value, 1e-4), 1.0), 4) for value in found)


def tuned_figures(
    task: Task, folds: Sequence[tuple[Answers, Answers]], draws: int = 1000
) -> dict[str, object]:
    """F1 of every class, macro and micro, and the weighted log loss, with 95 % intervals over patients.

    `folds` are pairs: the side to choose on, which gives the thresholds, and the side reported on, which has
    no say in them. A label is present from its threshold on, the threshold itself included.
    """
    tuned = [thresholds_of(choose.probabilities, choose.labels) for choose, _ in folds]
    found = np.concatenate(
        [report.probabilities >= np.array(t) for (_, report), t in zip(folds, tuned, strict=True)]
    )
    probabilities = np.concatenate([report.probabilities for _, report in folds])
    truth = np.concatenate([report.labels > 0.5 for _, report in folds])
    groups = [group for _, report in folds for group in report.groups]

    def over(figure: Callable[[NDArray[np.intp]], float]) -> dict[str, float]:
        return {key: round(value, 4) for key, value in asdict(interval(figure, groups, draws)).items()}

    facts: dict[str, object] = {
        "macro_f1": over(lambda rows: d.macro_f1(truth[rows], found[rows])),
        "micro_f1": over(lambda rows: d.micro_f1(truth[rows], found[rows])),
        "f1": {
            name: over(lambda rows, c=c: d.f1(truth[rows, c], found[rows, c]))  # type: ignore[misc]
            for c, name in enumerate(task.classes)
        },
        "thresholds": [dict(zip(task.classes, values, strict=True)) for values in tuned],
    }
    if task.weights:
        loss = over(lambda rows: weighted_log_loss(probabilities[rows], truth[rows], task.weights))
        share = np.broadcast_to(truth.mean(axis=0), truth.shape)
        nothing = weighted_log_loss(share, truth, task.weights)
        facts |= {"log_loss": loss, "log_loss_of_the_shares": round(nothing, 4)}  # of knowing only how often
    return facts
