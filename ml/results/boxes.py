"""From scores to boxes, without a network: threshold, smoothing, connected patches, enclosing boxes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Rect, Spacing
from ml.patches import PatchGrid
from ml.results.scores import Indices, Scores, Values
from ml.zoo.card import ModelCard
from ml.zoo.grouping import Grouping

_REACH = 3.0  # standard deviations after which the Gaussian is cut off
_ROUNDING = 1e-6  # what float32 may lose by smoothing: even fields stay on the threshold they were on


@dataclass(frozen=True, slots=True)
class BoxRule:
    """How patches become boxes. Travels with every box, so that a report can say where it came from."""

    class_index: int
    threshold: float = 0.5  # a patch counts when its smoothed probability is at least this
    smoothing: float = 0.0  # standard deviation of the Gaussian, in patches; 0: none
    gap: int = 0  # patches that may lie between two groups that are still one box
    least_patches: int = 1  # smaller groups are dropped

    def in_words(self) -> str:
        """The rule for a person: "threshold 0.50, smoothing 0.7 patches, gaps up to 1 patch, ≥ 2 patches".

        What does nothing is left out.
        """
        parts = [f"threshold {self.threshold:.2f}"]
        if self.smoothing > 0:
            parts.append(f"smoothing {self.smoothing:g} {'patch' if self.smoothing == 1 else 'patches'}")
        if self.gap > 0:
            parts.append(f"gaps up to {self.gap} {'patch' if self.gap == 1 else 'patches'}")
        if self.least_patches > 1:
            parts.append(f"≥ {self.least_patches} patches")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Box:
    """One finding. `key` is the same whenever the same patches are found for the same class."""

    key: str
    class_index: int
    rect: Rect  # enclosing box, level-0 px, cut to the slide
    score: float  # mean probability of its patches, unsmoothed
    peak: float  # highest of them
    patches: int
    area_mm2: float  # of the patches themselves, not of the enclosing box
    rule: BoxRule


def rule_of(card: ModelCard, class_index: int | None = None) -> BoxRule:
    """The model's own rule for a class, as it was judged by; unless told, for the class shown first."""
    place = card.shown_class if class_index is None else class_index
    threshold = card.thresholds[place] if card.thresholds else card.threshold
    how = card.grouping[place] if card.grouping else Grouping()
    return BoxRule(place, threshold, how.smoothing, how.gap, how.least_patches)


def find_boxes(scores: Scores, rule: BoxRule, spacing: Spacing) -> tuple[Box, ...]:
    """All boxes of one class, the highest mean score first; of equal ones the upper, then the left one.

    Two patches that count belong to one box when a way leads from one to the other over patches that count,
    in steps over at most `rule.gap` others in a row or a column; patches that meet at a corner touch.
    """
    values = scores.values[..., rule.class_index]
    rows, columns, starts = _grouped(values, rule)
    if not len(rows):
        return ()
    found = values[rows, columns].astype(np.float64)
    counts = np.diff(starts, append=len(rows))
    means = np.add.reduceat(found, starts) / counts
    peaks = np.maximum.reduceat(found, starts)
    top, bottom = rows[starts], np.maximum.reduceat(rows, starts)
    left, right = np.minimum.reduceat(columns, starts), np.maximum.reduceat(columns, starts)
    places = _places(scores.grid, rows, columns)
    patch_mm2 = spacing.area_mm2(scores.grid.patch.area)
    boxes = []
    for i in np.lexsort((left, top, -means)):
        count = int(counts[i])
        if count < rule.least_patches:
            continue
        box = Box(
            key=_key(scores.grid, rule.class_index, places[starts[i] : starts[i] + count]),
            class_index=rule.class_index,
            rect=_rect(scores.grid, int(top[i]), int(left[i]), int(bottom[i]), int(right[i])),
            score=float(means[i]),
            peak=float(peaks[i]),
            patches=count,
            area_mm2=count * patch_mm2,
            rule=rule,
        )
        boxes.append(box)
    return tuple(boxes)


