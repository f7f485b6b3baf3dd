"""What every picture was answered by the network that had not seen its patient. No window."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ANSWERS_FILE = "answers.csv"
_FIXED = 7  # columns before those of the classes


@dataclass(frozen=True)
class Answer:
    """One picture, or a patch of a slide."""

    path: Path
    place: tuple[float, float, float, float] | None  # on a slide: x, y, width, height, level-0 px
    label: str
    patient: str
    probabilities: Mapping[str, float]

    @property
    def key(self) -> tuple[str, tuple[float, float, float, float] | None]:
        """What tells it from all others."""
        return str(self.path), self.place

    @property
    def said(self) -> str:
        """The likeliest class; empty where it was not asked."""
        return max(self.probabilities, key=self.probabilities.__getitem__, default="")

    @property
    def sure(self) -> float:
        """The probability of that class."""
        return self.probabilities.get(self.said, 0.0)

    @property
    def is_wrong(self) -> bool:
        """Whether another class is likelier than the label, where there is one label only."""
        return self.said != self.label


def read_answers(folder: Path) -> tuple[Answer, ...]:
    """Those of a training; none where its table is not there or is another one's."""
    try:
        with (folder / ANSWERS_FILE).open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file))
        head, rows = lines[0], lines[1:]
        return tuple(_answer(head[_FIXED:], row) for row in rows)
    except (OSError, ValueError, IndexError):
        return ()


def in_cell(answers: tuple[Answer, ...], label: str, said: str) -> tuple[Answer, ...]:
    """Pictures of one label that were called another (or the same) class, the surest first."""
    found = [one for one in answers if one.label == label and one.said == said]
    return tuple(sorted(found, key=lambda one: -one.sure))


def worst(answers: tuple[Answer, ...], most: int = 24) -> tuple[Answer, ...]:
    """The errors that it was surest of: either it is far off, or the label is."""
    wrong = [one for one in answers if one.is_wrong]
    return tuple(sorted(wrong, key=lambda one: -one.sure)[:most])


@dataclass(frozen=True)
class MapPoint:
    """A picture on the map: near means alike to the model."""

    answer: Answer  # without probabilities where it was not tested
    x: float
    y: float


def read_map(path: Path, answers: tuple[Answer, ...]) -> tuple[MapPoint, ...]:
    """What `parfocal-ml review` has drawn, with what each picture was answered; none without a map."""
    known = {one.key: one for one in answers}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        points = []
        for row in rows:
            bare = _answer([], row[:_FIXED])
            points.append(MapPoint(known.get(bare.key, bare), float(row[_FIXED]), float(row[_FIXED + 1])))
        return tuple(points)
    except (OSError, ValueError, IndexError):
        return ()


def _answer(classes: list[str], row: list[str]) -> Answer:
    x, y, width, height = row[1:5]
    place = (float(x), float(y), float(width), float(height)) if x else None
    values = dict(zip(classes, map(float, row[_FIXED:]), strict=True))
    return Answer(Path(row[0]), place, row[5], row[6].partition(": ")[2] or row[6], values)
