"""How one picture of a TIFF lies in the file: where its tiles or strips are, and how they are coded.

A tile and a strip are the same to us: a *segment*, a rectangle of the picture that is decoded in one go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Rect, Size

MOST_SEGMENT_BYTES = 64 * 2**20
"""Bytes of the largest segment that is decoded. Tiles have a few hundred kB; a whole slide in one strip does
not belong here."""

_LONGEST_SIDE = 2**23  # px: 8 million at 0.1 µm/px are 84 cm
_ORIENTATION = 274
_CONTIGUOUS = 1
_UNSIGNED = 1
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


def stored_picture(page: Any) -> StoredPicture:
    """Look at a page of tifffile. Raises `Unsuited`."""
    size = Size(int(page.imagewidth), int(page.imagelength))
    if not (1 <= size.width <= _LONGEST_SIDE and 1 <= size.height <= _LONGEST_SIDE):
        raise Unsuited(f"a picture in it claims to have {size.width} × {size.height} px")
    _check_layout(page)
    samples, dtype = int(page.samplesperpixel), _dtype(page)
    photometric, compression = int(page.photometric), int(page.compression)
    _check_colors(page, photometric, compression)
    segment = _segment(page, size)
    if segment.area * samples * dtype.itemsize > MOST_SEGMENT_BYTES:
        raise Unsuited(
            f"its parts are too large to be decoded one by one ({segment.width} × {segment.height} px)"
        )
    separate = int(page.planarconfig) != _CONTIGUOUS and samples > 1
    across = -(-size.width // segment.width)
    starts, counts = _places(page)
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
        palette=_palette(page, dtype) if photometric == PALETTE else None,
        profile=bytes(profile.value) if profile else None,
    )


def _check_colors(page: Any, photometric: int, compression: int) -> None:
    samples = int(page.samplesperpixel)
    if photometric not in _SAMPLES or samples not in _SAMPLES[photometric]:
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


def _dtype(page: Any) -> np.dtype[Any]:
    bits = page.bitspersample
    if int(page.sampleformat) != _UNSIGNED or bits not in {8, 16}:
        raise Unsuited(f"its samples are not whole numbers of 8 or 16 bits ({page.dtype} of {bits} bits)")
    return np.dtype(f"{page.parent.byteorder}u{bits // 8}")


def _segment(page: Any, size: Size) -> Size:
    if page.is_tiled:
        segment = Size(int(page.tilewidth), int(page.tilelength))
    else:
        segment = Size(size.width, min(int(page.rowsperstrip) or size.height, size.height))
    if segment.width < 1 or segment.height < 1:
        raise Unsuited("its tiles have no size")
    return segment


def _places(page: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    try:
        starts = np.asarray(page.dataoffsets, dtype=np.int64)
        counts = np.asarray(page.databytecounts, dtype=np.int64)
    except (OverflowError, ValueError, TypeError) as error:
        raise Unsuited("its table of tiles is damaged") from error
    if starts.shape != counts.shape or starts.ndim != 1 or (counts.size and int(counts.min()) < 0):
        raise Unsuited("its table of tiles is damaged")
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
