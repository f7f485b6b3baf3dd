"""How a simple rule grows better with patients, and what more of them would bring: before any training."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.evaluate.learning_curve import PAPER, LearningCurve, fitted
from ml.progress import Progress, Step
from ml.report.atomic import whole_file
from ml.train.simple_model import simple_answers
from ml.train.study_recipe import Task

OUTLOOK_FILE = "outlook.json"

_REPEATS = 10
_SIZES = 6
_TESTED = 1 / 3  # share of the patients that are asked and never learned from
_FEWEST = 4  # patients of the rarest class

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Outlook:
    """The curve of the simple rule: share of pictures answered wrongly, every class counting the same."""

    patients: int
    curve: LearningCurve

    def as_facts(self) -> dict[str, object]:
        """For JSON."""
        return {"patients": self.patients, **asdict(self.curve), "paper": PAPER, "repeats": _REPEATS}


def foresee(
    features: Floats, labels: Floats, groups: tuple[str, ...], task: Task, seed: int, progress: Progress
) -> Outlook:
    """Learn from 6 numbers of patients, ten times each, and ask always others.

    `features` (n, features) are of frozen layers, `labels` (n, classes), `groups` whose each picture is.
    Raises `Problem` where a class has fewer than four patients; `Cancelled`.
    """
    names = np.array(groups)
    owners, kinds = _owners(names, labels)
    rarest = min(np.unique(kinds, return_counts=True)[1])
    if rarest < _FEWEST or len(np.unique(kinds)) < 2:
        raise Problem(
            f"The rarest class has {rarest} patients: too few to foresee what more would bring.",
            f"From {_FEWEST} patients of every class on it can be estimated.",
        )
    chance = np.random.default_rng(seed)
    most = len(owners) - round(len(owners) * _TESTED)
    sizes = _sizes(len(np.unique(kinds)), most)
    errors = np.empty((_REPEATS, len(sizes)))
    for repeat in range(_REPEATS):
        order = _mixed(kinds, chance)  # every beginning of it holds all classes
        asked = np.isin(names, owners[order[most:]])
        for column, size in enumerate(sizes):
            progress.check()
            step = repeat * len(sizes) + column
            progress.step(Step("Learning from fewer patients", step, errors.size))
            known = np.isin(names, owners[order[:size]])
            used = known | asked
            folds = np.where(asked, 0, -1)[used]
            answers = simple_answers(features[used], labels[used], folds, task)
            errors[repeat, column] = balanced_error(answers[folds == 0], labels[asked], task)
    count = len(owners)
    return Outlook(count, fitted(sizes, errors, (count, 2 * count, 4 * count), seed))


def write_outlook(outlook: Outlook, folder: Path) -> Path:
    """As JSON. Raises `Problem` when it cannot."""
    with whole_file(folder / OUTLOOK_FILE) as part:
        part.write_text(json.dumps(outlook.as_facts(), indent=2) + "\n", encoding="utf-8")
    return folder / OUTLOOK_FILE


def balanced_error(answers: Floats, labels: Floats, task: Task) -> float:
    """Share of wrong answers, 0..1, every class that occurs counting the same; of sigmoid each yes and no."""
    if task.output == "softmax":
        said, truth = answers.argmax(axis=1), labels.argmax(axis=1)
        return float(np.mean([(said[truth == one] != one).mean() for one in np.unique(truth)]))
    wrong = (answers >= 0.5) != (labels > 0.5)
    parts = [
        wrong[labels[:, place] > 0.5, place] if held else wrong[labels[:, place] <= 0.5, place]
        for place in range(labels.shape[1])
        for held in (True, False)
    ]
    return float(np.mean([part.mean() for part in parts if len(part)]))


def _owners(names: NDArray[np.str_], labels: Floats) -> tuple[NDArray[np.str_], NDArray[np.intp]]:
    """Each patient, and the rarest of the classes that any of his pictures has (-1: none)."""
    owners = np.unique(names)
    held = np.array([(labels[names == one] > 0.5).any(axis=0) for one in owners])
    order = np.argsort(held.sum(axis=0), kind="stable")
    kinds = np.full(len(owners), -1, dtype=np.intp)
    for place in order[::-1]:
        kinds[held[:, place]] = place
    return owners, kinds


def _sizes(classes: int, most: int) -> list[int]:
    """Numbers of patients to learn from, each some times the one before."""
    least = max(2 * classes, 3)
    if most <= least:
        return [most]
    return sorted(set(np.geomspace(least, most, _SIZES).round().astype(int).tolist()))


def _mixed(kinds: NDArray[np.intp], chance: np.random.Generator) -> NDArray[np.intp]:
    """Patients in an order by chance in which every stretch has the classes in their shares."""
    place = np.empty(len(kinds))
    for kind in np.unique(kinds):
        own = np.flatnonzero(kinds == kind)
        place[chance.permutation(own)] = (np.arange(len(own)) + chance.random()) / len(own)
    return np.argsort(place)
