"""How well boxes agree with the true ones, each matched with one at most.

Boxes are (n, 4) float64: left, top, right, bottom in level-0 px, half-open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """What was found on one slide, and what is there."""

    boxes: Boxes  # (n, 4)
    scores: NDArray[np.float64]  # (n,) the surer, the higher
    truth: Boxes  # (m, 4)


@dataclass(frozen=True)
class Counts:
    """Hits, false alarms and misses."""

    hits: int
    false: int
    missed: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.false + other.false, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """Share of what was found that is there; 0 where nothing was found."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else 0.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found; 0 where there is nothing."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 0.0

    def f(self, beta: float = 1.0) -> float:
        """F-beta (van Rijsbergen 1979); 1 where there is nothing and nothing was found.

        With as many boxes found as there are, false alarms equal misses, and F is hits / boxes at any beta.
        """
        weight = beta * beta
        whole = (1 + weight) * self.hits + weight * self.missed + self.false
        return (1 + weight) * self.hits / whole if whole else 1.0


def iou(one: Boxes, other: Boxes) -> NDArray[np.float64]:
    """Intersection over union of every pair: (n, m) in 0..1; 0 where both are empty."""
    shared, union, _ = _areas(one, other)
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def giou(one: Boxes, other: Boxes) -> NDArray[np.float64]:
    """Generalised IoU of every pair (Rezatofighi et al. 2019): (n, m) in -1..1.

    IoU less the share of the enclosing box that neither fills: boxes apart are the worse the farther.
    """
    _, union, hull = _areas(one, other)
    empty = np.divide(hull - union, hull, out=np.zeros_like(hull), where=hull > 0)
    return iou(one, other) - empty


def match(overlap: NDArray[np.float64], least: float) -> list[tuple[int, int]]:
    """One-to-one pairs (found, true) of at least that overlap: as many as possible, then the best of those.

    The assignment is optimal (Kuhn 1955), not greedy: no hit is lost to the order of the boxes.
    """
    from scipy.optimize import linear_sum_assignment

    fits = overlap >= least
    # A pair that fits outweighs any gain in overlap elsewhere.
    worth = np.where(fits, 4.0 * max(overlap.shape, default=1) + overlap, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if fits[row, column]]


def count(found: Found, least: float, *, generalised: bool = False) -> Counts:
    """Hits at that IoU (or GIoU), false alarms and misses on one slide."""
    overlap = (giou if generalised else iou)(found.boxes, found.truth)
    hits = len(match(overlap, least))
    return Counts(hits, len(found.boxes) - hits, len(found.truth) - hits)


def best_of(found: Found, number: int) -> Found:
    """The surest `number` boxes: some tasks say how many there are."""
    order = np.argsort(-found.scores, kind="stable")[:number]
    return Found(found.boxes[order], found.scores[order], found.truth)


def challenge_score(slides: Sequence[Found], beta: float = 2.0, least: float = 0.5) -> float:
    """The lung-graft challenge's: mean over slides of F-beta at GIoU, with as many boxes as are true."""
    scores = [count(best_of(slide, len(slide.truth)), least, generalised=True).f(beta) for slide in slides]
    return float(np.mean(scores)) if scores else 0.0


def average_precision(slides: Sequence[Found], least: float = 0.5) -> float:
    """Area under precision over recall, precision made monotonous (Everingham et al. 2010, all points).

    The surest box claims its best true one first, as that benchmark does. 0 where nothing is true.
    """
    right, scores, total = _claims(slides, least)
    if not total or not len(scores):
        return 0.0
    hits = np.cumsum(right)
    recall, precision = hits / total, hits / np.arange(1, len(right) + 1)
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * highest))


def free_response(slides: Sequence[Found], least: float = 0.5) -> NDArray[np.float64]:
    """FROC curve (Bunch et al. 1978): (k, 3) false alarms a slide, share found, threshold, surest first."""
    right, scores, total = _claims(slides, least)
    last = np.flatnonzero(np.diff(scores, append=-np.inf))  # equal scores are one point
    hits, false = np.cumsum(right)[last], np.cumsum(~right)[last]
    curve = np.stack([false / max(len(slides), 1), hits / max(total, 1), scores[last]], axis=1)
    return np.asarray(curve, dtype=np.float64).reshape(-1, 3)


