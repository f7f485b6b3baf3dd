"""A copy of a DICOM slide or CT series that names nobody: headers by the profile, pixels as they are."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import dcmread, dcmwrite
from pydicom.dataset import FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    VLWholeSlideMicroscopyImageStorage,
)

from ml.deidentify.copied import Copied, compare_pixels
from ml.deidentify.dicom_pixels import PixelElement
from ml.deidentify.profile import without_identity
from ml.errors import Problem, SlideProblem
from ml.progress import Progress, Step
from ml.report.atomic import whole_folder
from ml.report.words import count
from ml.slide.dicom_picture import is_dicom
from ml.slide.opening import open_slide
from ml.volume.opening import open_ct

PHASE = "Copying pixels"
_CT = {CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage}
_BROKEN = (OSError, InvalidDicomError, ValueError, AttributeError, KeyError, EOFError, NotImplementedError)
_BESIDE = {"LABEL": "label picture", "OVERVIEW": "overview picture"}


@dataclass(frozen=True)
class _Chosen:
    """An instance that is copied, and its header without pixels."""

    path: Path
    header: FileDataset


def copy_dicom(source: Path, target: Path, progress: Progress) -> Copied:
    """Copy a folder (or the series of one file) into a new folder, and open it again to compare.

    Left out, with the reason: labels and overviews, what has words burned into its pixels, and every object
    that is neither a slide nor CT. Raises `Problem`, `Cancelled`; then nothing is left.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Problem(f"{target.name} is there already.", "Give the copy another name.")
    chosen, left_out = _chosen(_files_of(source), source, progress)
    if not chosen:
        reasons = "; ".join(left_out[:3])
        raise Problem(f"{source.name} holds no DICOM slide and no CT. {reasons}".strip(), "Choose another.")
    with whole_folder(target) as part:
        removed = _write_all(chosen, part, progress)
        _check(chosen, part, progress)
    kept = (
        "pixels of all levels and slices, as they were stored",
        "sizes, places and orientation, values of the scan",
        "maker and model of the scanner, reconstruction kernel, the standard's codes",
    )
    return Copied(tuple(sorted(target.iterdir())), removed, kept, left_out)


def _files_of(source: Path) -> list[Path]:
    folder = source if source.is_dir() else source.parent
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _chosen(files: Iterable[Path], source: Path, progress: Progress) -> tuple[list[_Chosen], tuple[str, ...]]:
    """What is copied, and in words why the rest is not; files are counted, not named: names may say who."""
    left: Counter[str] = Counter()
    found: list[_Chosen] = []
    only = "" if source.is_dir() else _series_of(source)
    for path in files:
        progress.check()
        header = _header(path)
        if header is None:
            if source.is_dir():
                left["no DICOM, or damaged"] += 1
            continue
        if only and header.get("SeriesInstanceUID") != only:
            continue
        reason = _reason(header)
        if reason:
            left[reason] += 1
        else:
            found.append(_Chosen(path, header))
    found.sort(key=lambda one: (str(one.header.get("SeriesInstanceUID")), _number(one.header), one.path))
    return found, tuple(f"{count(n, 'file')}: {reason}" for reason, n in left.items())


def _series_of(source: Path) -> str:
    header = _header(source)
    if header is None:
        raise SlideProblem(f"{source.name} is no DICOM file, or is damaged.", "Copy it anew.")
    return str(header.get("SeriesInstanceUID", ""))


def _header(path: Path) -> FileDataset | None:
    try:
        with path.open("rb") as file:
            if not is_dicom(file.read(4096)):
                return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that do not keep to the standard
            return dcmread(path, stop_before_pixels=True)
    except _BROKEN:
        return None


def _reason(header: FileDataset) -> str:
    """Why an object is left out; empty where it is not."""
    kind = str(header.get("SOPClassUID", ""))
    flavor = [f for f in list(header.get("ImageType") or ())[2:3] if f in _BESIDE]
    if flavor:
        return _BESIDE[flavor[0]]
    if header.get("BurnedInAnnotation") == "YES":
        return "words are burned into its pixels"
    if header.get("SpecimenLabelInImage") == "YES":
        return "the slide's label is in the picture"
    if kind not in _CT and kind != VLWholeSlideMicroscopyImageStorage:
        return f"neither a slide nor CT ({header.SOPClassUID.name if kind else 'unknown kind'})"
    if str(header.file_meta.get("TransferSyntaxUID")) == DeflatedExplicitVRLittleEndian:
        return "compressed as a whole, which cannot be copied here"
    return ""


