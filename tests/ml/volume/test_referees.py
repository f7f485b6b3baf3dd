"""Every real CT file against pydicom and SimpleITK (GDCM), which share no code with us: values and places."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK
from pydicom.data import get_testdata_file

from ml.errors import Problem
from ml.volume.ct_slice import CtSlice
from ml.volume.opening import open_ct
from ml.volume.reformat import View, plane_through, resample
from ml.volume.slice import read_slices
from ml.volume.stored_file import StoredFile
from ml.volume.volume import Volume, load, read_volume
from tests.robustness.ct_referee import truth_of

pytestmark = pytest.mark.data
VIEWS: tuple[View, ...] = ("axial", "coronal", "sagittal")


def every_file(data: Path) -> list[Path]:
    folders = ("odd_and_compressed", "transfer_syntaxes")
    found = [path for folder in folders for path in sorted((data / "ct" / folder).glob("*.dcm*"))]
    found += sorted((data / "ct" / "cranium_series").glob("*.dcm"))
    return [*found, Path(str(get_testdata_file("CT_small.dcm")))]


def is_ct(path: Path) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    return header.get("Modality") == "CT" and "Rows" in header


def values_of(slice_: CtSlice) -> np.ndarray:
    voxels, scale, offset, _ = slice_.voxels()
    return voxels * scale + offset


def test_every_sample_of_every_ct_file(real_data: Path) -> None:
    paths = [path for path in every_file(real_data) if is_ct(path)]
    assert len(paths) > 125
    refused, unseen = [], []
    for path in paths:
        try:
            slices = read_slices(StoredFile(path))
        except Problem as problem:
            refused.append((path.name, problem.what))
            continue
        truth = truth_of(path)
        if truth is None:
            unseen.append(path.name)
            continue
        for slice_ in slices:
            values, expected = values_of(slice_), truth.frame(slice_.frame)
            assert expected is not None
            seen = np.ones(values.shape, bool)
            if slice_.scaling.padding:
                seen = values != -1024
            off = np.abs(values - expected)[seen] - truth.tolerance(expected[seen])
            assert off.max() <= 0, (path.name, truth.name)
    assert {name[-26:] for name, _ in refused} == {f"1.2.840.10008.1.2.4.{end}.dcm" for end in (53, 55)}
    assert all("Non-Hierarchical" in words for _, words in refused)
    # GDCM reads no 12-bit JPEG with two images, and pydicom needs a plugin for any of it
    assert all("51" in name for name in unseen), unseen


def test_all_lossless_syntaxes_of_one_image_are_that_image(real_data: Path) -> None:
    folder = real_data / "ct" / "transfer_syntaxes"
    plain = values_of(read_slices(StoredFile(folder / "CTImage.dcm"))[0])
    endings = ("2.2", "2.1.99", "2.4.90", "2.4.80", "2.4.70", "2.4.57", "2.1", "1.2", "2.5")
    for ending in endings:
        path = next(folder.glob(f"CTImage.dcm_*10008.1.{ending}.dcm" if ending != "1.2" else "*Implicit*"))
        assert np.array_equal(values_of(read_slices(StoredFile(path))[0]), plain), ending
    for ending, most in (("2.4.91", 5), ("2.4.81", 1), ("2.4.51", 36)):  # as far as GDCM's are
        path = next(folder.glob(f"CTImage.dcm_*10008.1.{ending}.dcm"))
        assert np.abs(values_of(read_slices(StoredFile(path))[0]) - plain).max() <= most, ending


def test_an_enhanced_file_is_a_series_with_its_unit(real_data: Path) -> None:
    found = open_ct(real_data / "ct" / "odd_and_compressed" / "eCT_Supplemental.dcm")
    series = found.series[0]
    assert (len(series), series.unit, series.distance) == (2, "ml/100ml/s", 10.0)
    assert series.remarks == ("The values are in “ml/100ml/s”, no Hounsfield units.",)
    assert [s.origin for s in series.slices] == [(99.5, -301.5, -149.0), (99.5, -301.5, -159.0)]
    assert series.slices[0].spacing == (0.388672, 0.388672)
    volume = load(series)
    assert volume.missing == {}
    assert volume.arrived.all()


def test_other_objects_are_named(real_data: Path) -> None:
    found = open_ct(real_data / "ct" / "odd_and_compressed")
    reasons = {left.path.name: left.reason for left in found.others}
    assert reasons["liver.dcm"] == "liver.dcm is a segmentation, not CT."
    assert "secondary capture" in reasons["SC_rgb.dcm"]
    assert "an MR image" in reasons["MR2_J2KI.dcm"]
    assert "a parametric map" in reasons["parametric_map_float.dcm"]
    report = open_ct(real_data / "ct" / "transfer_syntaxes" / "no-pixel-data.dcm")
    assert "a structured report" in report.others[0].reason


@pytest.fixture(scope="module")
def cranium(real_data: Path) -> Volume:
    return read_volume(open_ct(real_data / "ct" / "cranium_series").series[0])


@pytest.fixture(scope="module")
def image(real_data: Path) -> SimpleITK.Image:
    """As SimpleITK finds, sorts and reads it."""
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(real_data / "ct" / "cranium_series")))
    return reader.Execute()


def test_geometry_is_simpleitks(cranium: Volume, image: SimpleITK.Image) -> None:
    geometry = cranium.geometry
    assert geometry.spacing == pytest.approx(image.GetSpacing())
    assert geometry.origin == pytest.approx(image.GetOrigin())
    assert geometry.direction == pytest.approx(image.GetDirection())
    assert np.array_equal(cranium.values, SimpleITK.GetArrayFromImage(image))
    assert geometry.to_patient(3.5, 200, 70.25) == pytest.approx(
        image.TransformContinuousIndexToPhysicalPoint((3.5, 200, 70.25))
    )


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("voxel", [(128, 128, 54), (100.3, 77.7, 60.4), (30, 220, 101.9)])
def test_reformats_are_simpleitks(
    cranium: Volume, image: SimpleITK.Image, view: View, voxel: tuple[float, float, float]
) -> None:
    plane = plane_through(cranium, view, cranium.geometry.to_patient(*voxel))
    grid = SimpleITK.Image(plane.size[1], plane.size[0], 1, SimpleITK.sitkFloat32)
    grid.SetSpacing((plane.spacing,) * 3)
    grid.SetOrigin(plane.origin)
    across = np.cross(plane.right, plane.down)
    grid.SetDirection(np.stack([plane.right, plane.down, across], axis=1).ravel())
    whole = SimpleITK.Cast(image, SimpleITK.sitkFloat32)
    expected = SimpleITK.Resample(whole, grid, SimpleITK.Transform(), SimpleITK.sitkLinear, -1024.0)
    off = np.abs(resample(cranium, plane) - SimpleITK.GetArrayFromImage(expected)[0])
    assert (off <= 1).mean() >= 0.999
    assert off.max() < 0.01
