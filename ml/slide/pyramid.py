"""The levels of a flat picture: made once by halving, kept in memory or, if large, in a file of the cache."""

from __future__ import annotations

import mmap
import os
import shutil
import tempfile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml import paths
from ml.errors import SlideProblem
from ml.geometry import Size
from ml.progress import Progress
from ml.slide.slide import Pixels

IN_MEMORY = 192 * 2**20
"""Bytes of a pyramid up to which it stays in memory; a larger one lies in a nameless file of the cache."""

SMALLEST = 512  # px: halving ends when both sides are no longer than this

_BAND = 512  # rows at a time; even, so that bands halve like the whole


def sizes_for(full: Size) -> list[Size]:
    """Sizes of all levels, finest first; an odd row or column counts for one pixel of the next level."""
    sizes = [full]
    while max(sizes[-1].width, sizes[-1].height) > SMALLEST:
        sizes.append(Size(-(-sizes[-1].width // 2), -(-sizes[-1].height // 2)))
    return sizes


class Pyramid:
    """Arrays (height, width, 3) uint8, finest first, of which level 0 is filled by whoever decodes."""

    def __init__(self, full: Size) -> None:
        sizes = sizes_for(full)
        flat, self._file = room_for(sum(size.area * 3 for size in sizes))
        self.levels: list[Pixels] = []
        start = 0
        for size in sizes:
            end = start + size.area * 3
            self.levels.append(flat[start:end].reshape(size.height, size.width, 3))
            start = end

    def build(self, progress: Progress) -> None:
        """Make all levels from level 0: means of 2 × 2 px. Raises `Cancelled`."""
        for finer, coarser in zip(self.levels, self.levels[1:], strict=False):
            for y in range(0, finer.shape[0], _BAND):
                progress.check()
                band = Image.fromarray(finer[y : y + _BAND]).reduce(2)
                coarser[y // 2 : y // 2 + band.height] = np.asarray(band)
                if y % (4 * _BAND) == 0:
                    self.let_go()
        self.let_go()

    def let_go(self) -> None:
        """Hand pages of the file back to the system, where it can be told; they come again when read."""
        advice = getattr(mmap, "MADV_DONTNEED", None)  # for a shared mapping this loses nothing
        if self._file is not None and advice is not None:
            self._file.madvise(advice)


def room_for(size: int) -> tuple[NDArray[np.uint8], mmap.mmap | None]:
    """This many bytes to write into: memory, or beyond `IN_MEMORY` a nameless file, which then comes along.

    Raises `SlideProblem` when there is no room on the disk.
    """
    if size <= IN_MEMORY:
        return np.empty(size, dtype=np.uint8), None
    file = _reserved(size)
    return np.frombuffer(file, dtype=np.uint8), file


def _reserved(size: int) -> mmap.mmap:
    """A file of this size without a name: it is gone when the last view is, even after a crash.

    The room is taken at once: a disk that fills up later would kill the program at a mere write to memory.
    """
    folder = paths.cache()
    if shutil.disk_usage(folder).free < size * 1.05:
        raise _no_room(size)
    try:
        with tempfile.TemporaryFile(prefix="picture-", dir=folder) as file:
            _take_room(file, size)
            return mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise _no_room(size) from error


def _take_room(file: IO[Any], size: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:
        file.truncate(size)


def _no_room(size: int) -> SlideProblem:
    return SlideProblem(
        f"This picture needs {size / 1e9:.1f} GB on the disk while it is open, and there is less left.",
        "Make room on the disk, or convert the picture to a pyramidal TIFF, which needs none.",
        bytes=size,
        folder=paths.cache(),
    )