def _number(header: FileDataset) -> int:
    try:
        return int(header.get("InstanceNumber") or 0)
    except (ValueError, TypeError):
        return 0


def _write_all(chosen: list[_Chosen], folder: Path, progress: Progress) -> tuple[str, ...]:
    gone: Counter[str] = Counter()
    total = sum(one.path.stat().st_size for one in chosen)
    began, done = time.perf_counter(), 0

    def copied(size: int) -> None:
        nonlocal done
        done += size
        progress.check()
        progress.step(Step(PHASE, done >> 10, total >> 10, time.perf_counter() - began))

    for number, one in enumerate(chosen, 1):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _write(one, folder / f"{number:05d}.dcm", gone, copied)
        except (ValueError, KeyError, AttributeError, NotImplementedError, EOFError) as error:
            raise SlideProblem(
                f"{one.path.name} cannot be copied: it is damaged, or laid out in an unknown way.",
                "Copy it anew from its source.",
                error=repr(error),
            ) from error
    return tuple(sorted(gone))


def _write(one: _Chosen, path: Path, gone: Counter[str], copied: object) -> None:
    with one.path.open("rb") as reading:
        header = dcmread(reading, stop_before_pixels=True)
        implicit, little = header.original_encoding
        pixels = PixelElement(reading, implicit=bool(implicit), order="<" if little else ">")
        made = without_identity(header, lambda name: gone.update([name]))
        pixels.mend(made)
        with path.open("xb") as writing:
            dcmwrite(writing, made, enforce_file_format=True)
            writing.seek(0, 2)
            pixels.write(writing, copied)  # type: ignore[arg-type]


def _check(chosen: list[_Chosen], folder: Path, progress: Progress) -> None:
    """Open the copy as anybody will, and compare. Raises `Problem`."""
    progress.step(Step("Comparing the copy", 0, 0))
    copies = sorted(folder.iterdir())
    for kind, check in ((True, _check_ct), (False, _check_slides)):
        pairs = [
            (one, copy)
            for one, copy in zip(chosen, copies, strict=True)
            if (one.header.SOPClassUID in _CT) == kind
        ]
        if pairs:
            check(pairs, progress)


def _check_slides(pairs: list[tuple[_Chosen, Path]], progress: Progress) -> None:
    """One slide of each series is enough to open all of its levels."""
    first = {str(one.header.SeriesInstanceUID): (one.path, copy) for one, copy in reversed(pairs)}
    for old_path, new_path in first.values():
        with open_slide(old_path) as old, open_slide(new_path) as new:
            if [v.size for v in old.info.levels] != [v.size for v in new.info.levels] or new.info.associated:
                raise SlideProblem("The copy does not have the levels of the slide.", "Nothing was written.")
            compare_pixels(old, new, progress)


def _check_ct(pairs: list[tuple[_Chosen, Path]], progress: Progress) -> None:
    """Every slice that can be read, value by value."""
    for one, copy in pairs:
        progress.check()
        old, new = (open_ct(path).series for path in (one.path, copy))
        if len(old) != len(new):
            raise SlideProblem("The copy does not have the slices of the series.", "Nothing was written.")
        for before, after in zip(old, new, strict=True):
            for slice_, copied in zip(before.slices, after.slices, strict=True):
                if not _same_values(slice_.voxels, copied.voxels):
                    raise SlideProblem("The copy has other values than the series.", "Nothing was written.")


def _same_values(old: object, new: object) -> bool:
    """A slice that cannot be decoded here cannot be in the copy either."""
    found = []
    for voxels in (old, new):
        try:
            found.append(voxels())  # type: ignore[operator]
        except Problem:
            found.append(None)
    one, other = found
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one[0], other[0])) and one[1:3] == other[1:3]
