"""A stack of CT slices as one array of Hounsfield units that knows where it lies in the patient."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.memory import memory
from ml.progress import Progress, Step
from ml.volume.geometry import Geometry
from ml.volume.rescale import AIR, HOUNSFIELD, Voxels
from ml.volume.samples import OpenFrames
from ml.volume.series import Series
from ml.volume.slice import Hounsfield
from ml.volume.stored_file import StoredFile

__all__ = ["Geometry", "OnSlice", "Volume", "load", "read_volume"]

_MOST_OF_MEMORY = 0.8
"""Share of the free memory that one series may take."""

OnSlice = Callable[["Volume", int], None]
"""Told that a slice of the volume has arrived (or has changed); in the thread that called `load`."""


@dataclass(eq=False)
class Volume:
    """A whole series in memory.

    `voxels` (slices, rows, columns) int16; the values of slice z are `voxels[z] * scale[z] + offset[z]`,
    exactly, in `unit`. `scale` is 1 and `offset` 0 wherever HU are whole numbers of 16 bits, which is the
    rule; a slice that has not arrived is air. `arrived` says which are there, `missing` why some never will
    be. `remarks` are sentences about what was repaired or is missing, beside those of the series.
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
        """Room for a series, all air: what `load` fills. Raises `Problem` where memory does not suffice.

        Two bytes a voxel, handed out by the system as slices arrive.
        """
        try:
            geometry = Geometry.of(series)
        except Problem:
            geometry = Geometry.assumed(series)
        shape = (len(series), *series.slices[0].size)
        _require_room(2 * math.prod(shape))
        count = len(series)
        scale, offset, arrived = np.ones(count), np.full(count, AIR), np.zeros(count, dtype=bool)
        return cls(series, geometry, np.zeros(shape, dtype=np.int16), scale, offset, arrived)

    @property
    def unit(self) -> str:
        """ "HU", or what else the values are in; empty where that is not known."""
        return self.series.unit

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that is to be said about the series and its pixels."""
        return (*self.series.remarks, *self.remarks)

    @property
    def is_hounsfield(self) -> bool:
        """Whether `voxels` are HU themselves in every slice that has arrived."""
        there = self.arrived
        return self.unit == HOUNSFIELD and bool(
            (self.scale[there] == 1).all() and (self.offset[there] == 0).all()
        )

    @property
    def values(self) -> NDArray[np.float32]:
        """(slices, rows, columns) float32, made anew each time; twice the memory of `voxels`."""
        return np.stack([self.hounsfield(number) for number in range(len(self.series))])

    def hounsfield(self, slice_: int) -> Hounsfield:
        """One slice, (rows, columns) float32 in `unit`."""
        voxels = self.voxels[slice_]
        if self.scale[slice_] == 1:  # whole numbers stay exact
            whole: Hounsfield = voxels.astype(np.float32) + np.float32(self.offset[slice_])
            return whole
        found: Hounsfield = (voxels * self.scale[slice_] + self.offset[slice_]).astype(np.float32)
        return found

    def value(self, column: int, row: int, slice_: int) -> float:
        """One voxel in `unit`. Raises `IndexError` outside."""
        if min(column, row, slice_) < 0:
            raise IndexError((column, row, slice_))
        return float(self.voxels[slice_, row, column] * self.scale[slice_] + self.offset[slice_])

    def put(self, number: int, found: Voxels) -> None:
        """A slice that has been decoded."""
        self.voxels[number] = found.voxels
        self.scale[number], self.offset[number] = found.scale, found.offset
        self.arrived[number] = True


def load(
    series: Series,
    on_slice: OnSlice | None = None,
    progress: Progress | None = None,
    first: int | None = None,
    into: Volume | None = None,
) -> Volume:
    """Decode a series on threads; slices are told as they come, from the `first` wished outwards.

    A slice that cannot be read stays air and is told in `missing`. `into` is a volume made by `Volume.empty`
    that is filled in place, so that a view can hold it beforehand. Raises `Cancelled`, and `Problem` where
    memory does not suffice.
    """
    volume = into or Volume.empty(series)
    return Loading(volume, on_slice or (lambda _, __: None), progress or Progress()).run(first)


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


def outwards(count: int, first: int | None) -> list[int]:
    """All slices, the wished one first, then those next to it on either side; the middle where none is."""
    middle = count // 2 if first is None else min(max(first, 0), count - 1)
    return sorted(range(count), key=lambda number: (abs(number - middle), number))


class Loading:
    """A series on its way into memory."""

    def __init__(self, volume: Volume, on_slice: OnSlice, progress: Progress) -> None:
        self._volume = volume
        self._slices = volume.series.slices
        self._on_slice = on_slice
        self._progress = progress
        self._wrapped: set[int] = set()  # slices whose values had wrapped around and were turned back
        self._opened: dict[StoredFile, OpenFrames] = {}

    def run(self, first: int | None) -> Volume:
        """Decode everything. Raises `Cancelled`."""
        count = len(self._slices)
        pool = ThreadPoolExecutor(_threads(), thread_name_prefix="ct")
        try:
            self._open_shared()
            waiting = [pool.submit(self._decode, number) for number in outwards(count, first)]
            for done, future in enumerate(as_completed(waiting)):
                self._progress.check()
                self._arrived(future.result())
                self._progress.step(Step("Reading slices", done + 1, count))
            self._turn_back_the_rest()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            for opened in self._opened.values():
                opened.file.close()
        self._volume.remarks = self._remarks()
        return self._volume

    def _open_shared(self) -> None:
        """Files of many frames are opened once: their frames are found by walking over all of them."""
        for slice_ in self._slices:
            stored = slice_.stored
            if stored is not None and stored.frames > 1 and stored.file not in self._opened:
                with contextlib.suppress(Problem):  # each slice will say so
                    self._opened[stored.file] = stored.open()

    def _decode(self, number: int) -> int:
        slice_ = self._slices[number]
        if self._progress.stop_wished or slice_.stored is None:
            return number
        try:
            found = slice_.voxels(self._opened.get(slice_.stored.file), True if self._wrapped else None)
        except Problem as problem:
            self._volume.missing[number] = problem.what
            return number
        if found.was_wrapped:
            self._wrapped.add(number)
        self._volume.put(number, found)
        return number

    def _arrived(self, number: int) -> None:
        if self._volume.arrived[number]:
            self._on_slice(self._volume, number)

    def _turn_back_the_rest(self) -> None:
        """Slices that were decoded before the fault was recognised, and hold too little air to show it."""
        if not self._wrapped:
            return
        for number, slice_ in enumerate(self._slices):
            if slice_.scaling.may_wrap and number not in self._wrapped and self._volume.arrived[number]:
                self._progress.check()
                self._arrived(self._decode(number))

    def _remarks(self) -> tuple[str, ...]:
        found, count = [], len(self._slices)
        if self._wrapped:
            found.append(
                f"Values below 0 had wrapped around in {len(self._wrapped)} of {count} slices, "
                "a known fault of 12-bit files; they have been turned back."
            )
        if self._volume.missing:
            found.append(f"{len(self._volume.missing)} of {count} slices cannot be read and are empty.")
        return tuple(found)


def _threads() -> int:
    return min(8, os.cpu_count() or 1)


def _require_room(wanted: int) -> None:
    """Raise `Problem` before the system has to take memory from others."""
    free = int(memory().free * _MOST_OF_MEMORY)
    if wanted > free:
        raise Problem(
            f"The series needs {wanted / 2**30:.1f} GiB of memory, and {free / 2**30:.1f} GiB are free.",
            "Close other programs or series, and try again.",
        )
