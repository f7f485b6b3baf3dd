"""Where the voxels of a series lie in the patient: mm, LPS (to the left, to the back, to the head)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.volume.series import Series

Place = tuple[float, float, float]
"""x, y, z in the patient, mm; or column, row, slice of an array."""

_STRAIGHT = 0.05  # degrees of tilt that are rounding of the header's text


@dataclass(frozen=True)
class Geometry:
    """Where voxels lie: patient mm, LPS.

    `matrix` is 4 × 4: (column, row, slice, 1) of a voxel's centre to mm, with the mean step from slice to
    slice. `origins` are the centres of the first pixel of every slice: they count where steps differ or the
    gantry was tilted. Where `is_known` is false the file does not say how large a pixel is: the frame serves
    to show it, and nothing may be measured in it.
    """

    matrix: tuple[tuple[float, ...], ...]
    origins: tuple[Place, ...] = ()
    is_known: bool = True

    @classmethod
    def of(cls, series: Series) -> Geometry:
        """Out of the headers (DICOM C.7.6.2.1.1). Raises `Problem` where they do not say it.

        The step from slice to slice is the mean one between first and last: of a tilted gantry too.
        """
        first = series.slices[0]
        origins = [s.origin for s in series.slices if s.origin is not None]
        if first.orientation is None or first.spacing is None or len(origins) < len(series):
            raise Problem(
                f"{first.path.name} does not say where its slice lies or how large a pixel is.",
                "Lengths cannot be measured in it; export it anew with its geometry.",
            )
        depth = first.thickness or 1.0
        return cls._from(first.orientation, first.spacing, origins, depth, True)

    @classmethod
    def assumed(cls, series: Series) -> Geometry:
        """A frame to show a series in that does not say where it lies: what is missing is made up.

        Pixels of 1 mm, slices one above the other at the usual distance. `is_known` is false.
        """
        first = series.slices[0]
        distance = series.distance or first.thickness or 1.0
        origins = [(0.0, 0.0, distance * n) for n in range(len(series))]
        spacing = first.spacing or (1.0, 1.0)
        return cls._from((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), spacing, origins, distance, False)

    @classmethod
    def _from(
        cls,
        along: Sequence[float],
        spacing: tuple[float, float],
        origins: Sequence[Sequence[float]],
        depth: float,
        is_known: bool,
    ) -> Geometry:
        along_row, along_column = np.array(along[:3]), np.array(along[3:])
        step = np.cross(along_row, along_column) * depth
        if len(origins) > 1:
            step = (np.array(origins[-1]) - np.array(origins[0])) / (len(origins) - 1)
        matrix = np.eye(4)
        matrix[:3, 0], matrix[:3, 1] = along_row * spacing[1], along_column * spacing[0]
        matrix[:3, 2], matrix[:3, 3] = step, origins[0]
        places = tuple((float(o[0]), float(o[1]), float(o[2])) for o in origins)
        return cls(tuple(tuple(float(v) for v in row) for row in matrix), places, is_known)

    @cached_property
    def _array(self) -> NDArray[np.float64]:
        return np.array(self.matrix)

    @cached_property
    def starts(self) -> NDArray[np.float64]:
        """Centre of the first pixel of every slice, (slices, 3) mm."""
        return np.array(self.origins or [[row[3] for row in self.matrix[:3]]])

    @property
    def spacing(self) -> Place:
        """mm from column to column, row to row, slice to slice (its origin's way: along a tilted gantry)."""
        lengths = np.linalg.norm(self._array[:3, :3], axis=0)
        return float(lengths[0]), float(lengths[1]), float(lengths[2])

    @property
    def origin(self) -> Place:
        """Centre of the first voxel, mm."""
        return float(self._array[0, 3]), float(self._array[1, 3]), float(self._array[2, 3])

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """Unit vectors as rows: along a row, along a column, and the normal of the slices. (3, 3)."""
        u, v = self._array[:3, 0], self._array[:3, 1]
        u, v = u / np.linalg.norm(u), v / np.linalg.norm(v)
        return np.stack([u, v, np.cross(u, v)])

    @property
    def direction(self) -> tuple[float, ...]:
        """Nine cosines as ITK has them: row by row, its columns are the unit vectors of `axes`."""
        return tuple(float(v) for v in self.axes.T.ravel())

    @cached_property
    def heights(self) -> NDArray[np.float64]:
        """How far each slice lies along the normal of the first, mm above it; rising. (slices,)."""
        found: NDArray[np.float64] = (self.starts - self.starts[0]) @ self.axes[2]
        return found

    @property
    def tilt(self) -> float:
        """Degrees between the way from slice to slice and their normal (gantry tilt); 0 where it is none."""
        step = self.starts[-1] - self.starts[0]
        length = float(np.linalg.norm(step))
        if length == 0:
            return 0.0
        sideways = float(np.linalg.norm(step - (step @ self.axes[2]) * self.axes[2]))
        degrees = math.degrees(math.asin(min(1.0, sideways / length)))
        return degrees if degrees > _STRAIGHT else 0.0

    def start_at(self, slice_: float) -> NDArray[np.float64]:
        """Centre of the first pixel of a slice, or of a place between or beyond slices; (3,) mm."""
        if len(self.starts) < 2:
            found: NDArray[np.float64] = self.starts[0] + slice_ * self._array[:3, 2]
            return found
        lower = min(max(math.floor(slice_), 0), len(self.starts) - 2)
        share = slice_ - lower
        between: NDArray[np.float64] = (1 - share) * self.starts[lower] + share * self.starts[lower + 1]
        return between

    def to_patient(self, column: float, row: float, slice_: float) -> Place:
        """mm of a place in the array; whole numbers are centres of voxels."""
        x, y, z = self.start_at(slice_) + column * self._array[:3, 0] + row * self._array[:3, 1]
        return float(x), float(y), float(z)

    def to_voxel(self, x: float, y: float, z: float) -> Place:
        """Column, row and slice of a place in the patient, mm."""
        place = np.array((x, y, z))
        slice_ = self.slice_at(float((place - self.starts[0]) @ self.axes[2]))
        across = place - self.start_at(slice_)
        return (
            float(across @ self.axes[0] / self.spacing[0]),
            float(across @ self.axes[1] / self.spacing[1]),
            slice_,
        )

    def slice_at(self, height: float) -> float:
        """Which slice lies so many mm above the first along the normal; fractions lie between two."""
        heights = self.heights
        if len(heights) < 2:
            return height / float(self._array[:3, 2] @ self.axes[2])
        lower = min(max(int(np.searchsorted(heights, height, "right")) - 1, 0), len(heights) - 2)
        return float(lower + (height - heights[lower]) / (heights[lower + 1] - heights[lower]))
