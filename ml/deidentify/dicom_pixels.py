"""The pixels of a DICOM object copied as they are stored, whatever their size, without decoding them.

Frames that carry words in the heads of their JPEGs lose those; then the tables of where frames begin (PS3.5
A.4, PS3.3 C.7.6.3.1.8) are written anew.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from pydicom.dataset import Dataset

from ml.deidentify.streams import without_words

_UNDEFINED = 0xFFFFFFFF
_ITEM, _LAST = 0xFFFEE000, 0xFFFEE0DD
_CHUNK = 4 << 20

Told = Callable[[int], object]


@dataclass(frozen=True)
class _Fragment:
    """Where the bytes of an item lie in the source, and how long they will be."""

    at: int
    size: int
    written: int  # with padding to an even number
    changed: bool


class PixelElement:
    """The pixel data that a file stands at the beginning of; read once, then written behind a new header.

    Raises `ValueError` for what is cut short or not laid out as the standard says, `OSError`.
    """

    def __init__(self, source: BinaryIO, *, implicit: bool, order: str) -> None:
        self._source, self._order = source, order
        head = source.read(8 if implicit else 12)
        if len(head) < (8 if implicit else 12):
            raise ValueError("the pixels are missing")
        self._head = head
        self._length = struct.unpack(order + "I", head[-4:])[0]
        self._start = source.tell()
        self._fragments = self._walked() if self._length == _UNDEFINED else []

    @property
    def has_words(self) -> bool:
        """Whether any frame has words in its head."""
        return any(fragment.changed for fragment in self._fragments)

    def mend(self, header: Dataset) -> None:
        """Write the extended tables of a header anew, where frames will lie elsewhere than they did."""
        if self.has_words and "ExtendedOffsetTable" in header:
            frames = self._fragments[1:]
            places, lengths, at = [], [], 0
            for fragment in frames:
                places.append(at)
                lengths.append(fragment.written)
                at += 8 + fragment.written
            if len(frames) * 8 != len(header.ExtendedOffsetTable):
                raise ValueError("frames in several pieces with words in their heads")
            header.ExtendedOffsetTable = struct.pack(f"<{len(places)}Q", *places)
            header.ExtendedOffsetTableLengths = struct.pack(f"<{len(lengths)}Q", *lengths)

    def write(self, target: BinaryIO, copied: Told) -> None:
        """Copy everything. `copied` is told of so many bytes more, again and again."""
        target.write(self._head)
        if self._length != _UNDEFINED:
            self._copy(target, self._start, self._length, copied)
            return
        table = self._table()
        for number, fragment in enumerate(self._fragments):
            target.write(struct.pack("<HHI", 0xFFFE, 0xE000, fragment.written))
            if number == 0:
                target.write(table)
            elif fragment.changed:
                data = self._cleaned(fragment)
                target.write(data + bytes(len(data) % 2))
                copied(fragment.size)
            else:
                self._copy(target, fragment.at, fragment.size, copied)
        target.write(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))

    def _walked(self) -> list[_Fragment]:
        found: list[_Fragment] = []
        while True:
            head = self._source.read(8)
            if len(head) < 8:
                raise ValueError("the pixels are cut short")
            group, element, size = struct.unpack("<HHI", head)
            tag = group << 16 | element
            if tag == _LAST:
                return found
            if tag != _ITEM or size == _UNDEFINED:
                raise ValueError("the pixels are not laid out as the standard says")
            at = self._source.tell()
            written = size
            changed = False
            if found:  # the first item is the table
                data = self._source.read(size)
                if len(data) < size:
                    raise ValueError("the pixels are cut short")
                clean = without_words(data)
                changed = clean is not data
                written = len(clean) + len(clean) % 2
            found.append(_Fragment(at, size, written, changed))
            self._source.seek(at + size)

    def _table(self) -> bytes:
        """The basic table of offsets, as it was or with the places that frames have now."""
        first = self._fragments[0]
        self._source.seek(first.at)
        old = self._source.read(first.size)
        if not self.has_words or not old:
            return old
        now, before, at = {}, 0, 0
        for fragment in self._fragments[1:]:
            now[before] = at
            before += 8 + fragment.size
            at += 8 + fragment.written
        places = struct.unpack(f"<{len(old) // 4}I", old)
        return struct.pack(f"<{len(places)}I", *(now.get(place, place) for place in places))

    def _cleaned(self, fragment: _Fragment) -> bytes:
        self._source.seek(fragment.at)
        return without_words(self._source.read(fragment.size))

    def _copy(self, target: BinaryIO, at: int, size: int, copied: Told) -> None:
        self._source.seek(at)
        left = size
        while left:
            data = self._source.read(min(left, _CHUNK))
            if not data:
                raise ValueError("the pixels are cut short")
            target.write(data)
            copied(len(data))
            left -= len(data)
