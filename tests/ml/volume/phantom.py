"""Series of a known body: its values are a function of the place in the patient, slice by slice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.volume.opening import open_ct
from ml.volume.volume import Volume, load
from tests.ml.volume.scans import ct_dataset, write

Body = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""HU at places (…, 3), mm in the patient."""


def phantom(
    folder: Path,
    body: Body,
    starts: Sequence[Sequence[float]],
    size: tuple[int, int] = (60, 50),
    spacing: tuple[float, float] = (0.8, 0.5),
    along: Sequence[float] = (1, 0, 0, 0, 1, 0),
) -> Volume:
    """Written as DICOM, a slice at each start (the centre of its first pixel), and read back.

    `size` and `spacing` are rows and columns. Values are stored in steps of 1/16 HU.
    """
    rows, columns = np.mgrid[: size[0], : size[1]]
    for number, start in enumerate(starts):
        places = np.asarray(start, float) + columns[..., None] * spacing[1] * np.asarray(along[:3])
        places = places + rows[..., None] * spacing[0] * np.asarray(along[3:])
        stored = np.round(np.clip(body(places), -1024, 1000) * 16).astype(np.int16)
        dataset = ct_dataset(
            stored,
            RescaleSlope="0.0625",
            RescaleIntercept="0",
            PixelSpacing=list(spacing),
            ImagePositionPatient=[float(v) for v in start],
            ImageOrientationPatient=[float(v) for v in along],
        )
        write(folder / f"{number:03d}.dcm", dataset)
    return load(open_ct(folder).series[0])
