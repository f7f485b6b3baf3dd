"""What a network says of a few pictures after each epoch: always the same ones, none that it learns from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ml.train.study_recipe import Task
from ml.train.table import Row, label_in_words

_MOST = 8


@dataclass(frozen=True)
class Said:
    """One picture: its file, its place on a slide (x, y, width, height in level-0 px), and the answer."""

    file: str
    place: tuple[float, float, float, float] | None
    label: str
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]
    looked: str = ""  # PNG: where the network looked (Grad-CAM); empty: not drawn this time


@dataclass(frozen=True)
class EpochExamples:
    """The answers of one epoch of one fold."""

    fold: int
    epoch: int
    pictures: tuple[Said, ...]
    event: ClassVar[str] = "examples"


class Examples:
    """Chosen once, evenly over the labels of a side; `rows` are those of that side, in the feed's order."""

    def __init__(self, rows: Sequence[Row], task: Task) -> None:
        self._task = task
        self._rows = tuple(rows)
        by_label: dict[str, list[int]] = {}
        for number, row in enumerate(rows):
            by_label.setdefault(label_in_words(row, task), []).append(number)
        each = max(1, _MOST // max(len(by_label), 1))
        places = (
            own[place]
            for own in by_label.values()
            for place in np.unique(np.linspace(0, len(own) - 1, min(each, len(own))).round().astype(int))
        )
        self._places = tuple(map(int, places))[:_MOST]
        self._look: Callable[[int], tuple[str, ...]] = lambda _: ()

    @property
    def places(self) -> tuple[int, ...]:
        """Which rows of the side they are."""
        return self._places

    def look_with(self, look: Callable[[int], tuple[str, ...]]) -> None:
        """Have this draw where the network looks, after an epoch: a file for each place, or none at all."""
        self._look = look

    def told(self, fold: int, epoch: int, probabilities: NDArray[np.float32]) -> EpochExamples:
        """The part to tell, of all answers of the side, (n, classes)."""
        files = self._look(epoch) or ("",) * len(self._places)
        said = (self._said(*one, probabilities) for one in zip(self._places, files, strict=True))
        return EpochExamples(fold, epoch, tuple(said))

    def _said(self, place: int, looked: str, probabilities: NDArray[np.float32]) -> Said:
        row = self._rows[place]
        rect = row.rect
        where = None if rect is None else (rect.x, rect.y, rect.width, rect.height)
        values = tuple(round(float(value), 4) for value in probabilities[place])
        return Said(str(row.path), where, label_in_words(row, self._task), self._task.classes, values, looked)
