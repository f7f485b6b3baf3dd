"""From answers slice by slice to findings: runs of neighbouring slices, and boxes in their maps."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Rect
from ml.results.ct_scores import CtScores

_GAP = 1  # slices below the threshold that may lie inside a finding


@dataclass(frozen=True, slots=True)
class CtFinding:
    """A run of slices of one class. `key` is the same whenever the same slices are found for it."""

    key: str
    class_index: int
    first: int  # slice numbers, both inside
    last: int
    peak_slice: int
    peak: float  # highest probability
    mean: float  # of its slices at or above the threshold
    threshold: float

    def __contains__(self, slice_number: int) -> bool:
        return self.first <= slice_number <= self.last


def find_ct(scores: CtScores, thresholds: Sequence[float], series: str) -> tuple[CtFinding, ...]:
    """Findings of all classes, the highest peak first; of equal ones the lower slice, then the class.

    A slice belongs to a finding from the class's threshold on; one slice below it does not part two.
    `series` is the UID that keys are made of. Slices without an answer end a finding.
    """
    found = []
    for class_index, threshold in enumerate(thresholds):
        column = scores.values[:, class_index]
        for first, last in _runs(column >= np.float32(threshold), scores.scored):
            part = column[first : last + 1]
            holding = part[part >= np.float32(threshold)]
            name = f"{series}/{scores.class_names[class_index]}/{first}-{last}"
            found.append(
                CtFinding(
                    key=hashlib.sha256(name.encode()).hexdigest()[:16],
                    class_index=class_index,
                    first=first,
                    last=last,
                    peak_slice=first + int(part.argmax()),
                    peak=float(part.max()),
                    mean=float(holding.mean(dtype=np.float64)),
                    threshold=float(threshold),
                )
            )
    return tuple(sorted(found, key=lambda f: (-f.peak, f.first, f.class_index)))


def _runs(above: NDArray[np.bool_], scored: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last slice of each run, over gaps that were looked at."""
    runs: list[tuple[int, int]] = []
    for number in np.flatnonzero(above):
        between = slice(runs[-1][1] + 1, number) if runs else slice(0, 0)
        if runs and number - runs[-1][1] <= 1 + _GAP and scored[between].all():
            runs[-1] = runs[-1][0], int(number)
        else:
            runs.append((int(number), int(number)))
    return runs


def map_boxes(
    heat: NDArray[np.float32], share: float = 0.5, least: float = 0.1
) -> tuple[tuple[Rect, float], ...]:
    """Boxes around the bright parts of a map over a slice, (rows, columns) ≥ 0: px, and their share of it.

    A part holds what is at least `share` of the map's highest value and hangs together, corners included;
    parts with less than `least` of all that is bright are dropped. The heaviest comes first.
    """
    from scipy import ndimage

    top = float(heat.max(initial=0))
    if top <= 0:
        return ()
    bright = heat >= share * top
    parts, count = ndimage.label(bright, np.ones((3, 3)))
    weights = ndimage.sum_labels(heat.astype(np.float64), parts, np.arange(1, count + 1))
    weights = weights / weights.sum()
    places = ndimage.find_objects(parts)
    boxes = []
    for part in np.argsort(-weights, kind="stable"):
        if weights[part] < least:
            continue
        rows, columns = places[part]
        rect = Rect(columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start)
        boxes.append((rect, float(weights[part])))
    return tuple(boxes)
