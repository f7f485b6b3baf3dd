"""The slide or series that a record speaks of: found by its hash, wherever it lies."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from ml.files import files_of, sha256_of
from ml.progress import Cancelled, Progress, Step
from ml.slide.opening import open_slide
from ml.volume.opening import open_ct
from ml.volume.series import Series

PHASE = "Reading what was analyzed"


def hash_of_slide(path: Path, progress: Progress) -> str:
    """The hash as an analysis takes it. Raises `SlideProblem`, `OSError`, `Cancelled`."""
    with open_slide(path) as slide:
        files = sorted(slide.files) or files_of(path)
    return _hash(files, progress)


def hash_of_series(series: Series, progress: Progress) -> str:
    """The hash as an analysis takes it. Raises `OSError`, `Cancelled`."""
    return _hash(list(series.files), progress)


def found_series(path: Path, sha256: str, slices: int, progress: Progress) -> Series | None:
    """The series of this hash in a folder, file or zip; None where there is none.

    Raises `Problem` where it holds no DICOM, `OSError`, `Cancelled`.
    """
    for series in open_ct(path, progress).series:
        if len(series) == slices and hash_of_series(series, progress) == sha256:
            return series
    return None


def _hash(files: list[Path], progress: Progress) -> str:
    total = sum(file.stat().st_size for file in files)
    found = sha256_of(files, lambda: progress.stop_wished, _told(total, progress))
    if not found:
        raise Cancelled
    return found


def _told(total: int, progress: Progress) -> Callable[[int], None]:
    began, done = time.perf_counter(), 0

    def read(count: int) -> None:
        nonlocal done
        done += count
        progress.step(Step(PHASE, done >> 20, total >> 20, time.perf_counter() - began))

    return read
