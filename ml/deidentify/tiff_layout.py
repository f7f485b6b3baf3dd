"""Pages of a TIFF (6.0 and BigTIFF) written with other tags around the same pixels, segment by segment."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from tifffile import TiffFile, TiffPage

from ml.deidentify.icc import without_words as colours_alone
from ml.deidentify.streams import without_words

DESCRIPTION, PROFILE, TABLES = 270, 34675, 347
_OFFSETS, _COUNTS = {273: 273, 324: 324}, {279: 279, 325: 325}
KEPT = frozenset(
    (
        *(254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 283, 284, 296, 317, 318, 319, 320),
        *(322, 323, 324, 325, 338, 339, 347, 529, 530, 531, 532, 32997, 34675),
    )
)
"""What decoding, colours and the size of a pixel need; no text of any kind."""

_JPEGS = frozenset((6, 7, 33003, 33005, 34712, 33004))
_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}


@dataclass(frozen=True)
class PageWish:
    """A page to be kept, and what its description shall say; empty: nothing."""

    page: TiffPage
    description: str = ""


@dataclass(frozen=True)
class _Tag:
    code: int
    kind: int  # TIFF's own number of the data type
    count: int
    value: bytes  # in the file's byte order


class TiffWriter:
    """Writes pages one after another in the byte order and the kind (classic, BigTIFF) of their source."""

    def __init__(self, source: TiffFile, reading: BinaryIO, target: BinaryIO) -> None:
        self._source, self._reading, self._target = source, reading, target
        self._order = source.byteorder
        self._big = source.is_bigtiff
        self._where = self._head()

    def write(self, wish: PageWish, copied: Callable[[int], object]) -> None:
        """Copy a page; `copied` is told of so many bytes of pixels more, again and again."""
        page = wish.page
        offsets, counts = self._pixels(page, copied)
        tags = [*self._tags(page), *self._places(page, offsets, counts)]
        if wish.description:
            text = wish.description.encode("ascii") + b"\0"
            tags.append(_Tag(DESCRIPTION, 2, len(text), text))
        self._directory(sorted(tags, key=lambda tag: tag.code))

    def _head(self) -> int:
        mark = b"II" if self._order == "<" else b"MM"
        if self._big:
            self._target.write(mark + struct.pack(self._order + "HHHQ", 43, 8, 0, 0))
            return 8
        self._target.write(mark + struct.pack(self._order + "HI", 42, 0))
        return 4

    def _pixels(self, page: TiffPage, copied: Callable[[int], object]) -> tuple[list[int], list[int]]:
        """Where each segment lies now, and how long it is; what lies in the source once is written once."""
        known: dict[tuple[int, int], tuple[int, int]] = {}
        offsets, counts = [], []
        coded = int(page.compression) in _JPEGS
        for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
            if not count:
                offsets.append(0)
                counts.append(0)
                continue
            if (offset, count) not in known:
                self._reading.seek(offset)
                data = self._reading.read(count)
                data = without_words(data) if coded else data
                known[offset, count] = self._even(), len(data)
                self._target.write(data)
                copied(count)
            place, length = known[offset, count]
            offsets.append(place)
            counts.append(length)
        return offsets, counts

    def _tags(self, page: TiffPage) -> Iterator[_Tag]:
        for tag in page.tags:
            if tag.code not in KEPT or tag.code in _OFFSETS or tag.code in _COUNTS:
                continue
            kind = int(tag.dtype)
            self._reading.seek(tag.valueoffset)
            value = self._reading.read(tag.count * _SIZES[kind])
            if tag.code == PROFILE:
                value = colours_alone(value)
            elif tag.code == TABLES:
                value = without_words(value)
            if kind == 2:  # no tag that is kept is text
                continue
            if value:
                yield _Tag(tag.code, kind, len(value) // _SIZES[kind], value)

    def _places(self, page: TiffPage, offsets: list[int], counts: list[int]) -> Iterator[_Tag]:
        where, lengths = (324, 325) if page.is_tiled else (273, 279)
        kind, letter = (16, "Q") if self._big else (4, "I")
        for code, values in ((where, offsets), (lengths, counts)):
            yield _Tag(code, kind, len(values), struct.pack(f"{self._order}{len(values)}{letter}", *values))

    def _directory(self, tags: list[_Tag]) -> None:
        """Values that do not fit beside their tag first, then the directory; the one before points to it."""
        room = 8 if self._big else 4
        entries = []
        for tag in tags:
            beside = tag.value.ljust(room, b"\0")
            if len(tag.value) > room:
                beside = self._number(self._even())
                self._target.write(tag.value)
            entries.append(
                struct.pack(self._order + "HH", tag.code, tag.kind) + self._number(tag.count) + beside
            )
        place = self._even()
        self._target.write(struct.pack(self._order + ("Q" if self._big else "H"), len(entries)))
        self._target.write(b"".join(entries))
        following = self._target.tell()
        self._target.write(self._number(0))
        self._target.seek(self._where)
        self._target.write(self._number(place))
        self._target.seek(0, 2)
        self._where = following

    def _number(self, value: int) -> bytes:
        return struct.pack(self._order + ("Q" if self._big else "I"), value)

    def _even(self) -> int:
        """The next even place (TIFF 6.0, section 2)."""
        if self._target.tell() % 2:
            self._target.write(b"\0")
        return self._target.tell()


def pages_of(source: TiffFile) -> list[TiffPage]:
    """All pages of the main chain, with all their tags."""
    return [page for page in source.pages if isinstance(page, TiffPage)]


def value(page: TiffPage, code: int) -> Any:
    """A tag's value; None where there is none."""
    tag = page.tags.get(code)
    return None if tag is None else tag.value
