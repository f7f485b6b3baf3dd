"""Labels made up by spreading, kept apart from those of people, fold by fold.

A label that was spread from a picture knows that picture's label. So each fold spreads from what it learns
from and from nothing else, and the table says in which fold a label may be used.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.train.embed import Features
from ml.train.folds import Fold
from ml.train.spread import UNLABELLED, Spreading, spread_labels
from ml.train.table import GIVEN, Row

ORIGIN = "spread"
"""What the column `origin` says of such a label; what people gave is "given"."""

COLUMNS = ("file", "label", "patient", "origin", "fold", "confidence")
"""Of the table; in a recipe's source: group = "patient", origin = "origin", fold = "fold"."""


@dataclass(frozen=True)
class Pseudo:
    """One label for one unlabelled picture in one fold."""

    picture: int  # number among the unlabelled ones
    class_index: int
    fold: int
    confidence: float  # 0..1


def spread_by_fold(
    given: Features, rows: Sequence[Row], folds: Sequence[Fold], unlabelled: Features, how: Spreading
) -> tuple[Pseudo, ...]:
    """New labels for (m, features) unlabelled pictures, by fold.

    `given` is (n, features), of `rows`. In the graph of a fold stand the unlabelled pictures and, of the
    others, those that it learns from with a label that people gave. Raises `Problem` as `spread_labels`.
    """
    found = []
    for fold in folds:
        own = np.array([row for row in fold.fit if rows[row].origin == GIVEN], dtype=np.intp)
        known = np.array([rows[row].label for row in own], dtype=np.intp)
        labels = np.concatenate([known, np.full(len(unlabelled), UNLABELLED, dtype=np.intp)])
        spread = spread_labels(np.concatenate([given[own], unlabelled]), labels, how)
        new: NDArray[np.intp] = np.flatnonzero(spread.is_new)
        found += [
            Pseudo(int(n) - len(own), int(spread.labels[n]), fold.number, float(spread.confidence[n]))
            for n in new
        ]
    return tuple(found)


def write_pseudo_labels(
    table: Path, labels: Sequence[Pseudo], pictures: Sequence[tuple[str, str]], classes: Sequence[str]
) -> None:
    """A table that a source with `origin` and `fold` reads; `pictures` are (file, patient) as numbered."""
    with table.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(COLUMNS)
        for one in labels:
            name, patient = pictures[one.picture]
            said = f"{one.confidence:.4f}"
            lines.writerow([name, classes[one.class_index], patient, ORIGIN, one.fold, said])
