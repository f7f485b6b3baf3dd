"""Folds of whole patients: each is reported on once, by a network that never saw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.train.pictures import Pictures
from ml.train.study_recipe import Division, Task
from ml.train.table import Row

Rows = NDArray[np.intp]


ALWAYS = -1
"""The fold of rows that are only learned from and whose patient is in no other: all folds learn from them."""


@dataclass(frozen=True, eq=False)
class Fold:
    """Row numbers of three sides: to learn from, to choose (epoch, threshold) on, to report on."""

    number: int
    fit: Rows
    choose: Rows
    report: Rows


def fold_numbers(pictures: Pictures, task: Task, division: Division) -> Rows:
    """The fold of every picture, (n,): whole groups, classes as even as they go (StratifiedGroupKFold).

    Rows that are only learned from are not dealt out: they go where their patient is, or stand in `ALWAYS`.
    Raises `Problem` where there are fewer groups of a class than folds: then nothing can be said of it.
    """
    dealt = np.flatnonzero([not row.only_fit for row in pictures.rows])
    units = _units(pictures, division)
    _require_groups(pictures, task, division, dealt)
    folds = np.full(len(pictures), ALWAYS, dtype=np.intp)
    strata = np.array([pictures.rows[row].label for row in dealt])
    for number, held in enumerate(_parts(strata, units[dealt], division)):
        folds[dealt[held]] = number
    known = dict(zip(units[dealt], folds[dealt], strict=True))
    for row in np.flatnonzero(folds == ALWAYS):
        folds[row] = known.get(units[row], ALWAYS)
    return folds


def _parts(strata: Rows, units: NDArray[np.str_], division: Division) -> list[Rows]:
    """Row numbers of each fold."""
    from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold

    nothing, count, seed = np.zeros(len(strata)), division.folds, division.seed
    if division.by == "row":  # as published: neighbours stand on both sides
        rows = StratifiedKFold(count, shuffle=True, random_state=seed)
        return [held for _, held in rows.split(nothing, strata)]
    if division.by == "slide":  # as published: by chance, without regard to patients and classes
        slides, owners = np.unique(units, return_inverse=True)
        whole = KFold(count, shuffle=True, random_state=seed).split(slides)
        return [np.flatnonzero(np.isin(owners, held)) for _, held in whole]
    grouped = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    return [held for _, held in grouped.split(nothing, strata, groups=units)]


def folds_of(numbers: Rows, division: Division, rows: Sequence[Row] = ()) -> list[Fold]:
    """One division for each fold to run: reported on; the next is chosen on, the rest learned from.

    `rows` tells which may only be learned from: those of a patient who is chosen or reported on are left out.
    """
    only_fit = np.array([row.only_fit for row in rows] or np.zeros(len(numbers)), dtype=np.bool_)
    made = []
    for number in range(division.run or division.folds):
        following = (number + 1) % division.folds
        report, choose = numbers == number, numbers == following
        mine = np.array([row.fold in {None, number} for row in rows] or np.ones(len(numbers)), dtype=np.bool_)
        sides = (~(report | choose) & mine, choose & ~only_fit, report & ~only_fit)
        made.append(Fold(number, *(np.flatnonzero(side) for side in sides)))
    return made


def _units(pictures: Pictures, division: Division) -> NDArray[np.str_]:
    """What is never torn apart, (n,): each picture's patient, site or slide, or its own number."""
    if division.by == "site":
        return np.array([f"{row.source}: {row.site}" for row in pictures.rows])
    if division.by == "slide":
        return np.array([str(row.path) for row in pictures.rows])
    return np.array(pictures.groups if division.by == "group" else list(map(str, range(len(pictures)))))


def _require_groups(pictures: Pictures, task: Task, division: Division, dealt: Rows) -> None:
    groups, labels = _units(pictures, division)[dealt], pictures.labels[dealt]
    what = {"group": "patient", "site": "site", "slide": "slide", "row": "picture"}[division.by]
    for number, name in enumerate(task.classes):
        count = len(np.unique(groups[labels[:, number] > 0]))
        if count < division.folds:
            raise Problem(
                f"“{name}” is there in {count} {what}{'' if count == 1 else 's'} only, "
                f"fewer than the {division.folds} folds.",
                "Gather more, leave the class out, or take fewer folds (at least 3).",
            )
    if len(np.unique(labels, axis=0)) < 2:
        raise Problem("All pictures have the same label.", "Give pictures of the other classes too.")
