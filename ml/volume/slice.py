"""One CT slice: what its header says, and its pixels in Hounsfield units."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem

Hounsfield = NDArray[np.float32]
"""(rows, columns) float32, in Hounsfield units."""

AIR = -1024.0
"""HU that stands where a scanner saw nothing (padding)."""

CT = "1.2.840.10008.5.1.4.1.1.2"
"""SOP class of a CT image of one slice."""

_NUMBERS = tuple[float, ...]


@dataclass(frozen=True)
class CtSlice:
    """The header of one slice. Lengths in mm, directions in the patient's LPS frame."""

    path: Path
    uid: str  # SOPInstanceUID
    patient: str  # PatientID, or where there is none the StudyInstanceUID
    study: str
    series: str  # SeriesInstanceUID
    number: int | None  # InstanceNumber
    size: tuple[int, int]  # rows, columns
    spacing: tuple[float, float] | None  # from row to row, from column to column
    origin: _NUMBERS | None  # centre of the first pixel
    orientation: _NUMBERS | None  # along a row, along a column: six cosines
    location: float | None  # SliceLocation, where origin or orientation are missing
    scout: bool = False  # a localizer: no slice of the stack
    thickness: float | None = None

    @property
    def normal(self) -> _NUMBERS | None:
        """The direction that the slice faces: along a row × along a column."""
        if self.orientation is None:
            return None
        return tuple(float(v) for v in np.cross(self.orientation[:3], self.orientation[3:]))

    @property
    def position(self) -> float | None:
        """How far along its normal the slice lies, mm; SliceLocation where the header has no geometry."""
        if self.origin is None or self.normal is None:
            return self.location
        return float(np.dot(self.origin, self.normal))


def read_header(path: Path) -> CtSlice:
    """The header of a CT slice. Raises `Problem` that says why the file is none."""
    with _told(path):
        import pydicom

        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        return _slice(path, dataset)


def read_hounsfield(path: Path) -> Hounsfield:
    """The pixels of a slice, (rows, columns) float32 HU. Raises `Problem` where they cannot be had."""
    with _told(path):
        import pydicom

        return hounsfield(pydicom.dcmread(path, force=True))


def hounsfield(dataset: Any) -> Hounsfield:
    """HU of a parsed CT image, (rows, columns) float32: stored · slope + intercept, both as floats.

    Signed and unsigned pixels; a modality LUT in place of slope and intercept; padding becomes -1024. Some
    unsigned 12-bit scanners wrap negative values around (intercept near 0, air at 3,096): these are turned
    back. Raises whatever pydicom raises, `ValueError` where the header has no way to HU.
    """
    from pydicom.pixels.processing import apply_modality_lut

    stored = dataset.pixel_array
    if stored.ndim != 2:
        raise ValueError(f"the pixels have the shape {stored.shape}, not rows and columns")
    units = str(dataset.get("RescaleType", "HU") or "HU")
    if units != "HU":
        raise ValueError(f"its values are in “{units}”, not in Hounsfield units")
    padded = _padding(dataset, stored)
    if dataset.get("ModalityLUTSequence"):
        found = np.asarray(apply_modality_lut(stored, dataset), dtype=np.float32)
    else:
        if "RescaleSlope" not in dataset or "RescaleIntercept" not in dataset:
            raise ValueError("slope and intercept are missing, so that its values mean nothing")
        slope, intercept = float(dataset.RescaleSlope), float(dataset.RescaleIntercept)
        wide = stored.astype(np.float64)
        if _wraps(dataset, intercept):
            wide = np.where(wide >= 4096 - 1024, wide - 4096, wide)
        found = (wide * slope + intercept).astype(np.float32)
    found[padded] = AIR
    return found


def _wraps(dataset: Any, intercept: float) -> bool:
    """Unsigned 12-bit pixels that could hold no air otherwise: nothing of a CT begins at -100 HU."""
    unsigned = int(dataset.get("PixelRepresentation", 0)) == 0
    return unsigned and int(dataset.get("BitsStored", 16)) == 12 and intercept > -100


def _padding(dataset: Any, stored: NDArray[Any]) -> NDArray[np.bool_]:
    """Where the scanner saw nothing: the padding value, or the range up to its limit (DICOM C.7.5.1.1.2)."""
    value = dataset.get("PixelPaddingValue")
    if value is None:
        return np.zeros(stored.shape, dtype=bool)
    ends = [_as_stored(value, dataset)]
    limit = dataset.get("PixelPaddingRangeLimit")
    ends.append(ends[0] if limit is None else _as_stored(limit, dataset))
    inside: NDArray[np.bool_] = (stored >= min(ends)) & (stored <= max(ends))
    return inside


def _as_stored(value: Any, dataset: Any) -> int:
    """The padding value in the signedness of the pixels: files write 63536 where they mean -2000."""
    number = int.from_bytes(value, "little") if isinstance(value, bytes) else int(value)
    bits = int(dataset.get("BitsAllocated", 16))
    signed = int(dataset.get("PixelRepresentation", 0)) == 1
    if signed and number >= 1 << (bits - 1):
        return number - (1 << bits)
    return number + (1 << bits) if not signed and number < 0 else number


def _slice(path: Path, dataset: Any) -> CtSlice:
    sop_class = str(dataset.get("SOPClassUID", ""))
    if not sop_class:
        raise ValueError("it is no DICOM file")
    if str(dataset.get("Modality", "CT")) != "CT":
        raise ValueError(f"it is an image of the kind {dataset.Modality}, not CT")
    if sop_class != CT:
        raise ValueError("it does not hold one CT slice (several frames in one file are not read)")
    if not dataset.get("Rows") or not dataset.get("Columns"):
        raise ValueError("it holds no pixels")
    study = str(dataset.get("StudyInstanceUID", ""))
    number = dataset.get("InstanceNumber")
    kinds = [str(word).upper() for word in dataset.get("ImageType", None) or ()]
    return CtSlice(
        path=path,
        uid=str(dataset.get("SOPInstanceUID", "")),
        patient=str(dataset.get("PatientID", "") or "") or study,
        study=study,
        series=str(dataset.get("SeriesInstanceUID", "")),
        number=None if number is None else int(number),
        size=(int(dataset.Rows), int(dataset.Columns)),
        spacing=_spacing(dataset),
        origin=_numbers(dataset, "ImagePositionPatient", 3),
        orientation=_numbers(dataset, "ImageOrientationPatient", 6),
        location=_number(dataset, "SliceLocation"),
        scout="LOCALIZER" in kinds,
        thickness=_number(dataset, "SliceThickness"),
    )


def _spacing(dataset: Any) -> tuple[float, float] | None:
    found = _numbers(dataset, "PixelSpacing", 2)
    return (found[0], found[1]) if found and min(found) > 0 else None


def _number(dataset: Any, key: str) -> float | None:
    value = dataset.get(key)
    return None if value is None or value == "" else float(value)


def _numbers(dataset: Any, key: str, count: int) -> _NUMBERS | None:
    """So many finite numbers; None where there are none or others."""
    value = dataset.get(key)
    found = tuple(float(part) for part in value) if value else ()
    return found if len(found) == count and all(map(math.isfinite, found)) else None


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever goes wrong with a file becomes a `Problem` with its name: files can be broken in any way."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that do not keep to the standard
            yield
    except Exception as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise Problem(f"{path.name} cannot be read: {reason}.", "Copy it anew.", path=path) from error
