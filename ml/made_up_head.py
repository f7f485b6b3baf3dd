"""A head CT that belongs to nobody: drawn by formulas, for *Samples* and for trying things out.

No patient, no scanner, no licence to ask for. Tissues have the Hounsfield units of life, their shapes are
ellipses and waves, and one fresh collection of blood lies in it, so that there is something to find. The
files say that they are made up wherever a person or a program might look.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pydicom.uid import UID

SLICES = 30
EDGE = 256
"""Rows and columns."""
SPACING = (5.0, 0.85, 0.85)
"""mm from slice to slice, row to row, column to column."""

_Floats = NDArray[np.float32]
_Along = float | NDArray[np.floating]
_Place = tuple[_Along, _Along, _Along]
_BLOOD = (35.0, -8.0, 18.0)  # mm from the middle of the head: to the left, behind, above
_BLOOD_RADII = (15.0, 19.0, 14.0)
_NOISE = 3.5  # HU
_SEED = 20
_FIELDS = {
    "Modality": "CT",
    "Manufacturer": "Parfocal (drawn, no scanner)",
    "PatientName": "Made-up^Head",
    "PatientID": "MADE-UP",
    "PatientBirthDate": "",
    "PatientSex": "",
    "StudyDate": "",
    "StudyTime": "",
    "StudyID": "",
    "AccessionNumber": "",
    "ReferringPhysicianName": "",
    "PositionReferenceIndicator": "",
    "StudyDescription": "Drawn by formulas, no patient",
    "SeriesDescription": "Made-up head, one fresh bleeding",
    "BodyPartExamined": "HEAD",
    "PatientPosition": "HFS",
    "SeriesNumber": 1,
    "AcquisitionNumber": None,
    "KVP": None,
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "BitsAllocated": 16,
    "BitsStored": 16,
    "HighBit": 15,
    "PixelRepresentation": 1,
    "RescaleIntercept": 0,
    "RescaleSlope": 1,
    "RescaleType": "HU",
    "WindowCenter": 40,
    "WindowWidth": 80,
}


def values() -> NDArray[np.int16]:
    """HU, (SLICES, EDGE, EDGE): the lowest slice first, rows from the face to the back of the head."""
    z, y, x = (
        ((np.arange(count, dtype=np.float32) - (count - 1) / 2) * step).reshape(shape)
        for count, step, shape in zip(
            (SLICES, EDGE, EDGE), SPACING, ((-1, 1, 1), (1, -1, 1), (1, 1, -1)), strict=True
        )
    )
    hu = np.full((SLICES, EDGE, EDGE), -1000, dtype=np.float32)
    for edge, tissue in ((0.0, -70.0), (4.0, 45.0), (6.5, 1200.0), (8.5, 550.0), (11.0, 1200.0), (13.0, 8.0)):
        _lay(hu, _within(x, y, z, (76 - edge, 96 - edge, 92 - edge)), tissue)
    _lay_brain(hu, x, y, z)
    _lay(hu, 12 * (1 - _length(x, y, z, _BLOOD, _BLOOD_RADII)), 68)
    noise = np.random.default_rng(_SEED).normal(0, _NOISE, hu.shape)
    whole: NDArray[np.int16] = np.rint(hu + noise).clip(-1024, 3000).astype(np.int16)
    return whole


def _lay_brain(hu: _Floats, x: _Floats, y: _Floats, z: _Floats) -> None:
    """Cortex with its furrows, white matter, ventricles and falx."""
    angle = np.arctan2(y / 82, x / 62)
    tilt = np.arctan2(z, np.hypot(x, y))
    waves = np.sin(23 * angle + 3 * np.sin(4 * tilt)) * np.sin(9 * tilt + 2 * angle)
    outer = _within(x, y, z, (61, 81, 77))
    _lay(hu, outer - 3.5 * np.clip(waves, 0, None), 37)
    _lay(hu, outer - 6 - 4 * waves, 29)
    for side in (-1, 1):
        middle = (side * (7 + 0.12 * np.abs(y)), 0 * y, 4 + 0 * y)
        _lay(hu, 6 * (1 - _length(x, y, z, middle, (5, 33, 11))), 8)
        _lay(hu, 9 * (1 - _length(x, y, z, (side * 19, -4, -4), (9, 15, 12))), 38)  # the grey of the middle
    _lay(hu, 3 * (1 - _length(x, y, z, (0, 2, -10), (2.5, 14, 12))), 8)
    falx = np.minimum(1.2 - np.abs(x), np.minimum(outer - 1, np.maximum(np.abs(y) - 42, z - 30)))
    _lay(hu, falx, 58)


def _lay(hu: _Floats, inside: _Floats, tissue: float) -> None:
    """Lay a tissue where `inside`, mm from its edge, is positive; the edge is soft over one pixel."""
    share = np.clip(inside / SPACING[1] + 0.5, 0, 1)
    hu += share * (tissue - hu)


def _within(x: _Floats, y: _Floats, z: _Floats, radii: tuple[float, float, float]) -> _Floats:
    """Mm inward from an ellipsoid about the middle, roughly: narrower towards the face, as heads are."""
    narrowed = x * (1 - 0.0012 * np.clip(y, None, 40))
    inward: _Floats = min(radii) * (1 - _length(narrowed, y, z, (0, 0, -14), radii))
    return inward


def _length(x: _Floats, y: _Floats, z: _Floats, middle: _Place, radii: tuple[float, float, float]) -> _Floats:
    """1 on an ellipsoid, less inside; a middle may move with the place."""
    parts = [
        (along - center) / radius for along, center, radius in zip((x, y, z), middle, radii, strict=True)
    ]
    length: _Floats = np.sqrt(parts[0] ** 2 + parts[1] ** 2 + parts[2] ** 2)
    return length


def write(folder: Path) -> None:
    """Write the series into a new folder, one DICOM file a slice. Raises `OSError`."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    folder.mkdir(parents=True)
    across = -(EDGE - 1) / 2 * SPACING[1]
    for number, pixels in enumerate(values()):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = _uid(f"slice {number}")
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        path = folder / f"slice {number + 1:02d}.dcm"
        made = FileDataset(path, {}, file_meta=meta, preamble=bytes(128))
        made.SOPClassUID, made.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        made.StudyInstanceUID, made.SeriesInstanceUID = _uid("study"), _uid("series")
        made.FrameOfReferenceUID = _uid("frame of reference")
        made.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
        for name, value in _FIELDS.items():
            setattr(made, name, value)
        made.InstanceNumber = number + 1
        made.Rows = made.Columns = EDGE
        made.PixelSpacing, made.SliceThickness = list(SPACING[1:]), SPACING[0]
        made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        made.ImagePositionPatient = [across, across, number * SPACING[0]]
        made.PixelData = pixels.astype("<i2").tobytes()
        made.save_as(path, enforce_file_format=True)


def _uid(name: str) -> UID:
    """The same on every computer: two samples are one series."""
    from pydicom.uid import UID

    return UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, f'parfocal made-up head {name}').int}")
