"""Lengths and areas on phantoms of known shape, tilted and uneven stacks, slabs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.measure import find_contours

from ml.volume.geometry import Place
from ml.volume.opening import open_ct
from ml.volume.reformat import Plane, View, plane_through, resample, view_of_slices
from ml.volume.volume import Volume, load
from tests.ml.volume.phantom import phantom
from tests.ml.volume.scans import ct_dataset, write

VIEWS: tuple[View, ...] = ("axial", "coronal", "sagittal")
CENTER = np.array([12.3, 23.6, 14.2])
RADIUS = 9.0
UPRIGHT = [(0.0, 0.0, 1.25 * n) for n in range(24)]
TILTED = [(0.0, 0.3 * n, 1.25 * n) for n in range(24)]
UNEVEN = [(0.0, 0.0, z) for z in (*np.arange(0, 12, 0.75), *np.arange(12, 30, 2.0))]


def ball(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """HU rise by 20 a mm towards the middle and are 0 at the surface: an edge that can be found exactly."""
    return (RADIUS - np.linalg.norm(places - CENTER, axis=-1)) * 20


def ramp(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear in all directions: a linear interpolation is exact."""
    return places @ np.array([3.0, -2.0, 5.0]) + 7


def polygon_area(points: NDArray[np.float64]) -> float:
    x, y = points[:, 1], points[:, 0]
    return float(abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) / 2)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("starts", [UPRIGHT, TILTED], ids=["upright", "tilted"])
def test_lengths_and_areas_to_a_thousandth(tmp_path: Path, view: View, starts: list[Place]) -> None:
    """A ball's diameter and the area of its great circle, in mm, in all three planes.

    The spacing is finer than the ball is curved, so that linear interpolation errs by less than the aim.
    """
    fine = [(x, y / 1.0, z) for x, y, z in starts]
    dense = [
        tuple(np.array(fine[0]) + (np.array(fine[-1]) - np.array(fine[0])) * s)
        for s in np.linspace(0, 1, 116)
    ]
    volume = phantom(tmp_path, ball, dense, size=(200, 110), spacing=(0.25, 0.25))
    plane = plane_through(volume, view, tuple(CENTER))  # type: ignore[arg-type]
    contours = find_contours(resample(volume, plane), 0.0)
    outline = max(contours, key=len)
    area = polygon_area(outline) * plane.spacing**2
    assert area == pytest.approx(math.pi * RADIUS**2, rel=1e-3)
    left, right = outline[outline[:, 1].argmin()], outline[outline[:, 1].argmax()]
    width = math.dist(plane.to_patient(left[1], left[0]), plane.to_patient(right[1], right[0]))
    assert width == pytest.approx(2 * RADIUS, rel=1e-3)
    middle = plane.to_patient(*(outline[:-1].mean(axis=0)[::-1]))
    assert middle == pytest.approx(tuple(CENTER), abs=0.05)


