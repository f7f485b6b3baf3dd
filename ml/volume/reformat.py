"""Reformats: axial, coronal and sagittal planes through a volume with true lengths, thick slabs too.

Every slice is sampled where it really lies, and values are interpolated along the normal between slices:
linear in all three directions, whatever the distances between slices, and with a tilted gantry put straight.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ml.volume.geometry import Geometry, Place
from ml.volume.resampling import EDGE, WHOLE, Floats, Slab, combined, sampled
from ml.volume.rescale import AIR
from ml.volume.threads import in_parts
from ml.volume.volume import Volume

View = Literal["axial", "coronal", "sagittal"]

_ACROSS: dict[View, int] = {"sagittal": 0, "coronal": 1, "axial": 2}  # the patient's axis that it cuts
_RIGHT: dict[View, Place] = {"axial": (1, 0, 0), "coronal": (1, 0, 0), "sagittal": (0, 1, 0)}
_DOWN: dict[View, Place] = {"axial": (0, 1, 0), "coronal": (0, 0, -1), "sagittal": (0, 0, -1)}


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
        way = np.array(self.right) * x + np.array(self.down) * y
        place = np.array(self.origin) + way * self.spacing
        return float(place[0]), float(place[1]), float(place[2])

    def to_pixel(self, place: Place) -> tuple[float, float]:
        """x and y of the foot of a place in the patient, mm."""
        way = (np.array(place) - np.array(self.origin)) / self.spacing
        return float(way @ np.array(self.right)), float(way @ np.array(self.down))


def view_of_slices(geometry: Geometry) -> View:
    """Which view the slices themselves are: most CT is axial."""
    across = _patient_axes(geometry)[2]
    return next(view for view, axis in _ACROSS.items() if axis == across)


def plane_through(volume: Volume, view: View, place: Place) -> Plane:
    """The plane of a view through a place in the patient (mm), as large as the volume.

    Axial shows the patient's right on the left and his front above; coronal the right on the left and the
    head above; sagittal the front on the left and the head above. Its axes are those of the slices (their
    normal instead of the way of a tilted gantry): whatever was tilted stands straight.
    """
    geometry = volume.geometry
    rows, columns = volume.voxels.shape[1:]
    low, high = _box(geometry, rows, columns)
    spacing = min(geometry.spacing[:2])
    start = (np.array(place) - geometry.starts[0]) @ geometry.axes.T
    directions, size = [], []
    for wish in (_RIGHT[view], _DOWN[view]):
        axis = _patient_axes(geometry).index(int(np.argmax(np.abs(wish))))
        sign = 1.0 if geometry.axes[axis] @ np.array(wish) > 0 else -1.0
        directions.append(sign * geometry.axes[axis])
        start[axis] = low[axis] if sign > 0 else high[axis]
        size.append(int((high[axis] - low[axis]) / spacing + WHOLE) + 1)
    origin = geometry.starts[0] + start @ geometry.axes
    right, down = (_place(direction) for direction in directions)
    return Plane(view, _place(origin), right, down, spacing, (size[1], size[0]))


def resample(volume: Volume, plane: Plane, thickness: float = 0.0, slab: Slab = "mean") -> Floats:
    """Values on a plane of `plane_through`, `plane.size` float32 in the volume's unit; -1024 outside.

    Linear between voxels. A `thickness` (mm) above 0 combines the voxels whose centres lie in so thick a
    slab around the plane: `mean`, `max` (MIP) or `min` (MinIP), before they are interpolated in the plane.
    """
    geometry = volume.geometry
    start = (np.array(plane.origin) - geometry.starts[0]) @ geometry.axes.T
    right, down = (np.round(geometry.axes @ np.array(way), 6) for way in (plane.right, plane.down))
    along = (int(np.argmax(np.abs(right))), int(np.argmax(np.abs(down))))
    places = [  # mm along the axes of the slices, of the plane's columns and rows
        start[axis] + way[axis] * plane.spacing * np.arange(count)
        for axis, way, count in zip(along, (right, down), plane.size[::-1], strict=True)
    ]
    across = 3 - sum(along)
    if across == 2:
        found = _between_slices(volume, float(start[2]), thickness, slab, places, along)
    else:
        found = _across_slices(volume, across, float(start[across]), thickness, slab, places, along)
    return np.ascontiguousarray(found)


def _across_slices(
    volume: Volume,
    across: int,
    depth: float,
    thickness: float,
    slab: Slab,
    places: list[NDArray[np.float64]],
    along: tuple[int, int],
) -> Floats:
    """A plane that cuts all slices: a line of each, then between the slices. (rows, columns)."""
    geometry = volume.geometry
    voxels = volume.voxels if across == 1 else volume.voxels.transpose(0, 2, 1)
    shifts = _shifts(geometry)
    step = geometry.spacing[across]
    cut = (depth - shifts[:, across]) / step  # row (or column) of the plane in every slice
    if slab != "mean" and (volume.scale < 0).any():  # voxels that fall where values rise
        slab = "min" if slab == "max" else "max"
    lines = _lines(voxels, cut, thickness / step, slab)
    lines = lines * volume.scale.astype(np.float32)[:, None] + volume.offset.astype(np.float32)[:, None]
    inside = (cut >= -EDGE) & (cut <= voxels.shape[1] - 1 + EDGE)
    lines[~inside] = AIR
    within = 1 - across
    flat = along.index(within)
    rows_cut = sampled(lines, (places[flat][None, :] - shifts[:, within, None]) / geometry.spacing[within])
    heights = places[1 - flat]
    found = _along_normal(rows_cut, geometry, heights)
    return found if flat == 0 else found.T


def _lines(voxels: NDArray[np.int16], cut: NDArray[np.float64], width: float, slab: Slab) -> Floats:
    """A line of every slice, (slices, pixels): between two rows, or all rows of a slab as one."""
    count, rows = voxels.shape[0], voxels.shape[1]
    if width <= 0:
        lower = np.clip(np.floor(cut + WHOLE), 0, rows - 1).astype(np.intp)
        share = np.clip(cut - lower, 0, 1).astype(np.float32)[:, None]
        first, second = _two_rows(voxels, lower)
        return first if float(share.max(initial=0)) <= WHOLE else first + share * (second - first)
    low = np.clip(np.ceil(cut - width / 2 - WHOLE), 0, rows - 1).astype(np.intp)
    most = max(1, int(np.floor(width + WHOLE)) + 1)
    high = np.clip(np.floor(cut + width / 2 + WHOLE), low, rows - 1).astype(np.intp)
    if low.min() == low.max() and high.min() == high.max():
        block, whole = voxels[:, low[0] : high[0] + 1], np.empty((count, voxels.shape[2]), dtype=np.float32)

        def some(first: int, last: int) -> None:
            whole[first:last] = combined(block[first:last], slab)

        in_parts(some, count)
        return whole
    found = np.empty((count, voxels.shape[2]), dtype=np.float32)
    for number in range(count):
        part = voxels[number : number + 1, low[number] : min(high[number] + 1, low[number] + most)]
        found[number] = combined(part, slab)[0]
    return found


def _two_rows(voxels: NDArray[np.int16], lower: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """A row of every slice and the one after it, (slices, pixels) each; the last one is its own next."""
    if lower.size and lower.min() == lower.max():  # in one go: they lie side by side in memory
        block = voxels[:, lower[0] : lower[0] + 2].astype(np.float32)
        return block[:, 0], block[:, -1]
    slices, upper = np.arange(len(lower)), np.minimum(lower + 1, voxels.shape[1] - 1)
    return voxels[slices, lower].astype(np.float32), voxels[slices, upper].astype(np.float32)


def _between_slices(
    volume: Volume,
    height: float,
    thickness: float,
    slab: Slab,
    places: list[NDArray[np.float64]],
    along: tuple[int, int],
) -> Floats:
    """A plane between (or on) slices, or all slices of a slab as one. (rows, columns)."""
    geometry = volume.geometry
    heights, shifts = geometry.heights, _shifts(geometry)
    inside = (heights >= height - thickness / 2 - WHOLE) & (heights <= height + thickness / 2 + WHOLE)
    numbers = np.flatnonzero(inside)
    if thickness > 0 and len(numbers):
        shares = np.ones(len(numbers))
        if _is_straight(volume, numbers, shifts):
            at = [(places[n] - shifts[numbers[0], along[n]]) / geometry.spacing[along[n]] for n in (0, 1)]
            return _cut(_whole_slab(volume, numbers, slab), at, along)
    else:
        slab = "mean"
        numbers, shares = _neighbours(geometry, height)
    made = in_parts(
        lambda first, last: _mixed(volume, numbers[first:last], shares[first:last], slab, places, along),
        len(numbers),
    )
    if not made:
        return np.full((len(places[1]), len(places[0])), AIR, dtype=np.float32)
    found = made[0]
    for part in made[1:]:
        _into(found, part, slab)
    total = float(shares.sum())
    return found / np.float32(total) if slab == "mean" and abs(total - 1) > WHOLE else found


def _mixed(
    volume: Volume,
    numbers: NDArray[np.intp],
    shares: NDArray[np.float64],
    slab: Slab,
    places: list[NDArray[np.float64]],
    along: tuple[int, int],
) -> Floats:
    """Some slices, one or more, each cut at its own places, as one. (rows, columns)."""
    geometry, shifts = volume.geometry, _shifts(volume.geometry)
    found: Floats | None = None
    for number, share in zip(numbers.tolist(), shares.tolist(), strict=True):
        at = [(places[n] - shifts[number, along[n]]) / geometry.spacing[along[n]] for n in (0, 1)]
        part = _cut(volume.hounsfield(number), at, along)
        if slab == "mean" and share != 1:
            part = part * np.float32(share)
        if found is None:
            found = part
        else:
            _into(found, part, slab)
    assert found is not None
    return found


def _into(found: Floats, part: Floats, slab: Slab) -> None:
    """Add, or take the greater or smaller one, in place."""
    combine = {"mean": np.add, "max": np.maximum, "min": np.minimum}[slab]
    combine(found, part, out=found)


def _is_straight(volume: Volume, numbers: NDArray[np.intp], shifts: NDArray[np.float64]) -> bool:
    """Whether slices lie straight above each other and have one scale: then voxels can be combined first."""
    aside = shifts[numbers, :2]
    return bool(
        np.abs(aside - aside[0]).max() < WHOLE
        and volume.scale[numbers[0]] > 0
        and (volume.scale[numbers] == volume.scale[numbers[0]]).all()
        and (volume.offset[numbers] == volume.offset[numbers[0]]).all()
    )


def _whole_slab(volume: Volume, numbers: NDArray[np.intp], slab: Slab) -> Floats:
    """Slices of one scale as one, (rows, columns)."""
    block = volume.voxels[numbers[0] : numbers[-1] + 1]
    if slab == "mean":
        mixed = (block.sum(axis=0, dtype=np.int32) / len(block)).astype(np.float32)
    else:
        mixed = (block.max(axis=0) if slab == "max" else block.min(axis=0)).astype(np.float32)
    found: Floats = mixed * np.float32(volume.scale[numbers[0]]) + np.float32(volume.offset[numbers[0]])
    return found


def _cut(values: Floats, at: list[NDArray[np.float64]], along: tuple[int, int]) -> Floats:
    """A slice at columns and rows of the plane, in pixels of the slice; (rows, columns) of the plane."""
    values = values if along == (0, 1) else values.T
    values = sampled(values, at[0][None, :])
    return sampled(values.T, at[1][None, :]).T


def _neighbours(geometry: Geometry, height: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The slices on either side of a height and their shares; none outside of the volume."""
    place = geometry.slice_at(height)
    last = len(geometry.heights) - 1
    if not -EDGE <= place <= last + EDGE:
        return np.zeros(0, dtype=np.intp), np.zeros(0)
    place = min(max(place, 0.0), float(last))
    lower = int(place + WHOLE)
    share = place - lower
    if abs(share) <= WHOLE or lower == last:
        return np.array([lower]), np.ones(1)
    return np.array([lower, lower + 1]), np.array([1 - share, share])


