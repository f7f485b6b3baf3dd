"""A volume's places in the patient against what each header says of itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_rescale
from pydicom.uid import JPEGLosslessSV1

from ml.errors import Problem
from ml.volume.series import find_series
from ml.volume.slice import AIR
from ml.volume.volume import Geometry, load, read_volume
from tests.ml.volume.scans import ct_dataset, write, write_series


def test_the_real_series(real_data: Path) -> None:
    volume = read_volume(find_series(real_data / "ct" / "cranium_series").series[0])
    assert volume.values.shape == (108, 256, 256)
    assert volume.geometry.spacing == pytest.approx((0.9570312, 0.9570312, 1.5))
    for number in (0, 50, 107):
        dataset = pydicom.dcmread(volume.series.slices[number].path)
        assert np.array_equal(volume.values[number], apply_rescale(dataset.pixel_array, dataset))
        assert volume.geometry.to_patient(0, 0, number) == pytest.approx(dataset.ImagePositionPatient)


def test_tilted_and_uneven_axes_go_there_and_back(tmp_path: Path) -> None:
    """An oblique stack: row and column spacing differ, the first axis of the array is the slice."""
    tilt = np.deg2rad(20)
    along = [1, 0, 0, 0, float(np.cos(tilt)), float(-np.sin(tilt))]
    normal = np.cross(along[:3], along[3:])
    for number in range(4):
        place = [float(v) for v in np.array([5, 6, 7]) + normal * number * 2.5]
        dataset = ct_dataset(
            np.zeros((4, 6), np.int16), ImagePositionPatient=place, ImageOrientationPatient=along
        )
        write(tmp_path / f"{number}.dcm", dataset)
    geometry = Geometry.of(find_series(tmp_path).series[0])
    assert geometry.spacing == pytest.approx((0.25, 0.5, 2.5))
    expected = np.array([5, 6, 7]) + normal * 2 * 2.5 + np.array(along[:3]) * 3 * 0.25
    expected = expected + np.array(along[3:]) * 2 * 0.5
    assert geometry.to_patient(3, 2, 2) == pytest.approx(tuple(expected))
    assert geometry.to_voxel(*geometry.to_patient(3, 2, 2)) == pytest.approx((3, 2, 2))


def test_broken_slices_are_counted_and_named(tmp_path: Path) -> None:
    write_series(tmp_path, (0, 1, 2))
    stream = encapsulate([b"\xff\xd8 no JPEG \xff\xd9"])
    broken = ct_dataset(np.zeros((4, 6), np.int16), ImagePositionPatient=[0, 0, 3], PixelData=stream)
    broken["PixelData"].VR = "OB"
    broken["PixelData"].is_undefined_length = True
    broken.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    write(tmp_path / "bad.dcm", broken)
    series = find_series(tmp_path).series[0]
    with pytest.raises(Problem, match=r"1 of 4 slices cannot be read: .*bad\.dcm"):
        read_volume(series)
    volume = load(series)
    assert volume.arrived.tolist() == [True, True, True, False]
    assert "bad.dcm" in volume.missing[3]
    assert volume.remarks == ("1 of 4 slices cannot be read and are empty.",)
    assert volume.hounsfield(3).max() == AIR


def test_without_geometry_nothing_is_measured(tmp_path: Path) -> None:
    write_series(tmp_path, (0, 1), PixelSpacing=None)
    with pytest.raises(Problem, match="how large a pixel is"):
        read_volume(find_series(tmp_path).series[0])
