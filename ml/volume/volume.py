"""A stack of CT slices as one array of Hounsfield units that knows where it lies in the patient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.volume.geometry import Geometry
from ml.volume.series import Series
from ml.volume.slice import AIR, Hounsfield, read_hounsfield

__all__ = ["Geometry", "OnSlice", "Volume", "load", "read_volume"]

OnSlice = Callable[["Volume", int], None]
"""Told that a slice of the volume has arrived (or has changed); in the thread that called `load`."""


@dataclass(eq=False)
class Volume:
    """A whole series in memory.

    `voxels` (slices, rows, columns) int16; the Hounsfield units of slice z are
    `voxels[z] * scale[z] + offset[z]`, exactly. `scale` is 1 and `offset` 0 wherever HU are whole numbers of
    16 bits, which is the rule. `arrived` says which slices are there, `missing` why some never will be.
    `remarks` are sentences about what was found or repaired, beside those of the series.
    """

    series: Series
    geometry: Geometry
    voxels: NDArray[np.int16]
    scale: NDArray[np.float64]
    offset: NDArray[np.float64]
    arrived: NDArray[np.bool_]
    missing: dict[int, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @classmethod
    def empty(cls, series: Series) -> Volume:
        """Room for a series, all air: what `load` fills."""
        try:
            geometry = Geometry.of(series)
        except Problem:
            geometry = Geometry.assumed(series)
        shape = (len(series), *series.slices[0].size)
        return cls(
            series,
            geometry,
            np.full(shape, AIR, dtype=np.int16),
            np.ones(len(series)),
            np.zeros(len(series)),
            np.zeros(len(series), dtype=bool),
        )

    @property
    def values(self) -> NDArray[np.float32]:
        """(slices, rows, columns) float32 HU, made anew each time; twice the memory of `voxels`."""
        found = self.voxels * self.scale[:, None, None] + self.offset[:, None, None]
        return found.astype(np.float32)

    def hounsfield(self, slice_: int) -> Hounsfield:
        """One slice, (rows, columns) float32 HU."""
        found: Hounsfield = (self.voxels[slice_] * self.scale[slice_] + self.offset[slice_]).astype(np.float32)
        return found

    def value(self, column: int, row: int, slice_: int) -> float:
        """HU of one voxel. Raises `IndexError` outside."""
        if min(column, row, slice_) < 0:
            raise IndexError((column, row, slice_))
        return float(self.voxels[slice_, row, column] * self.scale[slice_] + self.offset[slice_])


def load(
    series: Series,
    on_slice: OnSlice | None = None,
    progress: Progress | None = None,
    first: int | None = None,
    into: Volume | None = None,
) -> Volume:
    """Decode a series on threads; slices are told as they come, the `first` wished before the others.

    A slice that cannot be read stays air and is told in `missing`. `into` is a volume made by `Volume.empty`
    that is filled in place, so that a view can hold it beforehand. Raises `Cancelled`.
    """
    volume = into or Volume.empty(series)
    progress = progress or Progress()
    for number, slice_ in enumerate(series.slices):
        progress.check()
        progress.step(Step("Reading slices", number, len(series)))
        try:
            volume.voxels[number] = read_hounsfield(slice_.path)
        except Problem as problem:
            volume.missing[number] = problem.what
            continue
        volume.arrived[number] = True
        if on_slice:
            on_slice(volume, number)
    return volume


def read_volume(series: Series, progress: Progress | None = None) -> Volume:
    """Decode all slices. Raises `Problem` that counts and names those that cannot be read; `Cancelled`."""
    Geometry.of(series)
    volume = load(series, progress=progress)
    if volume.missing:
        broken = [volume.missing[number] for number in sorted(volume.missing)]
        raise Problem(
            f"{len(broken)} of {len(series)} slices cannot be read: {' '.join(broken[:3])}", "Copy them anew."
        )
    return volume
