"""Folds of whole patients: each is reported on once, by a network that never saw it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.train.pictures import Pictures
from ml.train.study_recipe import Division, Task

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Fold:
    """Row numbers of three sides: to learn from, to choose (epoch, threshold) on, to report on."""

    number: int
    fit: Rows
    choose: Rows
    report: Rows


def fold_numbers(pictures: Pictures, task: Task, division: Division) -> Rows:
    """The fold of every picture, (n,): whole groups, classes as even as they go (StratifiedGroupKFold).

    Raises `Problem` where there are fewer groups of a class than folds: then nothing can be said of it.
    """
    from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold

    strata = np.array([row.label for row in pictures.rows])
    _require_groups(pictures, task, division, strata)
    folds = np.zeros(len(pictures), dtype=np.intp)
    nothing = np.zeros(len(pictures))
    if division.by == "row":  # as published: neighbours stand on both sides
        parts = StratifiedKFold(division.folds, shuffle=True, random_state=division.seed).split(
            nothing, strata
        )
    elif division.by == "slide":  # as published: by chance, without regard to patients and classes
        slides, owners = np.unique(_units(pictures, division), return_inverse=True)
        whole = KFold(division.folds, shuffle=True, random_state=division.seed).split(slides)
        parts = ((left, np.flatnonzero(np.isin(owners, held))) for left, held in whole)
    else:
        grouped = StratifiedGroupKFold(division.folds, shuffle=True, random_state=division.seed)
        parts = grouped.split(nothing, strata, groups=_units(pictures, division))
    for number, (_, held) in enumerate(parts):
        folds[held] = number
    return folds


def folds_of(numbers: Rows, division: Division) -> list[Fold]:
    """One division for each fold to run: reported on; the next is chosen on, the rest learned from."""
    made = []
    for number in range(division.run or division.folds):
        following = (number + 1) % division.folds
        report, choose = numbers == number, numbers == following
        sides = (~(report | choose), choose, report)
        made.append(Fold(number, *(np.flatnonzero(side) for side in sides)))
    return made


def _units(pictures: Pictures, division: Division) -> NDArray[np.str_]:
    """What is never torn apart, (n,): each picture's patient, site or slide, or its own number."""
    if division.by == "site":
        return np.array([f"{row.source}: {row.site}" for row in pictures.rows])
    if division.by == "slide":
        return np.array([str(row.path) for row in pictures.rows])
    return np.array(pictures.groups if division.by == "group" else list(map(str, range(len(pictures)))))


def _require_groups(pictures: Pictures, task: Task, division: Division, strata: Rows) -> None:
    groups = _units(pictures, division)
    what = {"group": "patients", "site": "sites", "slide": "slides", "row": "pictures"}[division.by]
    for number, name in enumerate(task.classes):
        holds = pictures.labels[:, number] > 0
        count = len(np.unique(groups[holds]))
        if count < division.folds:
            raise Problem(
                f"“{name}” is there in {count} {what} only, fewer than the {division.folds} folds.",
                "Gather more, leave the class out, or take fewer folds (at least 3).",
            )
    if len(np.unique(strata)) < 2:
        raise Problem("All pictures have the same label.", "Give pictures of the other classes too.")
