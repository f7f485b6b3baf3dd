"""What others read in a CT file: pydicom where it can decode it, else GDCM by way of SimpleITK."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels.processing import apply_modality_lut, apply_rescale

from ml.volume.ct_slice import CtSlice

_LOSSY = tuple(f"1.2.840.10008.1.2.4.{end}" for end in ("50", "51", "53", "55"))


@dataclass(frozen=True)
class Truth:
    """Values (frames, rows, columns) float64, and the header that they came with."""

    name: str
    values: NDArray[np.float64]
    dataset: pydicom.Dataset
    step: float  # that decoders of lossy JPEG may differ by

    def frame(self, number: int) -> NDArray[np.float64] | None:
        """One frame; None where there are not so many."""
        return self.values[number] if number < len(self.values) else None

    def tolerance(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Half a unit in the last place of float32, and a step of the file where it is lossy."""
        found: NDArray[np.float64] = (
            np.spacing(np.abs(values).astype(np.float32)).astype(float) + self.step + 1e-6
        )
        return found

    def places(self, slice_: CtSlice) -> Iterator[tuple[str, object, object]]:
        """Names, ours and theirs of what says where a single slice lies."""
        if "PerFrameFunctionalGroupsSequence" in self.dataset or self.name != "pydicom":
            return
        yield "spacing", slice_.spacing, self._numbers("PixelSpacing", 2)
        yield "origin", slice_.origin, self._numbers("ImagePositionPatient", 3)
        yield "orientation", slice_.orientation, self._numbers("ImageOrientationPatient", 6)

    def _numbers(self, keyword: str, count: int) -> list[float] | None:
        value = self.dataset.get(keyword)
        try:
            found = [float(part) for part in value or ()]
        except (TypeError, ValueError):
            return None
        return found if len(found) == count else None


def truth_of(path: Path) -> Truth | None:
    """What another reads; None where nobody can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _by_pydicom(path) or _by_gdcm(path)


def _by_pydicom(path: Path) -> Truth | None:
    try:
        dataset = pydicom.dcmread(path, force=True)
        syntax = str(dataset.file_meta.get("TransferSyntaxUID", "")) if hasattr(dataset, "file_meta") else ""
        stored = dataset.pixel_array
        values = _rescaled(stored, dataset)
    except Exception:  # a referee that cannot read a damaged file is none
        return None
    slope = abs(float(dataset.get("RescaleSlope", 1) or 1))
    whole = values[None] if stored.ndim == 2 else values
    return Truth("pydicom", whole.astype(np.float64), dataset, 2 * slope if syntax in _LOSSY else 0.0)


def _rescaled(stored: NDArray[np.generic], dataset: pydicom.Dataset) -> NDArray[np.float64]:
    if "ModalityLUTSequence" in dataset:
        return np.asarray(apply_modality_lut(stored, dataset), dtype=np.float64)
    shared = dataset.get("SharedFunctionalGroupsSequence")
    part = shared[0].get("PixelValueTransformationSequence") if shared else None
    return np.asarray(apply_rescale(stored, part[0] if part else dataset), dtype=np.float64)


def _by_gdcm(path: Path) -> Truth | None:
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        values = SimpleITK.GetArrayFromImage(reader.Execute()).astype(np.float64)
    except RuntimeError:
        return None
    content = path.read_bytes()[:4096]
    is_lossy = any(syntax.encode() in content for syntax in _LOSSY)
    return Truth("GDCM", values, pydicom.Dataset(), 2 * 33.0 if is_lossy else 0.0)
