"""One picture of a TIFF that can be read: its place in the file, its decoder and its colours together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ml.errors import SlideProblem
from ml.slide.picture_source import full_range
from ml.slide.positioned_file import PositionedFile
from ml.slide.segment_codec import Samples, decoder_of
from ml.slide.segment_color import color_of, understood
from ml.slide.slide import Pixels
from ml.slide.stored_picture import StoredPicture, Unsuited

_MOST_TO_LOOK_AT = 2**24  # px of a level that is looked through for its brightest value


class TiffPicture:
    """Reads segments of one picture, for any number of threads. Raises `Unsuited` when it cannot."""

    def __init__(
        self, stored: StoredPicture, file: PositionedFile, white: int, background: tuple[int, int, int]
    ) -> None:
        if not understood(stored):
            raise Unsuited("its colours are stored in a way not read here")
        self.stored = stored
        self._file = file
        self._decode = decoder_of(stored)
        self._to_rgb = color_of(stored, white, background)
        self._background = background
        self._sign = stored.dtype.type(1 << (8 * stored.dtype.itemsize - 1)) if stored.signed else None
        room = stored.segment.area * stored.samples * stored.dtype.itemsize
        self._most_bytes = 2 * room + 2**20  # more than any coding takes: a table that lies

    def decoded(self, column: int, row: int) -> Pixels | None:
        """One segment, filled up at the edges as stored: (h, w, 3) uint8, one's own; None where left out.

        Raises `SlideProblem` when the bytes are not there or do not make a picture.
        """
        return None if self.stored.is_missing(column, row) else self.present(column, row)

    def present(self, column: int, row: int) -> Pixels:
        """A segment that is known to be there; else as `decoded`."""
        pixels = self._to_rgb(self.samples(column, row))
        flags = pixels.flags
        return pixels if flags.c_contiguous and flags.writeable else pixels.copy()

    def samples(self, column: int, row: int) -> Samples:
        """One segment before it becomes RGB: (h, w) or (h, w, samples). Else as `decoded`."""
        stored = self.stored
        rows, index = stored.rows_of(row), row * stored.across + column
        if not stored.separate:
            return self._part(index, rows, column, row)
        planes = [self._part(index + stored.plane * s, rows, column, row) for s in range(stored.samples)]
        return np.stack([plane[:rows] for plane in planes], axis=-1)

    def whole(self) -> Pixels:
        """All of a small picture: (height, width, 3) uint8. Raises `SlideProblem`."""
        size = self.stored.size
        picture = np.empty((size.height, size.width, 3), dtype=np.uint8)
        picture[:] = self._background
        for row in range(self.stored.rows):
            for column in range(self.stored.columns):
                part, at = self.decoded(column, row), self.stored.rect_of(column, row)
                if part is not None:
                    height, width = int(at.height), int(at.width)
                    x, y = int(at.x), int(at.y)
                    picture[y : y + height, x : x + width] = part[:height, :width]
        return picture

    def _part(self, index: int, rows: int, column: int, row: int) -> Samples:
        """One sample, or all of them, of a segment."""
        start, count = int(self.stored.starts[index]), int(self.stored.counts[index])
        if start + count > self._file.size:
            raise self._problem(column, row, "is missing: the file ends before it")
        if count > self._most_bytes:
            raise self._problem(column, row, f"claims to take {count:,} bytes, which cannot be")
        data = self._file.read(start, count)
        try:
            samples = self._decode(data, rows)
            return samples ^ self._sign if self._sign else samples
        except Exception as error:  # the reader's border: decoders raise whatever they like
            reason = str(error).rstrip(". ") or type(error).__name__
            raise self._problem(column, row, f"cannot be decoded: {reason}") from error

    def _problem(self, column: int, row: int, what: str) -> SlideProblem:
        path = self._file.path
        return SlideProblem(
            f"The part at column {column}, row {row} of {path.name} {what}.",
            "The file is damaged or was cut short; copy it anew from where it comes from.",
            path=path,
            size=f"{self.stored.size.width} × {self.stored.size.height}",
            compression=self.stored.compression,
        )


def white_of(levels: Sequence[StoredPicture], file: PositionedFile) -> int:
    """The value of 16-bit samples that is shown as white, by the rule for flat pictures: the bits in use.

    Found in the coarsest level; a damaged or too large one counts as using all bits.
    """
    coarsest = levels[-1]
    if coarsest.dtype.itemsize == 1 or coarsest.size.area > _MOST_TO_LOOK_AT:
        return 65535
    picture, highest = TiffPicture(coarsest, file, 65535, (255, 255, 255)), 0
    try:
        for row in range(coarsest.rows):
            for column in range(coarsest.columns):
                if not coarsest.is_missing(column, row):
                    highest = max(highest, int(picture.samples(column, row).max()))
    except SlideProblem:
        return 65535
    return int(full_range(np.dtype(np.uint16), 0, highest)[1])
