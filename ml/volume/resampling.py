"""Lines of voxels at other places, and several lines as one: where reformats spend their time."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ml.volume.rescale import AIR

Slab = Literal["mean", "max", "min"]
Floats = NDArray[np.float32]

WHOLE = 1e-4
"""Of a pixel: less is rounding."""

EDGE = 0.5
"""Of a pixel beyond the centre of the outermost: what belongs to it."""

_FEW = 12  # numbers in a row of memory from which on it is folded before it is turned


def combined(block: NDArray[np.int16], slab: Slab) -> Floats:
    """Mean, greatest or least along the second axis of (slices, rows, pixels)."""
    if slab == "mean":
        total: Floats = _turned(block).sum(axis=1, dtype=np.int32).astype(np.float32)
        total /= np.float32(block.shape[1])
        return total
    fold = np.maximum if slab == "max" else np.minimum
    while block.shape[1] > _FEW and block.strides[1] < block.strides[2]:  # along memory: halves on each other
        half = block.shape[1] // 2
        block = fold(block[:, : block.shape[1] - half], block[:, half:])
    found: Floats = fold.reduce(_turned(block), axis=1).astype(np.float32)
    return found


def _turned(block: NDArray[np.int16]) -> NDArray[np.int16]:
    """The same with pixels side by side in memory: numpy adds long rows far faster than short ones."""
    return block if block.strides[1] > block.strides[2] else np.ascontiguousarray(block)


def sampled(lines: Floats, at: NDArray[np.float64]) -> Floats:
    """Lines at places in pixels, the same for all (1, places) or each its own (lines, places).

    Linear between pixels; -1024 further than half a pixel outside. May be a view of `lines`.
    """
    count = lines.shape[1]
    way = float(at[0, -1] - at[0, 0])
    by_one = abs(abs(way) - (at.shape[1] - 1)) < WHOLE
    if by_one and way < 0:
        lines, at = lines[:, ::-1], count - 1 - at
    if (at == at[:1]).all():
        return _moved(lines, float(at[0, 0]), at.shape[1]) if by_one else _sampled_alike(lines, at[0])
    return _shifted(lines, at) if by_one else _sampled_apart(lines, at)


def _moved(lines: Floats, start: float, places: int) -> Floats:
    """Lines at places that rise by one pixel from each to the next, all from the same place."""
    count, lower = lines.shape[1], math.floor(start + WHOLE)
    share = np.float32(min(max(start - lower, 0.0), 1.0))
    if lower == 0 and share <= WHOLE and places == count:
        return lines
    first, last = min(max(0, -lower), places), min(max(0, count - 1 - lower), places)  # with two neighbours
    found = np.empty_like(lines, shape=(len(lines), places))
    found[:, :first] = found[:, last:] = AIR
    if first < last:
        left = lines[:, lower + first : lower + last]
        if share > WHOLE:
            inner = found[:, first:last]
            np.subtract(lines[:, lower + first + 1 : lower + last + 1], left, out=inner)
            inner *= share
            inner += left
        else:
            found[:, first:last] = left
    for place in {first - 1, last} & set(range(places)):  # up to half a pixel beyond the outermost
        if -EDGE <= start + place <= count - 1 + EDGE:
            found[:, place] = lines[:, 0 if start + place < 0 else -1]
    return found


def _sampled_alike(lines: Floats, at: NDArray[np.float64]) -> Floats:
    count = lines.shape[1]
    outside = (at < -EDGE) | (at > count - 1 + EDGE)
    place = np.clip(at, 0, count - 1)
    lower = np.minimum((place + WHOLE).astype(np.intp), count - 1)  # none is below 0
    share = np.clip(place - lower, 0, 1).astype(np.float32)
    found: Floats = lines[:, lower]
    if float(share.max(initial=0)) > WHOLE:
        found += share * (lines[:, np.minimum(lower + 1, count - 1)] - found)
    found[:, outside] = AIR
    return found


def _shifted(lines: Floats, at: NDArray[np.float64]) -> Floats:
    """Lines at places that rise by one pixel from each to the next, every line from a place of its own."""
    count, places = lines.shape[1], at.shape[1]
    padded = np.concatenate([lines[:, :1], lines, lines[:, -1:]], axis=1)  # the outermost is its own next
    lower = np.floor(at[:, 0] + WHOLE).astype(np.intp)
    shares = np.clip(at[:, 0] - lower, 0, 1).astype(np.float32)
    first = np.clip(np.ceil(-EDGE - at[:, 0]), 0, places).astype(np.intp)
    last = np.clip(np.floor(count - 1 + EDGE - at[:, 0]) + 1, first, places).astype(np.intp)
    found = np.full((len(lines), places), AIR, dtype=np.float32)
    for number, (low, share, start, end) in enumerate(zip(lower, shares, first, last, strict=True)):
        line, left = padded[number], low + 1
        row = found[number, start:end]
        np.subtract(line[left + start + 1 : left + end + 1], line[left + start : left + end], out=row)
        row *= share
        row += line[left + start : left + end]
    return found


def _sampled_apart(lines: Floats, at: NDArray[np.float64]) -> Floats:
    count = lines.shape[1]
    outside = (at < -EDGE) | (at > count - 1 + EDGE)
    place = np.clip(at, 0, count - 1)
    lower = np.minimum((place + WHOLE).astype(np.intp), count - 1)
    share = np.clip(place - lower, 0, 1).astype(np.float32)
    lines = np.concatenate([lines, lines[:, -1:]], axis=1)  # the last one is its own next
    lower += np.arange(len(lines))[:, None] * (count + 1)
    found: Floats = lines.ravel().take(lower)
    found += share * (lines.ravel().take(lower + 1) - found)
    found[outside] = AIR
    return found
