"""Whether the files of a slide are still where they were: a network share may go away and come back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["here", "gone", "other"]


@dataclass(frozen=True)
class Files:
    """The files of a slide as they were when it was opened: path, bytes, time of the last change in ns."""

    known: tuple[tuple[Path, int, int], ...]

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Files:
        """Look at them now; those that are not there are left out."""
        known = []
        for path in paths:
            try:
                status = path.stat()
            except OSError:
                continue
            known.append((path, status.st_size, status.st_mtime_ns))
        return cls(tuple(known))

    def state(self) -> State:
        """Whether all of them are here, one is gone, or another file lies in its place. May take its time."""
        for path, size, changed in self.known:
            try:
                status = path.stat()
            except OSError:
                return "gone"
            if (status.st_size, status.st_mtime_ns) != (size, changed):
                return "other"
        return "here"
