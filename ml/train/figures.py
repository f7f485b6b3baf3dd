"""What a network's answers on one side come to: the figures that choose an epoch and that are reported."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.evaluate import discrimination as d
from ml.evaluate.calibration import expected_calibration_error
from ml.evaluate.classification import Interval, confusion, interval
from ml.train.study_recipe import Task

Floats = NDArray[np.float32]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class EpochFigures:
    """One epoch of one fold; the four figures are of the side to choose on."""

    fold: int
    epoch: int
    fit_loss: float
    loss: float
    auroc: float  # mean over classes, each against the rest
    balanced_accuracy: float
    macro_f1: float
    seconds: float
    calibration_error: float = math.nan  # how far probabilities are from what comes true; of old runs unknown
    event: ClassVar[str] = "epoch"

    def in_words(self) -> str:
        """One line for a person."""
        return (
            f"Fold {self.fold + 1}, epoch {self.epoch}: loss {self.loss:.4f} (learning {self.fit_loss:.4f}), "
            f"AUROC {self.auroc:.4f}, balanced accuracy {self.balanced_accuracy:.1%}, {self.seconds:.0f} s"
        )


def quick(task: Task, probabilities: Floats, labels: Floats) -> dict[str, float]:
    """The figures of one epoch, without intervals: (n, classes) both."""
    positive = labels > 0.5
    found = _found(task, probabilities)
    several = range(len(task.classes))
    return {
        "auroc": float(np.mean([d.auroc(positive[:, c], probabilities[:, c]) for c in several])),
        "balanced_accuracy": _balanced(task, positive, found),
        "macro_f1": d.macro_f1(positive, found),
        "calibration_error": _calibration(task, probabilities, positive),
    }


def _calibration(task: Task, probabilities: Floats, positive: NDArray[np.bool_]) -> float:
    """The expected calibration error; of classes that stand on their own their mean."""
    if task.output == "softmax":
        return expected_calibration_error(probabilities, positive.argmax(axis=1))
    each = zip(probabilities.T, positive.T.astype(np.intp), strict=True)
    errors = [expected_calibration_error(np.stack([1 - p, p], axis=1), truth) for p, truth in each]
    return float(np.mean(errors))


def report(
    task: Task, probabilities: Floats, labels: Floats, groups: Sequence[str], draws: int = 1000
) -> dict[str, object]:
    """Everything for the card, with 95 % intervals over patients. Ready for JSON."""
    positive = labels > 0.5
    found = _found(task, probabilities)
    facts = brief(task, probabilities, labels, groups, draws) | {
        "classes": {
            name: _of_class(positive[:, c], probabilities[:, c], found[:, c], groups, draws)
            for c, name in enumerate(task.classes)
        },
    }
    if task.output == "softmax":
        truth, said = labels.argmax(axis=1), probabilities.argmax(axis=1)
        facts["confusion"] = confusion(truth, said, len(task.classes)).tolist()
        facts["calibration_error"] = round(expected_calibration_error(probabilities, truth), 4)
    return facts


def brief(
    task: Task, probabilities: Floats, labels: Floats, groups: Sequence[str], draws: int = 1000
) -> dict[str, object]:
    """The figures over all classes, with 95 % intervals over patients: of one fold, for one."""
    positive = labels > 0.5
    found = _found(task, probabilities)

    def over(figure: Callable[[Rows], float]) -> dict[str, float]:
        return _rounded(interval(figure, groups, draws))

    return {
        "pictures": len(labels),
        "patients": len(set(groups)),
        "accuracy": over(lambda rows: float((found[rows] == positive[rows]).all(axis=1).mean())),
        "balanced_accuracy": over(lambda rows: _balanced(task, positive[rows], found[rows])),
        "macro_f1": over(lambda rows: d.macro_f1(positive[rows], found[rows])),
    }


def _of_class(
    positive: NDArray[np.bool_], scores: Floats, found: NDArray[np.bool_], groups: Sequence[str], draws: int
) -> dict[str, object]:
    made = d.discrimination(positive, scores, groups, draws=draws)
    facts: dict[str, object] = {
        key: _rounded(getattr(made, key)) for key in ("auroc", "auprc", "sensitivity")
    }
    return facts | {
        "at_specificity": made.specificity,
        "f1": round(d.f1(positive, found), 4),
        "positives": made.positives,
        "in_words": made.in_words(),
    }


def _found(task: Task, probabilities: Floats) -> NDArray[np.bool_]:
    if task.output == "sigmoid":
        return probabilities >= 0.5
    likeliest: NDArray[np.bool_] = probabilities == probabilities.max(axis=1, keepdims=True)
    return likeliest


def _balanced(task: Task, positive: NDArray[np.bool_], found: NDArray[np.bool_]) -> float:
    """Softmax: mean recall of the classes that occur. Sigmoid: mean balanced accuracy of the labels."""
    several = range(len(task.classes))
    if task.output == "sigmoid":
        return float(np.mean([d.balanced(positive[:, c], found[:, c]) for c in several]))
    shares = [float(found[positive[:, c], c].mean()) for c in several if positive[:, c].any()]
    return float(np.mean(shares)) if shares else 0.0


def _rounded(made: Interval) -> dict[str, float]:
    return {key: round(value, 4) for key, value in asdict(made).items()}
