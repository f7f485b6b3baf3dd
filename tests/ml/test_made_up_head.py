"""The made-up head CT: a sound series, the same every time, that says what it is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest

from ml import made_up_head
from ml.volume.opening import open_ct
from ml.volume.volume import Volume, load


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made up") / "head"
    made_up_head.write(made)
    return made


@pytest.fixture(scope="module")
def volume(folder: Path) -> Volume:
    (series,) = open_ct(folder).series
    assert series.remarks == ()
    assert series.distance == made_up_head.SPACING[0]
    return load(series)


def test_the_reader_finds_what_was_drawn(volume: Volume) -> None:
    assert np.array_equal(volume.values, made_up_head.values())


def test_tissues_have_their_hounsfield_units(volume: Volume) -> None:
    """Of a place that lies well inside each: rows and columns from the middle, slices from the lowest."""
    middle = made_up_head.EDGE // 2

    def around(slice_: int, row: int, column: int) -> float:
        return float(volume.values[slice_, row - 2 : row + 3, column - 2 : column + 3].mean())

    assert around(18, 5, 5) == pytest.approx(-1000, abs=3)
    assert around(18, middle - 9, middle + 41) == pytest.approx(68, abs=3), "blood"
    assert around(18, middle - 9, middle - 41) == pytest.approx(29, abs=3), "white matter on the other side"
    assert around(15, middle, middle + 8) == pytest.approx(8, abs=3), "ventricle"
    assert volume.values.max() > 1150, "bone"


def test_there_is_one_bleeding_on_the_left(volume: Volume) -> None:
    """Soft tissue as dense as fresh blood over more than 1 cm² in a slice is it, and nothing else is."""
    middle = made_up_head.EDGE // 2
    dense = (volume.values > 55) & (volume.values < 90)
    inside = np.zeros_like(dense)
    inside[:, middle - 60 : middle + 60, middle - 50 : middle - 5] = True  # without falx and skull
    right = (dense & inside).sum(axis=(1, 2))
    left = (dense & inside[:, :, ::-1]).sum(axis=(1, 2))
    area = made_up_head.SPACING[1] * made_up_head.SPACING[2]
    slices = np.flatnonzero((left - right) * area > 100)
    assert slices[0] > 12
    assert slices[-1] < 24
    assert np.array_equal(slices, np.arange(slices[0], slices[-1] + 1))


def test_it_says_that_it_is_made_up(folder: Path) -> None:
    for path in folder.iterdir():
        told = pydicom.dcmread(path)
        assert "made-up" in str(told.PatientName).lower()
        assert "no patient" in told.StudyDescription
        assert "drawn" in told.Manufacturer
        assert told.ImageType[0] == "DERIVED"


def test_it_is_the_same_every_time(folder: Path, tmp_path: Path) -> None:
    made_up_head.write(tmp_path / "again")
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="Debian package dicom3tools")
def test_the_validator_finds_no_error(folder: Path) -> None:
    path = sorted(folder.iterdir())[0]
    said = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, text=True, check=False)
    assert [line for line in (said.stdout + said.stderr).splitlines() if line.startswith("Error")] == []
