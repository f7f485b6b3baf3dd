"""Reformats: axial, coronal and sagittal planes through a volume with true lengths, thick slabs too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ml.volume.geometry import Place
from ml.volume.volume import Volume

View = Literal["axial", "coronal", "sagittal"]
Slab = Literal["mean", "max", "min"]


@dataclass(frozen=True)
class Plane:
    """Square pixels in the patient: mm, LPS.

    `origin` is the centre of the first pixel, `right` and `down` are unit vectors along a row and a column
    as they are shown, `spacing` is mm from pixel to pixel, `size` rows and columns.
    """

    view: View
    origin: Place
    right: Place
    down: Place
    spacing: float
    size: tuple[int, int]

    def to_patient(self, x: float, y: float) -> Place:
        """mm of a place on the plane; whole numbers are centres of pixels, x before y."""
        raise NotImplementedError

    def to_pixel(self, place: Place) -> tuple[float, float]:
        """x and y of the foot of a place in the patient, mm."""
        raise NotImplementedError


def plane_through(volume: Volume, view: View, place: Place) -> Plane:
    """The plane of a view through a place in the patient (mm), as large as the volume.

    Axial shows the patient's right on the left and his front above; coronal the right on the left and the
    head above; sagittal the front on the left and the head above. Its axes are those of the slices (their
    normal instead of the way of a tilted gantry): whatever was tilted stands straight.
    """
    raise NotImplementedError


def resample(
    volume: Volume, plane: Plane, thickness: float = 0.0, slab: Slab = "mean"
) -> NDArray[np.float32]:
    """HU on a plane, `plane.size` float32, by linear interpolation between voxels; -1024 outside.

    A `thickness` (mm) above 0 combines what lies in so thick a slab around the plane: `mean`, `max` (MIP)
    or `min` (MinIP).
    """
    raise NotImplementedError
