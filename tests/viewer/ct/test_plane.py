"""A slice as it is shown: its frame, its places in the patient, its letters, and what lies on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.geometry import Point
from ml.volume.opening import open_ct
from ml.volume.volume import Volume, load
from tests.viewer.ct.phantom import (
    BLOOD_SLICE,
    COLUMN_MM,
    COLUMNS,
    ORIGIN,
    ROW_MM,
    ROWS,
    SLICE_MM,
    voxels,
    write_phantom,
)
from viewer.canvas.camera import Camera
from viewer.ct.measure_layer import lies_in
from viewer.ct.measure_tools import measured
from viewer.ct.orientation import edges, letters
from viewer.ct.plane import Shown, acquired


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    found = open_ct(write_phantom(tmp_path_factory.mktemp("ct")))
    return load(found.series[0])


def test_places_of_a_slice_are_those_of_its_header(volume: Volume) -> None:
    shown = acquired(volume, 3)
    assert shown.words == "Slice 4 of 24"
    assert (shown.bounds.width, shown.bounds.height) == pytest.approx((COLUMNS * COLUMN_MM, ROWS * ROW_MM))
    first = shown.to_patient(Point(COLUMN_MM / 2, ROW_MM / 2))
    assert first == pytest.approx((ORIGIN[0], ORIGIN[1], ORIGIN[2] + 3 * SLICE_MM))
    point = Point(12.3, 45.6)
    assert shown.to_plane(shown.to_patient(point)).x == pytest.approx(point.x)
    assert shown.away(acquired(volume, 5).to_patient(point)) == pytest.approx(2 * SLICE_MM)


def test_hu_under_a_place_are_those_of_the_voxel(volume: Volume) -> None:
    values = voxels()
    shown = acquired(volume, BLOOD_SLICE)
    for row, column in ((0, 0), (30, 40), (39, 59), (40, 59), (79, 99)):
        for share in (0.01, 0.99):
            point = Point((column + share) * COLUMN_MM, (row + share) * ROW_MM)
            assert shown.value_at(point) == values[BLOOD_SLICE, row, column]
    for beside in (Point(-0.1, 5), Point(5, ROWS * ROW_MM)):
        assert shown.value_at(beside) is None


def test_a_slice_that_has_not_come_says_so(tmp_path: Path) -> None:
    empty = Volume.empty(open_ct(write_phantom(tmp_path)).series[0])
    shown = acquired(empty, 2)
    assert shown.problem == "Slice 3 is being read …"
    assert shown.value_at(Point(5, 5)) is None
    empty.missing[2] = "003.dcm cannot be read: cut short."
    assert acquired(empty, 2).problem == "003.dcm cannot be read: cut short."


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ((1, 0, 0), "L"),
        ((-1, 0, 0), "R"),
        ((0, 1, 0), "P"),
        ((0, 0, -1), "F"),
        ((0.8, -0.6, 0), "LA"),
        ((0.99, 0.1, 0), "L"),
        ((-0.6, 0.52, 0.61), "HRP"),
    ],
)
def test_letters_say_where_a_direction_points(direction: tuple[float, ...], expected: str) -> None:
    assert letters(direction) == expected


def test_letters_turn_with_the_picture(volume: Volume) -> None:
    shown = acquired(volume, 0)
    camera = Camera(Point(20, 20), 3.0, 400, 300)
    assert edges(shown, camera) == ("R", "L", "A", "P")
    assert edges(shown, replace(camera, angle=90.0)) == ("P", "A", "R", "L")
    assert edges(shown, camera.mirrored()) == ("L", "R", "A", "P")


def test_measurements_are_exact_and_stay_on_their_slice(volume: Volume) -> None:
    shown = acquired(volume, BLOOD_SLICE)
    left, right = 40 * COLUMN_MM, 60 * COLUMN_MM
    top, bottom = 30 * ROW_MM, 40 * ROW_MM
    corners = [Point(left, top), Point(right, bottom)]
    length = measured("length", shown, corners)
    assert length.value == pytest.approx(np.hypot(20 * COLUMN_MM, 10 * ROW_MM), rel=1e-9)
    region = measured("rectangle", shown, corners)
    assert region.facts.area == pytest.approx(20 * COLUMN_MM * 10 * ROW_MM, rel=1e-9)
    assert (region.facts.mean, region.facts.sd, region.facts.pixels) == (70, 0, 200)
    corner = measured("angle", shown, [Point(left, top), Point(left, bottom), Point(right, bottom)])
    assert corner.value == pytest.approx(90)
    assert region.where == f"Slice {BLOOD_SLICE + 1}"
    for measurement in (length, region, corner):
        assert lies_in(measurement, shown)
        assert not lies_in(measurement, acquired(volume, BLOOD_SLICE + 1))
        across = replace(shown, right=shown.down, down=(0.0, 0.0, -1.0), slice_=None)
        assert not lies_in(measurement, across)


def test_a_region_is_measured_in_hu_whatever_the_file_stores() -> None:
    values = np.array([[0, 2], [4, 6]], dtype=np.int16)
    shown = Shown(values, 0.5, -10.0, (1, 1), (0, 0, 0), (1, 0, 0), (0, 1, 0), "Slice 1 of 1", 0)
    region = measured("rectangle", shown, [Point(0, 0), Point(2, 2)])
    assert region.facts.mean == pytest.approx(-8.5)
    assert shown.value_at(Point(1.5, 1.5)) == pytest.approx(-7.0)