@pytest.mark.parametrize("starts", [UPRIGHT, TILTED, UNEVEN], ids=["upright", "tilted", "uneven"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_linear_body_is_exact(tmp_path: Path, starts: list[Place], view: View) -> None:
    volume = phantom(tmp_path, ramp, starts)
    plane = plane_through(volume, view, tuple(CENTER))  # type: ignore[arg-type]
    found = resample(volume, plane)
    y, x = np.mgrid[: plane.size[0], : plane.size[1]]
    places = np.array([plane.to_patient(*pair) for pair in zip(x.ravel(), y.ravel(), strict=True)])
    inside = inner(volume, places).reshape(plane.size)
    assert inside.mean() > 0.5
    assert np.abs(found - ramp(places).reshape(plane.size))[inside].max() < 0.1


def inner(volume: Volume, places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which places lie between voxels, whichever slices they are between."""
    slices, rows, columns = volume.voxels.shape
    found = []
    for place in places:
        column, row, slice_ = volume.geometry.to_voxel(*place)
        found.append(0.5 < column < columns - 1.5 and 0.5 < row < rows - 1.5 and 0 <= slice_ <= slices - 1)
    return np.array(found)


def test_the_views_lie_as_a_radiologist_holds_them(tmp_path: Path) -> None:
    volume = phantom(tmp_path, ramp, UPRIGHT)
    planes = {view: plane_through(volume, view, (5, 5, 5)) for view in VIEWS}
    assert (planes["axial"].right, planes["axial"].down) == ((1, 0, 0), (0, 1, 0))
    assert (planes["coronal"].right, planes["coronal"].down) == ((1, 0, 0), (0, 0, -1))
    assert (planes["sagittal"].right, planes["sagittal"].down) == ((0, 1, 0), (0, 0, -1))
    assert {plane.spacing for plane in planes.values()} == {0.5}
    assert view_of_slices(volume.geometry) == "axial"


@pytest.mark.parametrize(
    ("along", "view"),
    [((1, 0, 0, 0, 0, -1), "coronal"), ((0, 1, 0, 0, 0, -1), "sagittal"), ((-1, 0, 0, 0, 1, 0), "axial")],
)
def test_series_of_other_directions(tmp_path: Path, along: tuple[float, ...], view: View) -> None:
    normal = np.cross(along[:3], along[3:])
    volume = phantom(tmp_path, ramp, [tuple(1.25 * n * normal) for n in range(20)], along=along)
    assert view_of_slices(volume.geometry) == view
    middle = volume.geometry.to_patient(20, 30, 10)
    for wished in VIEWS:
        plane = plane_through(volume, wished, middle)
        x, y = plane.to_pixel(middle)
        assert plane.to_patient(x, y) == pytest.approx(middle)
        found = resample(volume, plane)
        column, row = round(x), round(y)
        assert found[row, column] == pytest.approx(ramp(np.array(plane.to_patient(column, row))), abs=0.1)
    assert plane_through(volume, "axial", middle).right == pytest.approx((1, 0, 0))


def test_a_slab_combines_whole_voxels(tmp_path: Path) -> None:
    """A bright bead of one voxel: seen whole in the maximum, diluted in the mean, gone in the minimum."""

    def bead(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(np.linalg.norm(places - [10, 16, 13.75], axis=-1) < 0.1, 900.0, 20.0)

    volume = phantom(tmp_path, bead, UPRIGHT)
    for view, count in (("axial", 4), ("coronal", 6), ("sagittal", 10)):
        aside = np.array([10, 16, 13.75])
        aside[["sagittal", "coronal", "axial"].index(view)] += 2
        plane = plane_through(volume, view, tuple(aside))  # type: ignore[arg-type]
        thickness = 5.0
        most, least, mean = (resample(volume, plane, thickness, slab) for slab in ("max", "min", "mean"))
        assert most.max() == 900
        assert least.max() == 20
        assert (mean.max() - 20) == pytest.approx(880 / count, rel=0.35)
        assert resample(volume, plane).max() == 20  # the bead lies beside the thin plane


@pytest.mark.parametrize("view", VIEWS)
def test_a_slab_of_falling_voxels(tmp_path: Path, view: View) -> None:
    """A negative slope: the greatest value is the least voxel."""
    for number in range(9):
        stored = np.random.default_rng(number).integers(0, 900, (9, 9)).astype(np.int16)
        place = {"ImagePositionPatient": [0, 0, float(number)], "PixelSpacing": [1, 1]}
        scale = {"RescaleSlope": "-0.5", "RescaleIntercept": "0.25"}
        write(tmp_path / f"{number}.dcm", ct_dataset(stored, **place, **scale))
    volume = load(open_ct(tmp_path).series[0])
    plane = plane_through(volume, view, (4, 4, 4))
    axis = {"axial": 0, "coronal": 1, "sagittal": 2}[view]
    expected = volume.values.max(axis=axis)
    found = resample(volume, plane, 100, "max")
    assert np.array_equal(found if view == "axial" else found[::-1], expected)


def test_a_tilted_slab_is_put_straight(tmp_path: Path) -> None:
    """A thread along the patient's axis stays a dot in an axial slab of a tilted stack."""

    def thread(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.maximum(0.0, 1 - np.linalg.norm((places - [10, 20, 0])[..., :2], axis=-1) / 1.5) * 900

    volume = phantom(tmp_path, thread, TILTED)
    plane = plane_through(volume, "axial", (10, 20, 14))
    seen = resample(volume, plane, 12.0, "max") > 100
    rows, columns = np.nonzero(seen)
    assert np.ptp(rows) * plane.spacing < 3.5
    assert np.ptp(columns) * plane.spacing < 3.5


def test_what_lies_outside_is_air(tmp_path: Path) -> None:
    volume = phantom(tmp_path, ramp, UPRIGHT)
    inside = plane_through(volume, "coronal", (5, 5, 5))
    beyond = Plane(inside.view, (0, -40, 29), inside.right, inside.down, inside.spacing, inside.size)
    assert (resample(volume, beyond) == -1024).all()
    above = plane_through(volume, "axial", (5, 5, 500))
    assert (resample(volume, above) == -1024).all()


def test_one_slice_alone(tmp_path: Path) -> None:
    volume = phantom(tmp_path, ramp, [(0.0, 0.0, 3.0)])
    plane = plane_through(volume, "axial", (5, 5, 3))
    assert plane.size == (95, 50)
    assert resample(volume, plane)[0, 0] == volume.value(0, 0, 0)
    assert resample(volume, plane_through(volume, "coronal", (5, 5, 3))).shape == (1, 50)


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return phantom(tmp_path_factory.mktemp("uneven"), ramp, [(0.1 * z, 0.2 * z, z) for _, _, z in UNEVEN])


@given(voxel=st.tuples(st.floats(-5, 60), st.floats(-5, 70), st.floats(-3, 30)))
def test_there_and_back(uneven: Volume, voxel: tuple[float, float, float]) -> None:
    geometry = uneven.geometry
    assert geometry.to_voxel(*geometry.to_patient(*voxel)) == pytest.approx(voxel, abs=1e-6)
    number = min(max(round(voxel[2]), 0), len(uneven.series) - 1)
    assert geometry.to_patient(0, 0, number) == pytest.approx(uneven.series.slices[number].origin)


def test_a_tilt_has_its_angle(tmp_path: Path) -> None:
    geometry = phantom(tmp_path, ramp, TILTED, size=(4, 4)).geometry
    assert geometry.tilt == pytest.approx(math.degrees(math.atan2(0.3, 1.25)))
    assert geometry.heights[1] == pytest.approx(1.25)
