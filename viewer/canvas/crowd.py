"""How so many annotations are drawn that nobody could see each: by their size, the small ones in cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.annotation.places import Places, Rows
from ml.annotation.shapes import Color
from ml.geometry import Rect

CROWD = 3000
"""More annotations than this on a slide are a crowd: fewer are drawn one by one at every scale."""

FULL = 40.0  # widget px: from here on a line within a line, with a name
OUTLINE = 14.0  # widget px: from here on a thin outline, smaller ones are part of a cell
CELL = 4.0  # widget px: the edge of a cell
_FAINT, _STRONG = 140, 240  # opacity of a cell of one, and of a cell of many
_MANY = 64.0  # annotations in a cell that make it as strong as it gets


@dataclass(frozen=True)
class Crowd:
    """Rows of `Places` by how they are drawn, each in the order of drawing."""

    full: Rows
    outlines: Rows
    cells: Rows


def split(places: Places, rows: Rows, scale: float) -> Crowd:
    """Who is drawn how at a scale (widget px per level-0 px). The same wherever one looks."""
    nobody = rows[:0]
    if len(places) <= CROWD:
        return Crowd(rows, nobody, nobody)
    sizes = sizes_of(places, rows) * scale
    full, small = sizes >= FULL, sizes < OUTLINE
    return Crowd(rows[full], rows[~full & ~small], rows[small])


def sizes_of(places: Places, rows: Rows) -> NDArray[np.float64]:
    """The longer edge of the bounds, level-0 px."""
    bounds = places.bounds[rows]
    longer: NDArray[np.float64] = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    return longer


@dataclass(frozen=True)
class Cells:
    """A picture of cells, RGBA, and the part of the slide that it covers in level-0 px."""

    pixels: NDArray[np.uint8]
    rect: Rect


def cells_of(
    places: Places,
    rows: Rows,
    palette: Sequence[Color],
    marked: NDArray[np.bool_],
    clip: Rect,
    scale: float,
) -> Cells:
    """Each annotation counts in the cell that its middle lies in; a cell has the colour of most of its own.

    Cells lie fast on the slide, so that parts painted one after the other fit. `palette` holds the colour of
    each ink; `marked` says of each row of `rows` whether it is selected: a cell with such a one is lighter.
    """
    step = CELL / scale
    left, top = math.floor(clip.x / step), math.floor(clip.y / step)
    wide, high = math.ceil(clip.right / step) - left, math.ceil(clip.bottom / step) - top
    pixels = np.zeros((max(high, 1), max(wide, 1), 4), np.uint8)
    rect = Rect(left * step, top * step, pixels.shape[1] * step, pixels.shape[0] * step)
    bounds = places.bounds[rows]
    columns = np.floor((bounds[:, 0] + bounds[:, 2]) / (2 * step)).astype(np.int64) - left
    lines = np.floor((bounds[:, 1] + bounds[:, 3]) / (2 * step)).astype(np.int64) - top
    seen = (columns >= 0) & (columns < wide) & (lines >= 0) & (lines < high)
    if not seen.any():
        return Cells(pixels, rect)
    cell = lines[seen] * wide + columns[seen]
    ink, light = places.inks[rows[seen]], marked[seen]
    inks, number = np.unique(ink, return_inverse=True)
    counts = np.bincount(cell * len(inks) + number, minlength=wide * high * len(inks)).reshape(-1, len(inks))
    total = counts.sum(1)
    full = np.flatnonzero(total)
    colors = np.array([palette[one] for one in inks.tolist()], np.float64)
    shown = colors[counts[full].argmax(1)]
    selected = np.bincount(cell[light], minlength=wide * high)[full] > 0
    shown[selected] = 0.45 * shown[selected] + 0.55 * 255
    strength = np.minimum(np.log(total[full]) / math.log(_MANY), 1.0)
    flat = pixels.reshape(-1, 4)
    flat[full, :3] = shown.round().astype(np.uint8)
    flat[full, 3] = np.where(selected, 255, _FAINT + strength * (_STRONG - _FAINT)).astype(np.uint8)
    return Cells(pixels, rect)
