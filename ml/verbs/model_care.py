"""`parfocal-ml models delete` and `models threshold`: what the window does with a person's own models."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import ModelProblem, Problem
from ml.zoo import store
from ml.zoo.operating import set_threshold

if TYPE_CHECKING:
    from ml.evaluate.operating import Operating, Thresholds

_FIXED = 7  # columns of answers.csv before those of the classes


def depends_on(name: str) -> tuple[str, ...]:
    """Sentences: models made from this one. Raises `ModelProblem` where it is not installed."""
    _installed(name)
    found = store.descendants(name)
    return tuple(f"“{entry.name}” was made from it, and stays as it is." for entry in found)


def delete(name: str) -> str:
    """Delete an installed model. Raises `ModelProblem`."""
    store.remove(_installed(name))
    return f"Deleted: {name}. Cases that were analyzed with it stay as they are."


def choose_threshold(
    name: str, class_name: str, threshold: float | None, answers: Path | None, missed: float | None
) -> str:
    """Write the threshold of a class into an installed model's card; the sentences say what it means.

    `answers` is what its training left (answers.csv); with it, `missed` (percent of the class at most) may
    stand in place of `threshold`. Raises `Problem`, `ModelProblem`.
    """
    path = _installed(name)
    if (threshold is None) == (missed is None):
        raise Problem("Give either --at or --missing.", "--missing needs --answers, too.")
    meaning: dict[str, object] = {}
    found = None
    if answers is not None:
        asked = _asked(answers, class_name)
        if missed is not None:
            threshold = asked.missing_at_most(missed / 100)
        assert threshold is not None
        found = asked.at(threshold)
        meaning = {"missed": found.missed, "of_positives": found.positives}
        meaning |= {"false_alarms": found.false_alarms, "of_negatives": found.negatives}
    if threshold is None:
        raise Problem("Without answers nobody knows what is missed.", "Give --answers out/answers.csv.")
    set_threshold(path, class_name, threshold, meaning)
    words = f"“{class_name}” of {name} is called from {threshold:.4f} on."
    return words if found is None else f"{words} {_in_words(found)}"


def _in_words(found: Operating) -> str:
    return (
        f"It misses {found.missed} of {found.positives}, and falsely calls {found.false_alarms} of "
        f"{found.negatives}, of pictures whose patients it had not seen."
    )


def _installed(name: str) -> Path:
    entry = next((entry for entry in store.models() if entry.name == name), None)
    if entry is None:
        raise ModelProblem(f"There is no model named “{name}”.", "See `parfocal-ml models list`.")
    if entry.builtin:
        raise ModelProblem(f"“{name}” comes with Parfocal.", "It cannot be changed or deleted.")
    return entry.path


def _asked(answers: Path, class_name: str) -> Thresholds:
    """Labels and probabilities of a class."""
    import numpy as np

    from ml.evaluate.operating import Thresholds

    try:
        with answers.open(encoding="utf-8", newline="") as file:
            head, *rows = list(csv.reader(file))
        column = head.index(class_name, _FIXED)
        label, patient = head.index("label"), head.index("patient")
        held = np.array([class_name in row[label].split(";") for row in rows])
        scores = np.array([float(row[column]) for row in rows])
        patients = [row[patient] for row in rows]
    except (OSError, ValueError, IndexError) as error:
        raise Problem(
            f"{answers.name} holds no answers for “{class_name}”.", "Give the answers.csv of its training."
        ) from error
    return Thresholds(held, scores, patients)
