"""Slides whose scanned areas lie apart on the glass: Leica SCN."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from ml.geometry import Size
from ml.slide.openslide_facts import levels_of
from ml.slide.positioned_file import PositionedFile
from ml.slide.segment_store import SegmentStore
from ml.slide.slide import Pixels, Slide, SlideInfo
from ml.slide.tiff_picture import TiffPicture
from ml.slide.tiff_pyramid import TiffLayout

_numbers = itertools.count()
_store: SegmentStore[Pixels] = SegmentStore()


class ScnReader(Slide):
    """Areas on glass. Any number of threads may read at the same time. Raises `Unsuited`."""

    def __init__(
        self, layout: TiffLayout, file: PositionedFile, beside: dict[str, TiffPicture], info: SlideInfo
    ) -> None:
        self._file = file
        self._associated = beside
        self._levels = tuple(
            tuple(
                (next(_numbers), x, y, TiffPicture(picture, file, 65535, info.background))
                for x, y, picture in level.areas
            )
            for level in layout.canvas
        )
        self.info = replace(
            info, levels=levels_of([level.size for level in layout.canvas], layout.properties)
        )

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        """One tile of the glass. See `Slide.read_tile`."""
        grid = self.info.levels[level]
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise IndexError(f"No tile {column}, {row} on level {level}")
        x, y = column * grid.tile.width, row * grid.tile.height
        size = Size(min(grid.tile.width, grid.size.width - x), min(grid.tile.height, grid.size.height - y))
        return self.read_block(level, x, y, size)

    def read_block(self, level: int, x_level: int, y_level: int, size: Size) -> Pixels:
        """A rectangle of one level. See `Slide.read_block`."""
        block = np.empty((size.height, size.width, 3), dtype=np.uint8)
        block[:] = self.info.background
        grid = self.info.levels[level].size
        inside = block[: max(0, grid.height - y_level), : max(0, grid.width - x_level)]
        for number, x, y, picture in reversed(self._levels[level]):
            _paint(inside, number, picture, x_level - x, y_level - y)
        return block

    def read_associated(self, name: str) -> Pixels:
        """A picture beside the slide. See `Slide.read_associated`."""
        return self._associated[name].whole()

    def close(self) -> None:
        """Let the file go, once the reads that are under way have ended."""
        self._file.close()
        for number, *_ in (area for level in self._levels for area in level):
            _store.forget(number)


def _paint(block: Pixels, number: int, picture: TiffPicture, left: int, top: int) -> None:
    """Lay what a picture has of a rectangle over the block; `left` and `top` are px of the picture."""
    stored = picture.stored
    right = min(stored.size.width, left + block.shape[1])
    bottom = min(stored.size.height, top + block.shape[0])
    wide, high = stored.segment.width, stored.segment.height
    for row in range(max(0, top) // high, -(-bottom // high)):
        for column in range(max(0, left) // wide, -(-right // wide)):
            if stored.is_missing(column, row):
                continue
            at = stored.rect_of(column, row)
            x, y = int(at.x), int(at.y)
            x0, x1, y0, y1 = max(left, x), min(right, int(at.right)), max(top, y), min(bottom, int(at.bottom))
            part = _segment(number, picture, column, row)[y0 - y : y1 - y, x0 - x : x1 - x]
            block[y0 - top : y1 - top, x0 - left : x1 - left] = part


def _segment(number: int, picture: TiffPicture, column: int, row: int) -> Pixels:
    key = (number, 0, row * picture.stored.across + column)
    return _store.get(key, lambda: picture.present(column, row))
