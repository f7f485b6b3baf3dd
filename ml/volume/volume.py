"""A stack of CT slices as one array of Hounsfield units that knows where it lies in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.volume.series import Series
from ml.volume.slice import AIR, read_hounsfield


@dataclass(frozen=True)
class Geometry:
    """Where voxels lie: patient mm, LPS (to the left, to the back, to the head).

    `matrix` is 4 × 4: (column, row, slice, 1) of a voxel's centre to mm.
    """

    matrix: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, series: Series) -> Geometry:
        """Out of the headers (DICOM C.7.6.2.1.1). Raises `Problem` where they do not say it.

        The step from slice to slice is the mean one between first and last: of a tilted gantry too.
        """
        first, last = series.slices[0], series.slices[-1]
        if first.origin is None or first.orientation is None or first.spacing is None or last.origin is None:
            raise Problem(
                f"{first.path.name} does not say where its slice lies or how large a pixel is.",
                "Lengths cannot be measured in it; export it anew with its geometry.",
            )
        along_row, along_column = np.array(first.orientation[:3]), np.array(first.orientation[3:])
        if len(series) > 1:
            step = (np.array(last.origin) - np.array(first.origin)) / (len(series) - 1)
        else:
            step = np.cross(along_row, along_column) * (first.thickness or 1.0)
        matrix = np.eye(4)
        matrix[:3, 0] = along_row * first.spacing[1]
        matrix[:3, 1] = along_column * first.spacing[0]
        matrix[:3, 2] = step
        matrix[:3, 3] = first.origin
        return cls(tuple(tuple(float(v) for v in row) for row in matrix))

    @property
    def spacing(self) -> tuple[float, float, float]:
        """mm from column to column, row to row, slice to slice."""
        lengths = np.linalg.norm(np.array(self.matrix)[:3, :3], axis=0)
        return float(lengths[0]), float(lengths[1]), float(lengths[2])

    def to_patient(self, column: float, row: float, slice_: float) -> tuple[float, float, float]:
        """mm of a place in the array; whole numbers are centres of voxels."""
        x, y, z = (np.array(self.matrix) @ (column, row, slice_, 1))[:3]
        return float(x), float(y), float(z)

    def to_voxel(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Column, row and slice of a place in the patient, mm."""
        column, row, slice_ = np.linalg.solve(np.array(self.matrix), (x, y, z, 1))[:3]
        return float(column), float(row), float(slice_)


@dataclass(frozen=True, eq=False)
class Volume:
    """A whole series: `values` (slices, rows, columns) float32 HU."""

    values: NDArray[np.float32]
    geometry: Geometry
    series: Series


def read_volume(series: Series, progress: Progress | None = None) -> Volume:
    """Decode all slices. Raises `Problem` that counts and names those that cannot be read; `Cancelled`."""
    progress = progress or Progress()
    geometry = Geometry.of(series)
    rows, columns = series.slices[0].size
    values = np.full((len(series), rows, columns), AIR, dtype=np.float32)
    broken = []
    for number, slice_ in enumerate(series.slices):
        progress.check()
        progress.step(Step("Reading slices", number, len(series)))
        try:
            values[number] = read_hounsfield(slice_.path)
        except Problem as problem:
            broken.append(problem.what)
    if broken:
        raise Problem(
            f"{len(broken)} of {len(series)} slices cannot be read: {' '.join(broken[:3])}", "Copy them anew."
        )
    return Volume(values, geometry, series)
