"""The numbers of a report as its files hold them: read back only where a file is as it was signed."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from ml.record.verify import Verification
from ml.results.ct_scores import CtScores
from ml.results.scores import Scores

Floats = NDArray[np.float32]


def slide_scores(checked: Verification, like: Scores) -> Floats | None:
    """Of `results.csv`, on the grid of `like`; None where the file is not there or not as it was."""
    path = _sound(checked, "results.csv")
    if path is None:
        return None
    rows = _probabilities(path, ("minx", "miny"))
    values = np.full_like(like.values, np.nan)
    left_out = len(rows)
    for row, column in np.ndindex(like.values.shape[:2]):
        rect = like.grid.rect(row, column)
        found = rows.get((int(rect.x), int(rect.y)))
        if found is not None:
            values[row, column] = found
            left_out -= 1
    return values if not left_out else None  # another grid: nothing to compare place by place


def ct_scores(checked: Verification, like: CtScores) -> Floats | None:
    """Of `slices.csv`, slice by slice; None as above."""
    path = _sound(checked, "slices.csv")
    if path is None:
        return None
    values = np.full_like(like.values, np.nan)
    for (number,), found in _probabilities(path, ("slice",)).items():
        values[number - 1] = found
    return values


def maps(checked: Verification) -> Floats | None:
    """Of `gradcam.tif`: (rows, columns) of a slide, (maps, rows, columns) of a series; None as above."""
    path = _sound(checked, "gradcam.tif")
    if path is None:
        return None
    found: Floats = np.asarray(tifffile.imread(path), dtype=np.float32)
    return found[None] if checked.said["kind"] == "ct" and found.ndim == 2 else found


def _sound(checked: Verification, name: str) -> Path | None:
    holds = any(i.kind == "file" and i.name == name and i.state == "holds" for i in checked.items)
    return checked.folder / name if holds else None


def _probabilities(path: Path, places: tuple[str, ...]) -> dict[tuple[int, ...], Floats]:
    """The probabilities of each row by its place, whose columns are named."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        head = next(rows)
        where = [head.index(name) for name in places]
        values = [at for at, name in enumerate(head) if name.startswith("prob_")]
        return {
            tuple(int(row[at]) for at in where): np.array([row[at] for at in values], dtype=np.float32)
            for row in rows
        }
