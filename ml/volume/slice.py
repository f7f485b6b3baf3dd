"""Reads CT slices: their headers, and their pixels in Hounsfield units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.volume.ct_slice import About, CtSlice, slice_of, told
from ml.volume.enhanced import slices_of_frames
from ml.volume.facts import Facts, Parsed, items_of, parsed
from ml.volume.kinds import CT, ENHANCED_CT, NotCt, in_words
from ml.volume.rescale import AIR, HOUNSFIELD, Scaling, scaling_of, voxels_of
from ml.volume.samples import stored_frames
from ml.volume.stored_file import StoredFile

__all__ = [
    "AIR",
    "CT",
    "About",
    "CtSlice",
    "Hounsfield",
    "hounsfield",
    "hounsfield_of",
    "read_header",
    "read_hounsfield",
    "read_slices",
]

Hounsfield = NDArray[np.float32]
"""(rows, columns) float32, in Hounsfield units."""


def read_header(path: Path) -> CtSlice:
    """The header of a CT slice. Raises `Problem` that says why the file is none, or several."""
    found = read_slices(StoredFile(path))
    if len(found) > 1:
        raise Problem(f"{path.name} holds several frames, not one slice.", "Open it as a series.", path=path)
    return found[0]


def read_slices(file: StoredFile) -> tuple[CtSlice, ...]:
    """All slices of a file, in its order. Raises `Problem`; its kind `NotCt` for sound objects of others."""
    with told(file.path):
        found = parsed(file)
        try:
            return _slices(file, found)
        finally:
            found.file.close()


def read_hounsfield(path: Path) -> Hounsfield:
    """The pixels of a slice, (rows, columns) float32 HU. Raises `Problem` where they cannot be had."""
    return hounsfield_of(read_header(path))


def hounsfield_of(slice_: CtSlice) -> Hounsfield:
    """The same of a slice that was found, (rows, columns) float32 HU. Raises `Problem`."""
    with told(slice_.path):
        _require_hounsfield(slice_.scaling)
        voxels, scale, offset, _ = slice_.voxels()
    return (voxels * np.float64(scale) + offset).astype(np.float32)


def hounsfield(dataset: Any) -> Hounsfield:
    """HU of a parsed CT image, (rows, columns) float32: stored · slope + intercept, both as floats.

    Signed and unsigned pixels; a modality LUT in place of slope and intercept; padding becomes -1024. Some
    unsigned 12-bit scanners wrap negative values around (intercept near 0, air at 3,096): these are turned
    back where they are recognised. Raises whatever pydicom raises, `ValueError` where the header has no way
    to HU.
    """
    stored = dataset.pixel_array
    if stored.ndim != 2:
        raise ValueError(f"the pixels have the shape {stored.shape}, not rows and columns")
    scaling = scaling_of(Facts(items_of(dataset)))
    _require_hounsfield(scaling)
    voxels, scale, offset, _ = voxels_of(stored, scaling)
    return (voxels * np.float64(scale) + offset).astype(np.float32)


def _require_hounsfield(scaling: Scaling) -> None:
    if not scaling.unit:
        raise ValueError("slope and intercept are missing, so that its values mean nothing")
    if scaling.unit != HOUNSFIELD:
        raise ValueError(f"its values are in “{scaling.unit}”, not in Hounsfield units")


def _slices(file: StoredFile, found: Parsed) -> tuple[CtSlice, ...]:
    sop_class = found.facts.text("SOPClassUID") or found.meta.text("MediaStorageSOPClassUID")
    modality = found.facts.name("Modality")
    if not sop_class:
        raise ValueError("it is no DICOM file")
    if sop_class not in {CT, *ENHANCED_CT} or modality not in {"CT", ""}:
        kind = in_words(sop_class, modality) if sop_class != CT else f"an image of the kind {modality}"
        raise NotCt(f"{file.path.name} is {kind}, not CT.", "Nothing is to be done.", path=file.path)
    frames = stored_frames(file, found)
    if sop_class == CT and len(frames) == 1:
        return (slice_of(file.path, frames[0], found.facts, {}),)
    return slices_of_frames(file.path, frames, found)
