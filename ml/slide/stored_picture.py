"""How one picture of a TIFF lies in the file: where its tiles or strips are, and how they are coded.

A tile and a strip are the same to us: a *segment*, a rectangle of the picture that is decoded in one go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Rect, Size

MOST_SEGMENT_BYTES = 64 * 2**20
"""Bytes of the largest segment that is decoded. Tiles have a few hundred kB; a whole slide in one strip does
not belong here."""

_PIECE_BYTES = 2**20  # of a picture in one uncompressed strip, that are read at a time

_LONGEST_SIDE = 2**23  # px: 8 million at 0.1 µm/px are 84 cm
_ORIENTATION = 274
_CONTIGUOUS = 1
_UNSIGNED, _SIGNED = 1, 2
_ICC = 34675

MINISWHITE, MINISBLACK, RGB, PALETTE, SEPARATED, YCBCR = 0, 1, 2, 3, 5, 6
"""Photometric interpretations that are understood here."""

JPEG = 7
JPEG_2000 = frozenset({33003, 33004, 33005, 34712})
WEBP = 50001

_SAMPLES = {
    MINISWHITE: range(1, 2),
    MINISBLACK: range(1, 3),
    RGB: range(3, 5),
    PALETTE: range(1, 2),
    SEPARATED: range(4, 5),
    YCBCR: range(3, 4),
}
_SIGNALS = {MINISBLACK: range(1, 257), RGB: range(1, 257), PALETTE: range(1, 2)}


class Unsuited(Exception):  # noqa: N818 - not an error: another reader takes the file
    """A file, or a picture of it, that is not read here exactly; the reason is a sentence's second half."""


