"""A file that many threads read at the same time, each at its own place, without queueing on a lock."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ml.errors import SlideGone, SlideProblem


class PositionedFile:
    """An open file without a current position. Any number of threads may read at the same time.

    A file that has gone (a network share) is opened anew at the next read, so that reading goes on when it
    is back. The descriptor is given back when the last read that uses it has ended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._closed = False
        self._descriptor: _Descriptor | None = None
        try:
            self._descriptor = _Descriptor(path)
            self._identity = self._descriptor.identity()
            self.size = self._identity[0]
        except OSError as error:
            raise _unreachable(path, error) from error

    def read(self, start: int, count: int) -> bytes:
        """Exactly `count` bytes from `start` on. Raises `SlideProblem` where the file ends before that."""
        data = self.read_some(start, count)
        if len(data) != count:
            raise cut_short(self.path)
        return data

    def read_some(self, start: int, count: int) -> bytes:
        """As many of `count` bytes from `start` on as the file has.

        Raises `SlideGone` where the system does not hand them over, `SlideProblem` where the file is another.
        """
        if self._closed:
            raise SlideProblem(f"{self.path.name} has been closed.", "Open it again.")
        if start < 0 or count < 0 or start >= self.size:
            return b""
        count = min(count, self.size - start)
        held = self._descriptor
        try:
            if held is not None:
                return held.read(start, count)
        except OSError:  # a share that came back answers only under a new number (ESTALE)
            self._descriptor = None
        try:
            held = self._descriptor = self._opened_anew()
            return held.read(start, count)
        except OSError as error:
            self._descriptor = None
            raise _unreachable(self.path, error) from error

    def _opened_anew(self) -> _Descriptor:
        """The file that is back, if it is still the same one: tiles of another would be lies."""
        descriptor = _Descriptor(self.path)
        if descriptor.identity() != self._identity:
            raise SlideProblem(f"{self.path.name} has changed since it was opened.", "Open it again.")
        return descriptor

    def close(self) -> None:
        """Let the file go, once the reads that are under way have ended. May be called twice."""
        self._closed = True
        self._descriptor = None


class _Descriptor:
    """The operating system's number of an open file; closed when nobody holds it any more.

    A number that was closed under a reading thread could by then belong to another file.
    """

    def __init__(self, path: Path) -> None:
        self.number = -1
        self.number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._close = os.close  # still there when the interpreter takes modules apart
        self._lock = threading.Lock()  # used only where there is no pread (Windows)

    def identity(self) -> tuple[int, int]:
        """Size in bytes and time of the last change in ns."""
        status = os.fstat(self.number)
        return status.st_size, status.st_mtime_ns

    def __del__(self) -> None:
        if self.number >= 0:
            self._close(self.number)

    def read(self, start: int, count: int) -> bytes:
        data = self._once(start, count)
        while 0 < len(data) < count:  # a network share may hand over less than was asked for
            more = self._once(start + len(data), count - len(data))
            if not more:
                break
            data += more
        return data

    def _once(self, start: int, count: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self.number, count, start)
        with self._lock:
            os.lseek(self.number, start, os.SEEK_SET)
            return os.read(self.number, count)


def cut_short(path: Path) -> SlideProblem:
    """The problem of a file that ends before its contents do."""
    return SlideProblem(
        f"{path.name} was cut short: a part of it is missing.",
        "The copy or download was probably interrupted: copy it anew from where it comes from.",
        path=path,
    )


def _unreachable(path: Path, error: OSError) -> SlideGone:
    return SlideGone(
        f"{path.name} cannot be read: {error.strerror or error}.",
        "Check that it is still there and that its drive is connected, then try again.",
        path=path,
    )