def covered_mm2(scores: Scores, boxes: Iterable[Box], spacing: Spacing) -> float:
    """The area of all patches of these boxes, mm²: a patch that lies in several of them counts once.

    Boxes of one rule share no patch. One that was accepted at another threshold may lie in others, or they
    in it: its patches are those that its own rule finds.
    """
    found = list({box.key: box for box in boxes}.values())
    if len({box.rule for box in found}) < 2:
        return float(np.sum([box.area_mm2 for box in found]))
    covered = np.zeros(scores.values.shape[:2], dtype=np.bool_)
    for rule in {box.rule for box in found}:
        keys = {box.key for box in found if box.rule == rule}
        rows, columns, starts = _grouped(scores.values[..., rule.class_index], rule)
        places = _places(scores.grid, rows, columns)
        for first, last in pairwise([*starts, len(rows)]):
            if _key(scores.grid, rule.class_index, places[first:last]) in keys:
                covered[rows[first:last], columns[first:last]] = True
    return int(covered.sum()) * spacing.area_mm2(scores.grid.patch.area)


def _grouped(values: Values, rule: BoxRule) -> tuple[Indices, Indices, Indices]:
    """Rows and columns of every patch that counts, group by group, and where each group starts."""
    rows, columns, group = _groups(_counting(values, rule), rule.gap)
    if not len(group):
        return rows, columns, rows
    order = _by_group(group)
    starts: Indices = np.flatnonzero(np.diff(group[order], prepend=-1))
    return rows[order], columns[order], starts


def _counting(values: Values, rule: BoxRule) -> NDArray[np.bool_]:
    """Which patches count: scored, and at or above the threshold after smoothing."""
    above: NDArray[np.bool_] = values >= rule.threshold  # NaN is never
    if rule.smoothing > 0 and above.any():  # a mean is never above all that it is made of
        above = smoothed(values, rule.smoothing) >= rule.threshold - _ROUNDING
    return above


def smoothed(values: Values, patches: float) -> Values:
    """Scores after a Gaussian of this standard deviation: (rows, columns) float32, NaN where there was NaN.

    A normalised convolution (Knutsson and Westin 1993): only scored patches are averaged, so that neither
    background nor the edge of the region pulls a score down.
    """
    from scipy import ndimage

    known = ~np.isnan(values)
    total = ndimage.gaussian_filter(np.where(known, values, 0), patches, mode="constant", truncate=_REACH)
    weight = ndimage.gaussian_filter(known.astype(np.float32), patches, mode="constant", truncate=_REACH)
    result = np.full(values.shape, np.nan, dtype=np.float32)
    np.divide(total, weight, out=result, where=known)
    return result


def _groups(counting: NDArray[np.bool_], gap: int) -> tuple[Indices, Indices, NDArray[np.int32]]:
    """Rows, columns and group of every patch that counts, each (n,), by row, then by column.

    Every patch is widened by `gap` to the right and down: two of them touch then exactly when at most `gap`
    others lie between them.
    """
    from scipy import ndimage

    rows, columns = counting.shape
    wide = np.zeros((rows, columns + gap), dtype=np.bool_)
    for step in range(gap + 1):
        wide[:, step : step + columns] |= counting
    tall = np.zeros((rows + gap, columns + gap), dtype=np.bool_)
    for step in range(gap + 1):
        tall[step : step + rows] |= wide
    labels, _ = ndimage.label(tall, structure=np.ones((3, 3), dtype=np.bool_))
    row, column = np.nonzero(counting)
    group: NDArray[np.int32] = labels[row, column]
    return row, column, group


def _by_group(group: NDArray[np.int32]) -> Indices:
    """The order that brings patches of one group together, by row, then by column."""
    few = int(group.max()) < 2**16  # numbers of 16 bit are sorted by their digits: five times as fast
    order: Indices = np.argsort(group.astype(np.uint16) if few else group, kind="stable")
    return order


def _places(grid: PatchGrid, rows: Indices, columns: Indices) -> NDArray[np.int64]:
    """Top left corners of patches: (n, 2) x and y in level-0 px."""
    x = int(grid.origin.x) + columns * grid.patch.width
    y = int(grid.origin.y) + rows * grid.patch.height
    return np.stack([x, y], axis=1).astype("<i8")


def _key(grid: PatchGrid, class_index: int, places: NDArray[np.int64]) -> str:
    head = f"{class_index} {grid.patch.width} {grid.patch.height} ".encode()
    return hashlib.blake2b(head + places.tobytes(), digest_size=12).hexdigest()


def _rect(grid: PatchGrid, top: int, left: int, bottom: int, right: int) -> Rect:
    rect = grid.rect(top, left).union(grid.rect(bottom, right))
    return rect if grid.slide is None else rect.intersection(Rect.of_size(grid.slide))
