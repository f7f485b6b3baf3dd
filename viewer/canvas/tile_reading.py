"""One tile of the display pyramid, out of the file. Runs in the tile readers' threads."""

from __future__ import annotations

from ml.slide.region import read_region
from ml.slide.slide import Pixels, Slide
from viewer.canvas.tiles import DisplayPyramid, TileKey


def read_display_tile(slide: Slide, pyramid: DisplayPyramid, key: TileKey) -> Pixels:
    """One tile: (height, width, 3) uint8. Raises `SlideProblem` where the file cannot be read.

    Tiles of the file come as they are; where the file's own tiling does not serve, exact blocks of its
    levels do. A made tile is read from the next finer level, within `read_region`'s working set.
    """
    level = pyramid.levels[key.level]
    if level.native is not None and level.aligned:
        return slide.read_tile(level.native, key.column, key.row)
    size = level.tile_size(key.column, key.row)
    if level.native is not None:
        x_level, y_level = key.column * level.tile.width, key.row * level.tile.height
        return slide.read_block(level.native, x_level, y_level, size)
    return read_region(slide, level.rect(key.column, key.row), size)
