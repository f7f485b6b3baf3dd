"""What each picture was answered, by the network that had not seen its patient: `answers.csv`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.report.atomic import whole_file
from ml.train.pictures import Pictures
from ml.train.study_recipe import Task
from ml.train.table import Row, label_in_words

ANSWERS_FILE = "answers.csv"


def write_picture_answers(
    pictures: Pictures, rows: Sequence[int], found: NDArray[np.float32], task: Task, folder: Path
) -> None:
    """A line a picture: file, place on a slide (x, y, width, height in level-0 px), label, patient, classes.

    `found` are probabilities, (n, classes), of the pictures of these row numbers. Raises `Problem`.
    """
    head = ["file", "x", "y", "width", "height", "label", "patient", *task.classes]
    with (
        whole_file(folder / ANSWERS_FILE) as part,
        part.open("w", encoding="utf-8", newline="") as file,
    ):
        table = csv.writer(file)
        table.writerow(head)
        for number, values in zip(rows, found, strict=True):
            row = pictures.rows[number]
            said = [f"{float(value):.5f}" for value in values]
            table.writerow([str(row.path), *place_of(row), label_in_words(row, task), row.group, *said])


def place_of(row: Row) -> list[str]:
    """Where a patch lies on its slide: x, y, width and height in level-0 px; empty for whole pictures."""
    rect = row.rect
    return [""] * 4 if rect is None else [f"{v:g}" for v in (rect.x, rect.y, rect.width, rect.height)]
