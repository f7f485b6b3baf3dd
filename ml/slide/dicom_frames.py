"""Where in a DICOM file each frame lies, found once and without reading the frames."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from ml.errors import SlideProblem
from ml.slide.dicom_codec import NATIVE, PixelForm
from ml.slide.dicom_elements import Header
from ml.slide.positioned_file import PositionedFile, cut_short

MOST_COMPRESSED = 512 * 2**20
"""Bytes of the largest compressed frame that is read."""

_ITEM = b"\xfe\xff\x00\xe0"
_END = b"\xfe\xff\xdd\xe0"
_STARTS = (b"\xff\xd8", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP")  # JPEG and JPEG-LS, JPEG 2000, JP2
_RLE = "1.2.840.10008.1.2.5"

Numbers = NDArray[np.int64]


class Frames(ABC):
    """The frames of one file. Any number of threads may read at the same time."""

    count: int

    @abstractmethod
    def read(self, index: int) -> bytes:
        """The bytes of a frame; empty where the file has none for it. Raises `SlideProblem`."""

    @abstractmethod
    def share_here(self) -> float:
        """How many of the frames are there before the file ends, 0 to 1. Cheap where all are."""


def frames_of(file: PositionedFile, header: Header, form: PixelForm, count: int) -> Frames:
    """The frames behind a header. Raises `SlideProblem` when there cannot be any."""
    if header.pixel_bytes is None:
        return FragmentedFrames(file, header, form, count)
    if form.syntax not in NATIVE:
        raise SlideProblem(
            f"The pixels of {file.path.name} are not compressed, though the file says so.",
            "Export it anew: it contradicts itself.",
            path=file.path,
        )
    return PlainFrames(file, header, form, count)


class PlainFrames(Frames):
    """Uncompressed frames, one behind the other."""

    def __init__(self, file: PositionedFile, header: Header, form: PixelForm, count: int) -> None:
        self.count = count
        self._file = file
        self._start = header.pixels
        self._step = form.frame_bytes
        self._bytes = min(header.pixel_bytes or 0, file.size - header.pixels)  # what belongs to the pixels

    def read(self, index: int) -> bytes:
        """See `Frames.read`."""
        if (index + 1) * self._step > self._bytes:
            raise cut_short(self._file.path)
        return self._file.read(self._start + index * self._step, self._step)

    def share_here(self) -> float:
        """See `Frames.share_here`."""
        return min(1.0, self._bytes // self._step / self.count)


class FragmentedFrames(Frames):
    """Compressed frames (PS3.5 A.4): found by the extended or basic offset table, else by the fragments.

    The table is made at the first read. Two threads may make it at once: both come to the same.
    """

    def __init__(self, file: PositionedFile, header: Header, form: PixelForm, count: int) -> None:
        self.count = count
        self._file = file
        self._start = header.pixels
        self._is_rle = form.syntax == _RLE
        extended = header.items.get(0x7FE00001)
        self._extended = extended.value if extended else b""
        self._spans: Numbers | None = None

    def read(self, index: int) -> bytes:
        """See `Frames.read`."""
        if self._spans is None:
            self._spans = self._found()
        start, end = self._spans[index].tolist()
        if end <= start:
            return b""
        if end - start > MOST_COMPRESSED:
            raise self._damaged()
        return self._joined(self._file.read(start, end - start))

    def share_here(self) -> float:
        """See `Frames.share_here`."""
        tail = self._file.read_some(max(0, self._file.size - 8), 8)
        if tail.startswith(_END):
            return 1.0
        if self._spans is None:
            self._spans = self._found()
        there = (self._spans[:, 1] > self._spans[:, 0]) & (self._spans[:, 1] <= self._file.size)
        return float(there.mean()) if there.size else 0.0

    def _joined(self, data: bytes) -> bytes:
        """The fragments of a frame without what stands between them."""
        parts: list[bytes] = []
        at = 0
        while at + 8 <= len(data):
            tag, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
            if tag == _END and parts:
                break
            if tag != _ITEM or at + 8 + length > len(data):
                raise self._damaged()
            parts.append(data[at + 8 : at + 8 + length])
            at += 8 + length
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _found(self) -> Numbers:
        """First and last-but-one byte of each frame, items' headers included; equal where there is none."""
        tag, length = self._item(self._start)
        if tag != _ITEM:
            raise self._damaged()
        first = self._start + 8 + length
        tables = (
            np.frombuffer(self._extended, "<u8", count=len(self._extended) // 8),
            np.frombuffer(self._file.read(self._start + 8, min(length, 4 * self.count)), "<u4")
            if length % 4 == 0
            else np.zeros(0, "<u4"),
        )
        for table in tables:
            if len(table) >= self.count:
                spans = self._by_table(first, table[: self.count].astype(np.int64), table.itemsize == 4)
                if spans is not None:
                    return spans
        return self._by_fragments(first)

    def _by_table(self, first: int, offsets: Numbers, is_short: bool) -> Numbers | None:
        """Spans from offsets; None where they do not point at items (then the fragments tell)."""
        if is_short:  # 32 bits overflow behind 4 GiB: each fall means another turn
            offsets = offsets + (np.cumsum(np.diff(offsets, prepend=0) < 0) * 2**32)
        starts = offsets + first
        checked = (int(starts.min()), int(starts.max()))
        if checked[1] + 8 > self._file.size or any(self._item(at)[0] != _ITEM for at in checked):
            return None
        known = np.unique(starts)
        nexts = np.append(known[1:], self._end_behind(int(known[-1])))
        return np.stack([starts, nexts[np.searchsorted(known, starts)]], axis=1)

    def _end_behind(self, at: int) -> int:
        """First byte behind the fragments from here to the end of the sequence."""
        while at + 8 <= self._file.size:
            tag, length = self._item(at)
            if tag != _ITEM:
                return at
            at += 8 + length
        return max(at, self._file.size + 1)  # cut short: reading it says so

    def _by_fragments(self, first: int) -> Numbers:
        """Walk all fragments; a frame begins with the marker of its codec, or is one fragment."""
        starts, marks = [], []
        at = first
        while at + 8 <= self._file.size:
            head = self._file.read_some(at, 20)
            tag, length = head[:4], int.from_bytes(head[4:8], "little")
            if tag != _ITEM:
                break
            starts.append(at)
            marks.append(length == 0 or head[8:].startswith(_STARTS))
            at += 8 + length
        bounds = np.array([*starts, at], dtype=np.int64)
        begins = self._beginnings(np.array(marks, dtype=bool))
        edges = np.append(bounds[begins], at)[: self.count + 1]
        spans = np.zeros((self.count, 2), dtype=np.int64)
        spans[: len(edges) - 1] = np.stack([edges[:-1], edges[1:]], axis=1)
        if at > self._file.size or len(edges) <= self.count:  # frames that the file promised and has not
            spans[len(edges) - 1 :] = (self._file.size, self._file.size + 1)
        return spans

    def _beginnings(self, marks: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Which fragments begin a frame."""
        if self.count == 1:
            return np.zeros(min(1, len(marks)), dtype=np.intp)
        if self._is_rle or len(marks) <= self.count:
            return np.arange(len(marks))
        return np.flatnonzero(marks)

    def _item(self, at: int) -> tuple[bytes, int]:
        head = self._file.read_some(at, 8)
        if len(head) < 8:
            raise cut_short(self._file.path)
        return struct.unpack("<4sI", head)

    def _damaged(self) -> SlideProblem:
        return SlideProblem(
            f"A tile of {self._file.path.name} is not where the file says that it is.",
            "The file is damaged; copy it anew from where it comes from.",
            path=self._file.path,
        )
