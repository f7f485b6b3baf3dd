"""Any rectangle of a slide at any size: picks the level, reads with a margin, resamples with antialiasing.

Pixel centres lie at half-integers: pixel 0 of a level with downsample d covers [0, d) of level 0. The filter
is Pillow's bilinear one, a triangle as wide as the reduction asks for, which takes a rectangle in fractions
of a pixel; nothing is rounded on the way, so a place in the result is where it was asked for.
"""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from ml.geometry import Rect, Size, to_pixel
from ml.slide.slide import Pixels, Slide

WORKING_SET = 64 * 2**20
"""Bytes that one piece may take while it is read and resampled."""

_BYTES_A_PIXEL = 11  # 4 as the reader delivers it, 3 as RGB, 4 inside Pillow
_TOLERANCE = 1.01  # a level 1 % too coarse still serves: 3.99 asked of a level of 4.0
_ON_A_PIXEL = 1e-3  # closer to a whole pixel than 8 bits can show


def read_region(slide: Slide, rect: Rect, out: Size) -> Pixels:
    """Read a level-0 rectangle as exactly `out` pixels: (out.height, out.width, 3) uint8.

    The rectangle may have any fraction and lie partly or wholly outside; what lies outside is
    `info.background`. Bit-exact to the level's pixels where it asks for just those. The working set stays
    below `WORKING_SET` beside the result. Raises `SlideProblem` when a part cannot be read, `ValueError`
    for an empty rectangle or size.
    """
    if rect.is_empty or out.width < 1 or out.height < 1:
        raise ValueError(f"Nothing to read: {rect} as {out}")
    result = np.empty((out.height, out.width, 3), dtype=np.uint8)
    _fill(slide, level_for(slide, rect, out), rect, result)
    return result


def level_for(slide: Slide, rect: Rect, out: Size) -> int:
    """The coarsest level that is at least as fine as asked (within 1 %); level 0 where none is."""
    asked = min(rect.width / out.width, rect.height / out.height) * _TOLERANCE
    fine = [i for i, level in enumerate(slide.info.levels) if level.downsample <= asked]
    return max(fine, key=lambda i: slide.info.levels[i].downsample, default=0)


def _fill(slide: Slide, level: int, rect: Rect, result: Pixels) -> None:
    """Read `rect` into `result`, in as many pieces as the working set demands."""
    height, width = result.shape[:2]
    if rect.grown(_support(slide, level, rect, result)).intersection(slide.info.bounds).is_empty:
        result[:] = slide.info.background
    elif _bytes_needed(slide, level, rect, result) <= WORKING_SET:
        result[:] = _resampled(slide, level, rect, Size(width, height))
    elif height == 1 and width == 1:
        result[:] = _one_pixel(slide, level, rect)
    elif height > 1 and (width == 1 or rect.height >= rect.width):
        middle = height // 2
        cut = rect.height * middle / height
        _fill(slide, level, Rect(rect.x, rect.y, rect.width, cut), result[:middle])
        _fill(slide, level, Rect(rect.x, rect.y + cut, rect.width, rect.height - cut), result[middle:])
    else:
        middle = width // 2
        cut = rect.width * middle / width
        _fill(slide, level, Rect(rect.x, rect.y, cut, rect.height), result[:, :middle])
        _fill(slide, level, Rect(rect.x + cut, rect.y, rect.width - cut, rect.height), result[:, middle:])


def _support(slide: Slide, level: int, rect: Rect, result: Pixels) -> float:
    """How far beyond the rectangle the filter looks, level-0 px."""
    height, width = result.shape[:2]
    coarsest: float = max(rect.width / width, rect.height / height, slide.info.levels[level].downsample)
    return coarsest


def _bytes_needed(slide: Slide, level: int, rect: Rect, result: Pixels) -> float:
    grown = rect.grown(_support(slide, level, rect, result) + slide.info.levels[level].downsample)
    return grown.area / slide.info.levels[level].downsample ** 2 * _BYTES_A_PIXEL


def _resampled(slide: Slide, level: int, rect: Rect, out: Size) -> Pixels:
    """One piece, resampled in one go."""
    box = rect.scaled(1 / slide.info.levels[level].downsample)
    if _is_whole(box, out):
        return slide.read_block(level, to_pixel(box.x), to_pixel(box.y), out)
    margin_x = math.ceil(max(1.0, box.width / out.width))
    margin_y = math.ceil(max(1.0, box.height / out.height))
    left, top = math.floor(box.x) - margin_x, math.floor(box.y) - margin_y
    size = Size(math.ceil(box.right) + margin_x - left, math.ceil(box.bottom) + margin_y - top)
    block = slide.read_block(level, left, top, size)
    within = Rect(box.x - left, box.y - top, box.width, box.height)
    return _resize(block, within, out)


def _is_whole(box: Rect, out: Size) -> bool:
    """Whether pixels of the level are asked for just as they are."""
    off_grid = max(abs(box.x - to_pixel(box.x)), abs(box.y - to_pixel(box.y)))
    stretched = max(abs(box.width - out.width), abs(box.height - out.height))
    return off_grid < _ON_A_PIXEL and stretched < _ON_A_PIXEL


def _resize(block: Pixels, box: Rect, out: Size) -> Pixels:
    corners = (box.x, box.y, min(box.right, block.shape[1]), min(box.bottom, block.shape[0]))
    size = (out.width, out.height)
    return np.array(Image.fromarray(block).resize(size, Image.Resampling.BILINEAR, box=corners))


def _one_pixel(slide: Slide, level: int, rect: Rect) -> Pixels:
    """A single pixel that stands for more than fits: averaged in two steps, neighbours' thirds included."""
    finer = np.empty((48, 48, 3), dtype=np.uint8)
    around = Rect(rect.x - rect.width, rect.y - rect.height, 3 * rect.width, 3 * rect.height)
    _fill(slide, level, around, finer)
    return _resize(finer, Rect(16, 16, 16, 16), Size(1, 1))