def found_at(curve: NDArray[np.float64], false_alarms: Sequence[float]) -> list[float]:
    """Share found at so many false alarms a slide, read off a FROC curve as steps."""
    return [
        float(max((point[1] for point in curve if point[0] <= rate), default=0.0)) for rate in false_alarms
    ]


def grid_cap(boxes: Boxes, cell: float, cover: float, *, stride: float = 0.0, shrink: float = 0.0) -> float:
    """Share of true boxes that a perfect classifier of grid cells could hit at GIoU > 0.5.

    Cells of `cell` px every `stride` px (0: edge to edge) are positive where at least `cover` of them lies
    in the box; what encloses them is the prediction, made smaller by `shrink` px at each side. Each box is
    taken alone. The grid alone may keep a model from ever hitting.
    """
    hits = 0
    for box in boxes:
        predicted = _enclosing(box, cell, cover, stride or cell, shrink)
        hits += predicted is not None and float(giou(predicted[None], box[None])[0, 0]) > 0.5
    return hits / len(boxes) if len(boxes) else 0.0


def _enclosing(box: Boxes, cell: float, cover: float, stride: float, shrink: float) -> Boxes | None:
    left, right = _shares(box[0], box[2], cell, stride)
    top, bottom = _shares(box[1], box[3], cell, stride)
    rows, columns = np.nonzero(np.outer(bottom, right) >= cover - 1e-12)
    if not len(rows):
        return None
    x, y = left[columns] * stride, top[rows] * stride
    edges = (x.min() + shrink, y.min() + shrink, x.max() + cell - shrink, y.max() + cell - shrink)
    predicted = np.array(edges, dtype=np.float64)
    return predicted if predicted[2] > predicted[0] and predicted[3] > predicted[1] else None


def _shares(
    start: float, end: float, cell: float, stride: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Numbers of the cells along one axis that touch a stretch, and which share of each lies in it."""
    numbers = np.arange(max(0, np.floor((start - cell) / stride)), np.ceil(end / stride) + 1)
    inside = np.minimum(numbers * stride + cell, end) - np.maximum(numbers * stride, start)
    return numbers, np.clip(inside, 0, None) / cell


def _areas(one: Boxes, other: Boxes) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Of every pair: what is shared, what either covers, and the box around both, in px²."""
    a, b = one.reshape(-1, 1, 4).astype(np.float64), other.reshape(1, -1, 4).astype(np.float64)
    shared = np.prod(
        np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None), axis=-1
    )
    hull = np.prod(np.maximum(a[..., 2:], b[..., 2:]) - np.minimum(a[..., :2], b[..., :2]), axis=-1)
    union = np.prod(a[..., 2:] - a[..., :2], axis=-1) + np.prod(b[..., 2:] - b[..., :2], axis=-1) - shared
    return shared, union, hull


def _claims(slides: Sequence[Found], least: float) -> tuple[NDArray[np.bool_], NDArray[np.float64], int]:
    """Whether each box of all slides hits, surest first, with its score, and how many are true."""
    right: list[bool] = []
    scores: list[float] = []
    for slide in slides:
        overlap, taken = iou(slide.boxes, slide.truth), set[int]()
        for n in np.argsort(-slide.scores, kind="stable"):
            best = int(np.argmax(overlap[n])) if overlap.shape[1] else -1
            hit = best >= 0 and overlap[n, best] >= least and best not in taken
            taken |= {best} if hit else set()
            right.append(bool(hit))
            scores.append(float(slide.scores[n]))
    order = np.argsort(-np.array(scores), kind="stable") if scores else np.empty(0, dtype=np.intp)
    total = sum(len(slide.truth) for slide in slides)
    return np.array(right, dtype=bool)[order], np.array(scores, dtype=np.float64)[order], total
