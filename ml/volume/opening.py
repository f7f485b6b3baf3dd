"""Opens whatever holds CT: a folder, one file, a DICOMDIR, a zip."""

from __future__ import annotations

from pathlib import Path

from ml.errors import Problem
from ml.progress import Progress
from ml.volume.series import Found, read_sources
from ml.volume.sources import sources_of


def open_ct(path: Path, progress: Progress | None = None) -> Found:
    """All CT series behind a path, and every other DICOM object there with the reason why it is none.

    A folder is searched with all folders in it; a single file is opened alone. Nothing of a zip is written
    to the disk. Raises `Problem` where there is nothing to read at all, `Cancelled`.
    """
    progress = progress or Progress()
    found = read_sources(sources_of(path, progress), progress)
    if not found.series and not found.broken and not found.others:
        raise Problem(f"{path.name} holds no DICOM files.", "Open the folder with the CT series.", path=path)
    return found
