"""The header of a DICOM file (PS3.5 chapter 7), walked once up to the pixels and no further.

Only what is asked for is interpreted: a value that its writer got wrong (a UID too long, a decimal number
of 20 digits) does no harm where nobody looks at it. Everything stays within the file and within a bound.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from ml.errors import SlideProblem
from ml.slide.positioned_file import PositionedFile, cut_short

MOST_HEADER = 256 * 2**20
"""Bytes of the longest header that is read: the positions of some 800,000 tiles."""

_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
_PER_FRAME = 0x52009230
_EVERYTHING = 0xFFFFFFFF
_LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_DEEPEST = 16  # sequences within sequences; real files have 6
_IMPLICIT = "1.2.840.10008.1.2"
_REFUSED = {
    "1.2.840.10008.1.2.2": "written with the most significant byte first",
    "1.2.840.10008.1.2.1.99": "compressed as a whole",
}
_BINARY = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}


@dataclass(frozen=True, slots=True)
class Element:
    """A value as it stands in the file, or the items of a sequence."""

    vr: str
    value: bytes = b""
    items: tuple[Item, ...] = ()


Item = dict[int, Element]


@dataclass(frozen=True, slots=True)
class FramePlace:
    """Where a frame lies: 1-based px of the whole matrix, µm in depth, and the optical path."""

    column: int
    row: int
    z: float
    path: str


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the pixels. `pixels` is 0 and `places` None where it has none."""

    syntax: str
    items: Item
    places: tuple[FramePlace | None, ...] | None = None
    pixels: int = 0  # first byte of the pixel data
    pixel_bytes: int | None = None  # None: in fragments, each with its own length
    meta: Item = field(default_factory=dict)


def text(item: Item, tag: int) -> str:
    """A value as text; empty where there is none. Several values are parted by a backslash."""
    element = item.get(tag)
    return element.value.decode("utf-8", "replace").strip(" \0") if element else ""


def numbers(item: Item, tag: int) -> tuple[float, ...]:
    """A value as numbers; empty where there is none, or where it is none."""
    element = item.get(tag)
    if element is None:
        return ()
    letter = _BINARY.get(element.vr)
    try:
        if letter:
            step = struct.calcsize(letter)
            return tuple(struct.unpack_from(f"<{len(element.value) // step}{letter}", element.value))
        return tuple(float(part) for part in text(item, tag).split("\\") if part.strip())
    except ValueError:
        return ()


def whole(item: Item, tag: int, missing: int = 0) -> int:
    """A value as one whole number."""
    found = numbers(item, tag)
    return int(found[0]) if found and abs(found[0]) < 2**62 else missing


def inside(item: Item, *tags: int) -> Item:
    """The first item of a sequence within the first item of a sequence ...; empty where one is missing."""
    for tag in tags:
        element = item.get(tag)
        if element is None or not element.items:
            return {}
        item = element.items[0]
    return item


def uid_name(uid: str) -> str:
    """What the standard calls it; empty where it does not know it."""
    from pydicom.config import IGNORE
    from pydicom.uid import UID

    name = UID(uid, IGNORE).name
    return "" if name == uid else name.removesuffix(" Storage")


def read_header(file: PositionedFile, last: int = _EVERYTHING) -> Header:
    """Read up to the pixels, or up to the tag `last` where less is enough.

    Raises `SlideProblem` when the file is no DICOM, is damaged, or ends within its header.
    """
    walk = _Walk(file)
    try:
        return _read_header(walk, last)
    except struct.error as error:
        raise _damaged(file) from error


def _read_header(walk: _Walk, last: int) -> Header:
    if walk.file.read_some(128, 4) != b"DICM":
        raise SlideProblem(
            f"{walk.file.path.name} is no DICOM file.", "Open another file.", path=walk.file.path
        )
    walk.at = 132
    meta: Item = {}
    while walk.next_group() == 0x0002:
        tag, vr, length = walk.element()
        meta[tag] = walk.value(vr, length, 0)
    syntax = text(meta, 0x00020010)
    if syntax in _REFUSED and last != _EVERYTHING:
        return Header(syntax, {}, meta=meta)  # what kind of object it is stands there, too
    if syntax in _REFUSED:
        raise SlideProblem(
            f"{walk.file.path.name} is a DICOM file {_REFUSED[syntax]}, which is not read here.",
            "Export it anew in another transfer syntax (explicit VR little endian, or JPEG).",
            path=walk.file.path,
        )
    walk.explicit = syntax != _IMPLICIT
    items: Item = {}
    places: tuple[FramePlace | None, ...] | None = None
    while walk.at < walk.file.size:
        tag, vr, length = walk.element()
        if tag in _PIXELS:
            size = None if length == _UNDEFINED else length
            return Header(syntax, items, places, walk.at, size, meta)
        if tag > last:
            break
        if tag == _PER_FRAME:
            places = _all_or_none(tuple(_place(group) for group in walk.items(length, 1)))
        else:
            items[tag] = walk.value(vr, length, 0)
    return Header(syntax, items, places, meta=meta)