@dataclass(frozen=True, eq=False)
class StoredPicture:
    """One picture (an IFD) of a TIFF; `stored_picture` makes it, and checks what it is made of."""

    size: Size  # px that are shown
    segment: Size  # px of a tile; of a strip, the picture's width and its rows
    across: int  # segments a row: more than `size` asks for where a writer filled the picture up
    tiled: bool
    samples: int
    dtype: np.dtype[Any]  # uint8 or uint16, with the file's byte order
    photometric: int
    separate: bool  # each sample in segments of its own
    compression: int
    predictor: int
    alpha: int  # 1: colours are multiplied with the last sample; 2: they are not; 0: there is no alpha
    starts: NDArray[np.int64]  # byte of each segment, row by row (sample after sample when separate)
    counts: NDArray[np.int64]  # bytes of each; 0 where the writer left it out
    tables: bytes | None = None  # JPEG tables that all segments share
    palette: NDArray[np.uint8] | None = None  # (n, 3)
    profile: bytes | None = None  # ICC
    signed: bool = False  # samples below 0, which are shifted up by half of the range

    @property
    def columns(self) -> int:
        """Segments across that are shown."""
        return -(-self.size.width // self.segment.width)

    @property
    def rows(self) -> int:
        """Segments down that are shown."""
        return -(-self.size.height // self.segment.height)

    @property
    def plane(self) -> int:
        """Segments of one sample when they are separate."""
        return len(self.starts) // self.samples if self.separate else len(self.starts)

    def is_missing(self, column: int, row: int) -> bool:
        """Whether the writer left this segment out."""
        return int(self.counts[row * self.across + column]) == 0

    def rows_of(self, row: int) -> int:
        """Rows that a segment of this row of segments holds: all, but for the last strip."""
        if self.tiled:
            return self.segment.height
        return min(self.segment.height, self.size.height - row * self.segment.height)

    def rect_of(self, column: int, row: int) -> Rect:
        """Where the segment lies, cut at the picture's edge; px of the picture, whole numbers."""
        x, y = column * self.segment.width, row * self.segment.height
        width, height = min(self.segment.width, self.size.width - x), self.segment.height
        return Rect(x, y, width, min(height, self.size.height - y))


def stored_picture(page: Any, signals: bool = False) -> StoredPicture:
    """Look at a page of tifffile. Raises `Unsuited`.

    Of signals, whose samples are shown in colours of their own, there may be any number, and below 0.
    """
    size = Size(int(page.imagewidth), int(page.imagelength))
    if not (1 <= size.width <= _LONGEST_SIDE and 1 <= size.height <= _LONGEST_SIDE):
        raise Unsuited(f"a picture in it claims to have {size.width} × {size.height} px")
    _check_layout(page)
    samples, dtype = int(page.samplesperpixel), _dtype(page, signals)
    photometric, compression = int(page.photometric), int(page.compression)
    _check_colors(page, photometric, compression, _SIGNALS if signals else _SAMPLES)
    segment = _segment(page, size, samples * dtype.itemsize)
    separate = int(page.planarconfig) != _CONTIGUOUS and samples > 1
    across = -(-size.width // segment.width)
    starts, counts = _places(page, segment, size.width * samples * dtype.itemsize)
    if len(starts) != across * -(-size.height // segment.height) * (samples if separate else 1):
        raise Unsuited("its table of tiles does not fit its size")
    profile = page.tags.get(_ICC)
    return StoredPicture(
        size=size,
        segment=segment,
        across=across,
        tiled=bool(page.is_tiled),
        samples=samples,
        dtype=dtype,
        photometric=photometric,
        separate=separate,
        compression=compression,
        predictor=int(page.predictor),
        alpha=_alpha(page, photometric, samples),
        starts=starts,
        counts=counts,
        tables=page.jpegtables,
        palette=_palette(page, dtype) if photometric == PALETTE and not signals else None,
        profile=bytes(profile.value) if profile else None,
        signed=int(page.sampleformat) == _SIGNED,
    )


def _check_colors(page: Any, photometric: int, compression: int, known: Mapping[int, range]) -> None:
    samples = int(page.samplesperpixel)
    if photometric not in known or samples not in known[photometric]:
        raise Unsuited(f"its pixels are of a kind ({page.photometric!s}, {samples} samples) not read here")
    if photometric == YCBCR and compression not in {JPEG, *JPEG_2000}:
        raise Unsuited("it holds YCbCr colours that are not compressed as JPEG")


def _check_layout(page: Any) -> None:
    """Refuse what hardly any slide has and what would need care that nobody could test."""
    orientation = page.tags.get(_ORIENTATION)
    if orientation is not None and int(orientation.value) != 1:
        raise Unsuited("its pictures lie on their side")
    if int(page.fillorder) != 1:
        raise Unsuited("its bits are in reverse order")
    if int(page.imagedepth) != 1:
        raise Unsuited("its tiles are blocks of a volume")


def _dtype(page: Any, signals: bool) -> np.dtype[Any]:
    bits = page.bitspersample
    formats = {_UNSIGNED, _SIGNED} if signals else {_UNSIGNED}
    if int(page.sampleformat) not in formats or bits not in {8, 16}:
        raise Unsuited(f"its samples are not whole numbers of 8 or 16 bits ({page.dtype} of {bits} bits)")
    return np.dtype(f"{page.parent.byteorder}u{bits // 8}")


def _segment(page: Any, size: Size, pixel_bytes: int) -> Size:
    if page.is_tiled:
        segment = Size(int(page.tilewidth), int(page.tilelength))
    else:
        segment = Size(size.width, min(int(page.rowsperstrip) or size.height, size.height))
    if segment.width < 1 or segment.height < 1:
        raise Unsuited("its tiles have no size")
    if _is_one_piece(page, size.area * pixel_bytes):
        rows = max(1, _PIECE_BYTES // (size.width * pixel_bytes))
        segment = Size(size.width, min(size.height, rows))
    if segment.area * pixel_bytes > MOST_SEGMENT_BYTES:
        raise Unsuited(
            f"its parts are too large to be decoded one by one ({segment.width} × {segment.height} px)"
        )
    return segment


def _is_one_piece(page: Any, total: int) -> bool:
    """Whether the pixels lie one after the other, all of them, so that any rows can be read alone."""
    separate = int(page.planarconfig) != _CONTIGUOUS and int(page.samplesperpixel) > 1
    counts = page.databytecounts
    is_plain = not page.is_tiled and int(page.compression) == 1 and not separate
    return is_plain and len(counts) == 1 and int(counts[0]) >= total


def _places(page: Any, segment: Size, row_bytes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    try:
        starts = np.asarray(page.dataoffsets, dtype=np.int64)
        counts = np.asarray(page.databytecounts, dtype=np.int64)
    except (OverflowError, ValueError, TypeError) as error:
        raise Unsuited("its table of tiles is damaged") from error
    if starts.shape != counts.shape or starts.ndim != 1 or (counts.size and int(counts.min()) < 0):
        raise Unsuited("its table of tiles is damaged")
    height = int(page.imagelength)
    if len(starts) == 1 and segment.height < height and not page.is_tiled:
        tops = np.arange(0, height, segment.height, dtype=np.int64)
        return starts[0] + tops * row_bytes, np.minimum(segment.height, height - tops) * row_bytes
    return starts, counts


def _alpha(page: Any, photometric: int, samples: int) -> int:
    """The meaning of a sample beyond the colour; what is unspecified is to be passed over (TIFF 6.0)."""
    colors = {RGB: 3, MINISBLACK: 1, MINISWHITE: 1}.get(photometric, samples)
    extra = page.extrasamples
    return int(extra[0]) if samples > colors and extra and int(extra[0]) in {1, 2} else 0


def _palette(page: Any, dtype: np.dtype[Any]) -> NDArray[np.uint8]:
    colors = page.colormap
    if colors is None or colors.shape != (3, 2 ** (8 * dtype.itemsize)):
        raise Unsuited("its palette is missing or incomplete")
    wide = colors.T.astype(np.uint32)  # 16 bits a colour, by libtiff's rule
    return np.ascontiguousarray((wide if wide.max() < 256 else wide * 255 // 65535).astype(np.uint8))
