"""Finds the file of an item again that was moved or renamed, in the folders where a person says to look."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.slide.dicom_picture import is_dicom
from ml.slide.dicom_series import kind_of
from ml.volume.series import find_series
from viewer.cases.fingerprint import fingerprint_of, same, size_in
from viewer.cases.values import Item


def find_moved(item: Item, folders: Iterable[Path], progress: Progress | None = None) -> Path | None:
    """Where the slide or series of an item lies now; None when it is nowhere in these folders.

    Only what has its fingerprint counts: a file of the same name may be another slide. Of the files of the
    right size those of the same name are looked into first. Raises `Cancelled`.
    """
    progress = progress or Progress()
    if not item.fingerprint:
        return None
    look = _series if item.kind == "ct" else _slide
    return next((found for folder in folders if (found := look(item, folder, progress)) is not None), None)


def _series(item: Item, folder: Path, progress: Progress) -> Path | None:
    try:
        found = find_series(folder, progress)
    except Problem:  # it is not there
        return None
    for series in found.series:
        if fingerprint_of(series) == item.fingerprint:
            return Path(os.path.commonpath([slice_.path.parent for slice_ in series.slices]))
    return None


def _slide(item: Item, folder: Path, progress: Progress) -> Path | None:
    if item.fingerprint.startswith("dicom:"):
        candidates = _dicom(folder, progress)
    else:
        size, suffix = size_in(item.fingerprint), item.path.suffix.lower()
        alike = (p for p in _walked(folder, progress) if p.suffix.lower() == suffix and _size(p) == size)
        candidates = iter(sorted(alike, key=lambda path: path.name != item.path.name))
    return next((path for path in candidates if same(path, item.fingerprint)), None)


def _dicom(folder: Path, progress: Progress) -> Iterator[Path]:
    """A file of each DICOM slide; single pictures too."""
    seen = set()
    for path in _walked(folder, progress):
        try:
            with path.open("rb") as file:
                if not is_dicom(file.read(132)):
                    continue
            kind = kind_of(path)
        except (OSError, Problem):
            continue
        mark = (path.parent, kind.series, kind.pyramid or kind.frame_of_reference)
        if not kind.is_slide or mark not in seen:
            seen.add(mark)
            yield path


def _walked(folder: Path, progress: Progress) -> Iterator[Path]:
    for number, (root, folders, names) in enumerate(os.walk(folder)):
        folders.sort()
        progress.step(Step("Looking for the file", number, 0))
        for name in sorted(names):
            progress.check()
            path = Path(root, name)
            if path.is_file():  # no pipe, which one would wait for
                yield path


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
