"""One tile of the display pyramid, out of the file. Runs in the tile readers' threads."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ml.geometry import Size, to_pixel
from ml.slide.region import read_region
from ml.slide.slide import Pixels, Slide
from viewer.canvas.tiles import DisplayPyramid, TileKey

_MOST_REDUCED = 4  # times: beyond, a block of the finer level would take more memory than it is worth


def read_display_tile(slide: Slide, pyramid: DisplayPyramid, key: TileKey) -> Pixels:
    """One tile: (height, width, 3) uint8. Raises `SlideProblem` where the file cannot be read.

    Tiles of the file come as they are; where the file's own tiling does not serve, exact blocks of its
    levels do. A made tile is the mean of 2 × 2 (or 4 × 4) pixels of the next finer level of the file; one
    that is farther from it is read within `read_region`'s working set.
    """
    level = pyramid.levels[key.level]
    if level.native is not None and level.aligned:
        return slide.read_tile(level.native, key.column, key.row)
    size = level.tile_size(key.column, key.row)
    x_level, y_level = key.column * level.tile.width, key.row * level.tile.height
    if level.native is not None:
        return slide.read_block(level.native, x_level, y_level, size)
    source = pyramid.source(key.level)
    times = _times(pyramid, key.level, source)
    if times is None:
        return read_region(slide, level.rect(key.column, key.row), size)
    block = Size(size.width * times, size.height * times)
    finer = slide.read_block(source, x_level * times, y_level * times, block)
    return np.asarray(Image.fromarray(finer).reduce(times))


def _times(pyramid: DisplayPyramid, level: int, source: int) -> int | None:
    """How many pixels of the file's level make one of this level, where that is 2 or 4 exactly."""
    made = pyramid.levels[level]
    base = next(known for known in pyramid.levels if known.native == source)
    times = to_pixel(made.downsample_x / base.downsample_x)
    exact = made.downsample_x == base.downsample_x * times and made.downsample_y == base.downsample_y * times
    return times if exact and 2 <= times <= _MOST_REDUCED else None
