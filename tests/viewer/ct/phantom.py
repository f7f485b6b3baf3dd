"""A head of plain shapes as a CT series: what is measured in it is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.ml.volume.scans import ct_dataset, write

ROWS, COLUMNS, SLICES = 80, 100, 24
ROW_MM, COLUMN_MM, SLICE_MM = 0.8, 0.5, 2.5
ORIGIN = (-30.0, -40.0, 12.0)
BRAIN, BLOOD, SKULL, AIR = 35, 70, 900, -1000
BLOOD_SLICE = 15


def voxels() -> NDArray[np.int16]:
    """HU, (slices, rows, columns): an ellipse of brain in a skull; on one slice a square of blood.

    The blood fills rows 30 to 39 and columns 40 to 59; on every slice pixel (0, 0) holds the slice's number.
    """
    y, x = np.mgrid[0:ROWS, 0:COLUMNS]
    away = ((x - 49.5) / 45) ** 2 + ((y - 39.5) / 36) ** 2
    one = np.full((ROWS, COLUMNS), AIR, dtype=np.int16)
    one[away <= 1] = SKULL
    one[away <= 0.85] = BRAIN
    found = np.repeat(one[None], SLICES, axis=0)
    found[BLOOD_SLICE, 30:40, 40:60] = BLOOD
    found[:, 0, 0] = np.arange(SLICES)
    return found


def write_phantom(folder: Path, first: int = 0, last: int = SLICES, **changes: object) -> Path:
    """Some of its slices, in files whose names tell nothing about their order."""
    values = voxels()
    for number in range(first, last):
        facts: dict[str, object] = {
            "PatientName": "Doe^Jane",
            "PatientID": "4711",
            "PatientSex": "F",
            "SeriesDescription": "Phantom",
            "StudyDate": "20240501",
            "FrameOfReferenceUID": "1.2.3.9",
            "PixelSpacing": [ROW_MM, COLUMN_MM],
            "SliceThickness": str(SLICE_MM),
            "ImagePositionPatient": [ORIGIN[0], ORIGIN[1], ORIGIN[2] + number * SLICE_MM],
            "InstanceNumber": number + 1,
            "WindowCenter": [40, 500],
            "WindowWidth": [90, 2000],
            "WindowCenterWidthExplanation": ["BRAIN", "BONE"],
        }
        stored = (values[number] + 1024).astype(np.int16)
        write(folder / f"{number * 7 % 101:03d}.dcm", ct_dataset(stored, **(facts | changes)))
    return folder