def _along_normal(lines: Floats, geometry: Geometry, heights: NDArray[np.float64]) -> Floats:
    """Between the slices, (heights, pixels): linear by their true distances."""
    known = geometry.heights
    if len(known) < 2:
        return np.repeat(lines, len(heights), axis=0)
    lower = np.clip(np.searchsorted(known, heights + WHOLE, "right") - 1, 0, len(known) - 2)
    share = (heights - known[lower]) / (known[lower + 1] - known[lower])
    outside = (share < -EDGE) | (share > 1 + EDGE)
    upper_share: Floats = np.clip(share, 0, 1).astype(np.float32)[:, None]
    found: Floats = lines[lower]
    found += upper_share * (lines[lower + 1] - found)
    found[outside] = AIR
    return found


def _shifts(geometry: Geometry) -> NDArray[np.float64]:
    """How far each slice lies along the axes of the first, mm. (slices, 3)."""
    found: NDArray[np.float64] = (geometry.starts - geometry.starts[0]) @ geometry.axes.T
    return found


def _box(geometry: Geometry, rows: int, columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The outermost centres of voxels along the three axes of the slices, mm from the first."""
    shifts = _shifts(geometry)
    size = np.array([(columns - 1) * geometry.spacing[0], (rows - 1) * geometry.spacing[1], 0.0])
    return shifts.min(axis=0), shifts.max(axis=0) + size


def _patient_axes(geometry: Geometry) -> tuple[int, ...]:
    """Which axis of the patient (0 left, 1 back, 2 head) each axis of the slices is nearest to."""
    near = np.abs(geometry.axes)
    return max(permutations(range(3)), key=lambda order: sum(near[n, order[n]] for n in range(3)))


def _place(values: NDArray[np.float64]) -> Place:
    return float(values[0]) + 0.0, float(values[1]) + 0.0, float(values[2]) + 0.0  # no -0
