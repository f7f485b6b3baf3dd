"""What a slide or a series is, wherever it lies: cheap to take, and the same after every copy and move."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from ml.errors import Problem, SlideProblem
from ml.slide.dicom_picture import is_dicom
from ml.slide.dicom_series import DICOMDIR, FoundSlide, kind_of, slide_of, slides_in
from ml.volume.series import Series

_WHOLE = 1 << 20  # bytes up to which a file is hashed as a whole
_END = 1 << 18  # bytes at either end
_SAMPLES = 32  # between them,
_SAMPLE = 1 << 14  # of so many bytes each
_DIGITS = 40  # hexadecimal


def fingerprint(path: Path) -> str:
    """Of the slide behind a path: "file:1932102:…", "mrxs:…", "dicom:…".

    A file is known by its size, both ends and 32 places between, at most 1 MiB of it; a MIRAX slide by those
    of all files in its folder; a DICOM slide by the UIDs of its levels, whichever of its files is named.
    Raises `Problem` when it cannot be read.
    """
    try:
        if path.is_dir():
            return _of_slide(slides_in(path)[0])
        with path.open("rb") as file:
            head = file.read(4096)
        if is_dicom(head):
            return _of_dicom(path)
        if path.suffix.lower() == ".mrxs":
            return f"mrxs:{path.stat().st_size}:{_of_files(_mirax(path), path.parent / path.stem)}"
        return f"file:{path.stat().st_size}:{_sampled(path).hexdigest()[:_DIGITS]}"
    except OSError as error:
        raise SlideProblem(
            f"{path.name} cannot be read: {error.strerror or error}.", "Check that it is there.", path=path
        ) from error


def fingerprint_of(series: Series) -> str:
    """Of a CT series: by the UIDs of its slices. "ct:…" """
    slices = sorted(f"{slice_.uid}#{slice_.frame}" for slice_ in series.slices)
    return f"ct:{_digest([series.key, *slices])}"


def _of_dicom(path: Path) -> str:
    kind = kind_of(path)
    if kind.sop_class == DICOMDIR:
        return _of_slide(slides_in(path)[0])
    return _of_slide(slide_of(path)) if kind.is_slide else f"dicom:{_digest([kind.instance])}"


def _of_slide(found: FoundSlide) -> str:
    return f"dicom:{_digest(sorted(kind.instance for kind in found.volumes or found.beside))}"


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_DIGITS]


def _mirax(path: Path) -> list[Path]:
    folder = path.parent / path.stem
    return sorted(file for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else []


def _of_files(files: list[Path], folder: Path) -> str:
    """Names within the folder, sizes and samples of all files; the folder itself may be renamed."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\0".encode())
        digest.update(_sampled(file).digest())
    return digest.hexdigest()[:_DIGITS]


def _sampled(path: Path) -> hashlib._Hash:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        size = path.stat().st_size
        if size <= _WHOLE:
            digest.update(file.read(_WHOLE))
            return digest
        digest.update(file.read(_END))
        step = (size - 2 * _END) / _SAMPLES
        for number in range(_SAMPLES):
            file.seek(_END + int(number * step))
            digest.update(file.read(_SAMPLE))
        file.seek(size - _END)
        digest.update(file.read(_END))
    return digest


def same(path: Path, mark: str) -> bool:
    """Whether what lies there has this fingerprint; False also when it cannot be read."""
    try:
        return fingerprint(path) == mark
    except Problem:
        return False
