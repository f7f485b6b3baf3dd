"""Slices on their way into memory: the wished one first, all of them once, none after the wish to stop."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import psutil
import pytest

from ml.errors import Problem
from ml.memory import Memory
from ml.progress import Cancelled, Progress, Step
from ml.volume import volume as volume_of
from ml.volume.opening import open_ct
from ml.volume.series import Series
from ml.volume.volume import Volume, load, outwards
from tests.ml.volume.scans import ct_dataset, write, write_series


@pytest.fixture
def series(tmp_path: Path) -> Series:
    write_series(tmp_path, tuple(range(40)))
    return open_ct(tmp_path).series[0]


def test_slices_are_told_as_they_come(series: Series) -> None:
    told: list[int] = []
    threads = set()

    def on_slice(volume: Volume, number: int) -> None:
        assert volume.arrived[number]
        assert volume.hounsfield(number)[0, 0] == number - 1024
        told.append(number)
        threads.add(threading.current_thread())

    steps: list[Step] = []
    volume = load(series, on_slice, Progress(steps.append))
    assert sorted(told) == list(range(40))
    assert threads == {threading.current_thread()}
    assert (steps[-1].done, steps[-1].total) == (40, 40)
    assert volume.arrived.all()
    assert volume.is_hounsfield
    assert volume.voxels.nbytes == 40 * 4 * 6 * 2
    assert np.array_equal(volume.values, volume.voxels)


def test_the_wished_slice_goes_first() -> None:
    assert outwards(6, 4) == [4, 3, 5, 2, 1, 0]
    assert outwards(5, None) == [2, 1, 3, 0, 4]
    assert outwards(3, 99) == [2, 1, 0]


def test_a_view_can_hold_the_volume_beforehand(series: Series) -> None:
    volume = Volume.empty(series)
    assert (volume.hounsfield(7) == -1024).all()
    assert not volume.arrived.any()
    assert load(series, into=volume) is volume
    assert volume.value(0, 0, 7) == 7 - 1024
    with pytest.raises(IndexError):
        volume.value(-1, 0, 0)


def test_a_wish_to_stop_is_heard(series: Series) -> None:
    told: list[int] = []
    progress = Progress()

    def on_slice(_: Volume, number: int) -> None:
        told.append(number)
        if len(told) == 3:
            progress.stop()

    with pytest.raises(Cancelled):
        load(series, on_slice, progress)
    assert len(told) == 3


def test_wrapped_values_of_slices_without_air_are_turned_back_too(tmp_path: Path) -> None:
    """The middle of the head shows no air: it is decoded first, and mended when its neighbours show it."""
    inside = np.full((20, 20), 40)
    inside[3, 3] = -900  # a bubble in a sinus: too little to tell by
    outside = np.where(np.arange(400).reshape(20, 20) % 3 > 0, -1000, 40)
    for number in range(5):
        stored = np.mod(inside if number == 2 else outside, 4096).astype(np.uint16)
        facts = {"BitsStored": 12, "HighBit": 11, "RescaleIntercept": "0"}
        place = {"ImagePositionPatient": [0, 0, 5.0 * number]}
        write(tmp_path / f"{number}.dcm", ct_dataset(stored, **facts | place))
    told: list[int] = []
    volume = load(open_ct(tmp_path).series[0], lambda _, number: told.append(number))
    assert volume.value(3, 3, 2) == -900
    assert volume.value(1, 0, 0) == -1000
    assert set(told) == set(range(5))
    assert volume.remarks == (
        "Values below 0 had wrapped around in 5 of 5 slices, a known fault of 12-bit files; "
        "they have been turned back.",
    )


def test_slopes_of_each_slice(tmp_path: Path) -> None:
    for number, slope in enumerate(("1", "0.5", "0.25")):
        place = {"ImagePositionPatient": [0, 0, 5.0 * number], "RescaleSlope": slope}
        write(tmp_path / f"{number}.dcm", ct_dataset(np.full((4, 4), 2001, np.int16), **place))
    volume = load(open_ct(tmp_path).series[0])
    assert [volume.value(0, 0, n) for n in range(3)] == [977, -23.5, -523.75]
    assert not volume.is_hounsfield


def test_a_series_that_does_not_fit_is_refused_before(
    series: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volume_of, "memory", lambda: Memory(2000, 1000))
    with pytest.raises(Problem, match=r"needs 0\.0 GiB of memory"):
        Volume.empty(series)


def test_without_spacing_it_is_shown_and_not_measured(tmp_path: Path) -> None:
    write_series(tmp_path, (0, 5, 10), PixelSpacing=None)
    series = open_ct(tmp_path).series[0]
    volume = load(series)
    assert not volume.geometry.is_known
    assert volume.arrived.all()
    assert "lengths cannot be measured" in volume.sentences[0]


@pytest.mark.slow
def test_a_thousand_slices(tmp_path: Path) -> None:
    """Found, loaded and cut in all directions within two bytes a voxel and little more."""
    import os

    stored = np.random.default_rng(0).integers(-1024, 2000, (512, 512)).astype(np.int16)
    for number in range(1000):
        place = {"ImagePositionPatient": [0, 0, 0.5 * number], "InstanceNumber": number + 1}
        write(tmp_path / f"{number:04d}.dcm", ct_dataset(stored, **place))
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    volume = load(open_ct(tmp_path).series[0])
    assert volume.arrived.all()
    assert process.memory_info().rss - before < volume.voxels.nbytes + 150 * 2**20
    from ml.volume.reformat import plane_through, resample

    for view in ("axial", "coronal", "sagittal"):
        plane = plane_through(volume, view, volume.geometry.to_patient(256, 256, 500))
        assert resample(volume, plane, 10, "max").shape == plane.size
