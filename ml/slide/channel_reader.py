"""Slides of channels in TIFF containers: fluorescence, each signal apart until it is shown."""

from __future__ import annotations

import copy
import itertools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.channel_facts import channels_of
from ml.slide.channels import auto_range, blend
from ml.slide.look import ChannelLook
from ml.slide.positioned_file import PositionedFile
from ml.slide.segment_store import SegmentStore
from ml.slide.slide import Pixels, Samples, Slide, SlideInfo
from ml.slide.tiff_picture import TiffPicture
from ml.slide.tiff_pyramid import TiffLayout

DARK = (0, 0, 0)
"""Where nothing was scanned, nothing shines."""

_MOST_TO_LOOK_AT = 2**22  # px of a channel that its first range is made from
_numbers = itertools.count()
_store: SegmentStore[Samples] = SegmentStore()


class ChannelReader(Slide):
    """A TIFF whose samples are signals. Any number of threads may read at the same time.

    Samples below 0 (signed ones) are shifted up by half of the range. Raises `Unsuited`.
    """

    def __init__(
        self, layout: TiffLayout, file: PositionedFile, beside: dict[str, TiffPicture], info: SlideInfo
    ) -> None:
        self._file = file
        self._associated = beside
        # A number for each picture of each plane, never given again: kept parts are never another slide's.
        self._planes = tuple(
            tuple(
                tuple((next(_numbers), TiffPicture(p, file, 65535, DARK)) for p in level) for level in plane
            )
            for plane in layout.planes
        )
        self._levels = self._planes[0]
        stored = layout.planes[0][0]
        self._dtype = np.dtype(f"u{max(picture.dtype.itemsize for picture in stored)}")
        self._count = sum(picture.samples for picture in stored)
        self.info = replace(info, background=DARK)
        middle = self._at(len(self._planes) // 2)  # that is more likely in focus than the first
        channels = channels_of(layout.channels, middle._ranges())
        self.info = replace(self.info, channels=channels)
        self._looks = tuple(ChannelLook.of(channel) for channel in channels)

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        """One tile, blended. See `Slide.read_tile`."""
        return blend(self.read_samples(level, column, row), self._looks)

    def read_samples(self, level: int, column: int, row: int) -> Samples:
        """One tile as the file holds it. See `Slide.read_samples`."""
        grid = self.info.levels[level]
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise IndexError(f"No tile {column}, {row} on level {level}")
        x, y = column * grid.tile.width, row * grid.tile.height
        width, height = min(grid.tile.width, grid.size.width - x), min(grid.tile.height, grid.size.height - y)
        return self._samples(level, x, y, Size(width, height))

    def read_block(self, level: int, x_level: int, y_level: int, size: Size) -> Pixels:
        """A rectangle of one level, blended; black outside. See `Slide.read_block`."""
        grid = self.info.levels[level]
        left, top = max(0, x_level), max(0, y_level)
        right, bottom = (
            min(grid.size.width, x_level + size.width),
            min(grid.size.height, y_level + size.height),
        )
        block = np.zeros((size.height, size.width, 3), dtype=np.uint8)
        if right > left and bottom > top:
            inside = blend(self._samples(level, left, top, Size(right - left, bottom - top)), self._looks)
            block[top - y_level : bottom - y_level, left - x_level : right - x_level] = inside
        return block

    def read_associated(self, name: str) -> Pixels:
        """A picture beside the slide. See `Slide.read_associated`."""
        return self._associated[name].whole()

    def plane(self, index: int) -> Slide:
        """The same at another focus. See `Slide.plane`."""
        if not 0 <= index < len(self._planes):
            raise IndexError(f"No plane {index} of {len(self._planes)}")
        return self if self._levels is self._planes[index] else self._at(index)

    def close(self) -> None:
        """Let the file go, once the reads that are under way have ended."""
        self._file.close()
        for number, _ in (pair for plane in self._planes for level in plane for pair in level):
            _store.forget(number)

    def _at(self, index: int) -> ChannelReader:
        other = copy.copy(self)
        other._levels = self._planes[index]
        return other

    def _samples(self, level: int, x_level: int, y_level: int, size: Size) -> Samples:
        """A rectangle that lies inside the level, all channels."""
        block = np.zeros((size.height, size.width, self._count), dtype=self._dtype)
        first = 0
        for number, picture in self._levels[level]:
            last = first + picture.stored.samples
            _fill(block[..., first:last], number, picture, x_level, y_level)
            first = last
        return block

    def _ranges(self) -> list[tuple[float, float]]:
        """The range of each channel at first, from the coarsest level (of a large one, from parts of it)."""
        ranges: list[tuple[float, float]] = []
        for _, picture in self._levels[-1]:
            parts = _spread(picture)
            for sample in range(picture.stored.samples):
                of_one = [part[..., sample].ravel() for part in parts]
                everything = np.concatenate(of_one) if of_one else np.zeros(1, dtype=self._dtype)
                ranges.append(auto_range(everything.astype(self._dtype, copy=False)))
        return ranges


def _fill(block: NDArray[np.generic], number: int, picture: TiffPicture, x_level: int, y_level: int) -> None:
    """Copy what lies there out of all segments that the block touches; what is left out stays 0."""
    stored = picture.stored
    high, wide = block.shape[:2]
    for row in range(y_level // stored.segment.height, -(-(y_level + high) // stored.segment.height)):
        for column in range(x_level // stored.segment.width, -(-(x_level + wide) // stored.segment.width)):
            if stored.is_missing(column, row):
                continue
            at = stored.rect_of(column, row)
            x, y = int(at.x), int(at.y)
            x0, x1 = max(x_level, x), min(x_level + wide, int(at.right))
            y0, y1 = max(y_level, y), min(y_level + high, int(at.bottom))
            part = _segment(number, picture, column, row)[y0 - y : y1 - y, x0 - x : x1 - x]
            block[y0 - y_level : y1 - y_level, x0 - x_level : x1 - x_level] = part


def _segment(number: int, picture: TiffPicture, column: int, row: int) -> Samples:
    """One decoded part, (h, w, samples); kept, for another range or colour will want it at once."""

    def decode() -> Samples:
        part = picture.samples(column, row)
        return part[..., np.newaxis] if part.ndim == 2 else part

    return _store.get((number, 0, row * picture.stored.across + column), decode)


def _spread(picture: TiffPicture) -> list[Samples]:
    """Parts from all over a picture, each cut at its edge; those that cannot be read are passed over."""
    stored = picture.stored
    places = [(column, row) for row in range(stored.rows) for column in range(stored.columns)]
    places = [place for place in places if not stored.is_missing(*place)]
    step = -(-len(places) * stored.segment.area // _MOST_TO_LOOK_AT)
    parts: list[Samples] = []
    for column, row in places[:: max(1, step)]:
        at = stored.rect_of(column, row)
        try:
            part = picture.samples(column, row)
        except SlideProblem:
            continue
        part = part[: int(at.height), : int(at.width)]
        parts.append(part[..., np.newaxis] if part.ndim == 2 else part)
    return parts
