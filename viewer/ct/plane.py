"""A plane of voxels as it is shown: its values, and where its pixels lie in the patient.

The frame of a plane is mm from the upper left corner of its first pixel, x to the right, y down; cameras,
tools and layers look at it as they look at level-0 px of a slide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.ct_measure import Place
from ml.geometry import Point, Rect
from ml.volume.volume import Volume


@dataclass(frozen=True, eq=False)
class Shown:
    """`values` int16 (rows, columns): values · scale + offset in `unit`. Directions are unit vectors, LPS."""

    values: NDArray[np.int16]
    scale: float
    offset: float
    pixel: tuple[float, float]  # mm along x and y
    origin: Place  # centre of the first pixel
    right: Place
    down: Place
    words: str  # "Slice 54 of 108"; several lines where more is to be said
    slice_: int | None = None  # of the series, where it is one
    depth: float = 1.0  # mm that it stands for along its normal
    problem: str | None = None  # why there is no picture, as a sentence; None where there is one
    unit: str = "HU"  # of the values; empty where nobody knows

    @property
    def bounds(self) -> Rect:
        """The whole of it, mm of the plane."""
        rows, columns = self.values.shape
        return Rect(0, 0, columns * self.pixel[0], rows * self.pixel[1])

    @property
    def normal(self) -> Place:
        """Right × down."""
        x, y, z = np.cross(self.right, self.down)
        return float(x), float(y), float(z)

    def to_patient(self, point: Point) -> Place:
        """mm in the patient of a place on the plane."""
        across, below = point.x - self.pixel[0] / 2, point.y - self.pixel[1] / 2
        o, r, d = self.origin, self.right, self.down
        return (
            o[0] + across * r[0] + below * d[0],
            o[1] + across * r[1] + below * d[1],
            o[2] + across * r[2] + below * d[2],
        )

    def to_plane(self, place: Place) -> Point:
        """The foot of a place in the patient."""
        way = [a - b for a, b in zip(place, self.origin, strict=True)]
        across = sum(a * b for a, b in zip(way, self.right, strict=True))
        below = sum(a * b for a, b in zip(way, self.down, strict=True))
        return Point(across + self.pixel[0] / 2, below + self.pixel[1] / 2)

    def away(self, place: Place) -> float:
        """mm from the plane to a place along its normal."""
        return float(sum((a - b) * n for a, b, n in zip(place, self.origin, self.normal, strict=True)))

    def value_at(self, point: Point) -> float | None:
        """The value of the pixel under a place of the plane; None beside it, or while there is no picture."""
        if self.problem is not None:
            return None
        column, row = math.floor(point.x / self.pixel[0]), math.floor(point.y / self.pixel[1])
        rows, columns = self.values.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return None
        return float(self.values[row, column]) * self.scale + self.offset

    def hounsfield(self) -> NDArray[np.float64]:
        """All of it in `unit`, (rows, columns)."""
        found: NDArray[np.float64] = self.values.astype(np.float64) * self.scale + self.offset
        return found


def acquired(volume: Volume, number: int) -> Shown:
    """A slice as the scanner made it. Until it is decoded its `problem` says so."""
    geometry = volume.geometry
    spacing = geometry.spacing
    right, down = (_place(axis) for axis in geometry.axes[:2])
    count = len(volume.series)
    problem = None
    if not volume.arrived[number]:
        problem = volume.missing.get(number) or f"Slice {number + 1} is being read …"
    return Shown(
        volume.voxels[number],
        float(volume.scale[number]),
        float(volume.offset[number]),
        (spacing[0], spacing[1]),
        _place(geometry.start_at(number)),
        right,
        down,
        f"Slice {number + 1} of {count}",
        number,
        abs(spacing[2]) or 1.0,
        problem,
        volume.unit,
    )


def _place(values: NDArray[np.float64]) -> Place:
    return float(values[0]), float(values[1]), float(values[2])
