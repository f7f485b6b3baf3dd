"""Where the bytes of a DICOM object are: in a file of its own, or packed in a zip."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from ml.errors import Problem
from ml.slide.positioned_file import PositionedFile

MOST_UNPACKED = 2 * 2**30
"""Bytes of the largest object that is unpacked out of a zip or a compressed file."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A member of a zip, as its table of contents has it."""

    archive: Path
    header: int  # first byte of its local header
    packed_bytes: int
    bytes: int
    is_deflated: bool
    crc: int


class MemoryFile(PositionedFile):
    """A file whose bytes are in memory already."""

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.size = len(data)
        self._data = data

    def read_some(self, start: int, count: int) -> bytes:
        """See `PositionedFile.read_some`."""
        return self._data[start : start + count] if start >= 0 and count >= 0 else b""

    def close(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file, or a member of a zip: then `path` is the path of the zip and the member's name in it."""

    path: Path
    packed: Packed | None = None

    def open(self) -> PositionedFile:
        """To be read by any number of threads. Raises `Problem` where that cannot be."""
        if self.packed is None:
            return PositionedFile(self.path)
        return MemoryFile(self.path, self._unpacked(self.packed))

    def state(self) -> tuple[int, int]:
        """Size in bytes and time of the last change in ns: another one means another file."""
        path = self.packed.archive if self.packed else self.path
        try:
            found = path.stat()
        except OSError as error:
            words = f"{self.path.name} cannot be read: {error.strerror or error}."
            raise Problem(words, "Check that its drive is connected.") from error
        return found.st_size, found.st_mtime_ns

    def _unpacked(self, packed: Packed) -> bytes:
        if packed.bytes > MOST_UNPACKED:
            raise self._damaged(f"says that it is {packed.bytes / 2**30:.0f} GiB large")
        archive = PositionedFile(packed.archive)
        try:
            head = archive.read(packed.header, 30)
            if head[:4] != b"PK\3\4":
                raise self._damaged("is not where the zip says")
            name, extra = struct.unpack_from("<HH", head, 26)
            data = archive.read(packed.header + 30 + name + extra, packed.packed_bytes)
        finally:
            archive.close()
        if packed.is_deflated:
            data = inflated(data, packed.bytes)
        if len(data) != packed.bytes or zlib.crc32(data) != packed.crc:
            raise self._damaged("does not unpack to what the zip says")
        return data

    def _damaged(self, words: str) -> Problem:
        return Problem(f"{self.path.name} {words}.", "The zip is damaged; copy it anew.", path=self.path)


def inflated(data: bytes, most: int) -> bytes:
    """Unpacked bytes, `most` at most; fewer where they are damaged or cut short."""
    return _inflated(data, most)[0]


def inflated_whole(data: bytes, most: int) -> bytes | None:
    """Unpacked bytes up to the end that the packing itself has; None where it does not come to it."""
    found, is_whole = _inflated(data, most)
    return found if is_whole else None


def _inflated(data: bytes, most: int) -> tuple[bytes, bool]:
    machine = zlib.decompressobj(-15)
    try:
        return machine.decompress(data, most), machine.eof
    except zlib.error:
        return b"", False