def _place(group: Item) -> FramePlace | None:
    position = inside(group, 0x0048021A)
    if 0x0048021E not in position or 0x0048021F not in position:
        return None
    z = numbers(position, 0x0040074A)
    path = text(inside(group, 0x00480207), 0x00480106)
    return FramePlace(whole(position, 0x0048021E), whole(position, 0x0048021F), z[0] if z else 0.0, path)


def _all_or_none(places: tuple[FramePlace | None, ...]) -> tuple[FramePlace | None, ...] | None:
    return places if any(places) else None


class _Walk:
    """A place in a header that is read from the front, a growing piece at a time."""

    def __init__(self, file: PositionedFile) -> None:
        self.file = file
        self.at = 0
        self.explicit = True
        self._data = bytearray()

    def next_group(self) -> int:
        """Group of the element that comes next; 0 at the end of the file."""
        return (
            int.from_bytes(self._data[self.at : self.at + 2], "little") if self._reaches(self.at + 8) else 0
        )

    def element(self) -> tuple[int, str, int]:
        """Tag, VR and length of the element here; afterwards `at` is its value."""
        if self.at + 12 > len(self._data):
            self._need(min(self.at + 12, max(self.at + 8, self.file.size)))
        group, number, length = struct.unpack_from("<HHI", self._data, self.at)
        tag = group << 16 | number
        if group == 0xFFFE:
            self.at += 8
            return tag, "", length
        if not self.explicit:
            self.at += 8
            return tag, _vr_of(tag), length
        vr = bytes(self._data[self.at + 4 : self.at + 6])
        if not vr.isalpha():
            raise _damaged(self.file)
        if vr in _LONG:
            length = struct.unpack_from("<I", self._data, self.at + 8)[0]
            self.at += 12
        else:
            length >>= 16
            self.at += 8
        return tag, vr.decode("ascii"), length

    def value(self, vr: str, length: int, depth: int) -> Element:
        """The value here, or all items of the sequence here."""
        if vr == "SQ" or length == _UNDEFINED:
            explicit = self.explicit
            self.explicit = explicit and vr != "UN"  # PS3.5 6.2.2: an unknown sequence is in implicit VR
            items = tuple(self.items(length, depth + 1))
            self.explicit = explicit
            return Element("SQ", items=items)
        self._need(self.at + length)
        start, self.at = self.at, self.at + length
        return Element(vr, bytes(self._data[start : self.at]))

    def items(self, length: int, depth: int) -> Iterator[Item]:
        """The items of a sequence, one at a time: those of all frames together may be large."""
        if depth > _DEEPEST:
            raise _damaged(self.file)
        end = None if length == _UNDEFINED else self.at + length
        while end is None or self.at < end:
            tag, _, size = self.element()
            if tag == _SEQUENCE_END:
                return
            if tag != _ITEM:
                raise _damaged(self.file)
            yield self._item(None if size == _UNDEFINED else self.at + size, depth)

    def _item(self, end: int | None, depth: int) -> Item:
        found: Item = {}
        while end is None or self.at < end:
            tag, vr, length = self.element()
            if tag == _ITEM_END:
                break
            found[tag] = self.value(vr, length, depth)
        return found

    def _reaches(self, end: int) -> bool:
        if end > len(self._data) and end <= self.file.size:
            self._need(end)
        return end <= len(self._data)

    def _need(self, end: int) -> None:
        if end <= len(self._data):
            return
        if end > self.file.size:
            raise cut_short(self.file.path)
        if end > MOST_HEADER:
            raise _damaged(self.file)
        more = max(end - len(self._data), 16384, len(self._data))
        self._data += self.file.read_some(len(self._data), min(more, MOST_HEADER))
        if end > len(self._data):
            raise cut_short(self.file.path)


@lru_cache(4096)
def _vr_of(tag: int) -> str:
    """What the dictionary says, where the file does not: only to know sequences and numbers."""
    from pydicom.datadict import dictionary_VR

    try:
        return dictionary_VR(tag)[:2]
    except KeyError:
        return "UN"


def _damaged(file: PositionedFile) -> SlideProblem:
    return SlideProblem(
        f"The header of {file.path.name} is damaged.",
        "Copy it anew from where it comes from.",
        path=file.path,
    )
