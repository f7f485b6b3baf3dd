"""Opens whatever holds CT: a folder, one file, a DICOMDIR, a zip."""

from __future__ import annotations

from pathlib import Path

from ml.progress import Progress
from ml.volume.series import Found, find_series, read_series


def open_ct(path: Path, progress: Progress | None = None) -> Found:
    """All CT series behind a path, and every other DICOM object there with the reason why it is none.

    Raises `Problem` where there is nothing to read at all, `Cancelled`.
    """
    if path.is_dir():
        return find_series(path, progress)
    return read_series([path], progress)
