"""Pictures come back px for px, and say their window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

from ml.export.secondary_capture import Picture, grey, write_pictures
from ml.export.source import Source
from ml.volume.window import BRAIN, Window


def test_grey_levels_are_those_of_the_window() -> None:
    values = np.array([[-1000.0, 0.0, 40.0, 80.0, 3000.0, 20.0]])
    np.testing.assert_array_equal(grey(values, BRAIN), [[0, 0, 128, 255, 255, 64]])


def test_grey_levels_equal_pydicoms(slices: tuple[Path, ...]) -> None:
    from pydicom.pixels.processing import apply_rescale, apply_windowing

    dataset = pydicom.dcmread(slices[0])
    values = apply_rescale(dataset.pixel_array, dataset)
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 40, 80, "LINEAR_EXACT"
    wide = apply_windowing(values, dataset)
    wide = (wide - wide.min()) / (wide.max() - wide.min()) * 255
    np.testing.assert_allclose(grey(values, BRAIN), wide, atol=0.51)


def test_pictures_come_back(
    source: Source, slices: tuple[Path, ...], sound: Callable[[Path], None], tmp_path: Path
) -> None:
    values = pydicom.dcmread(slices[4]).pixel_array - 1024.0
    color = np.random.default_rng(2).integers(0, 256, (*source.size, 3), dtype=np.uint8)
    pictures = [
        Picture(4, grey(values, BRAIN), BRAIN),
        Picture(7, color, Window(75, 215), "Grad-CAM of subdural"),
    ]
    paths = write_pictures(source, pictures, tmp_path)
    one, two = (pydicom.dcmread(path) for path in paths)
    np.testing.assert_array_equal(one.pixel_array, pictures[0].pixels)
    np.testing.assert_array_equal(two.pixel_array, color)
    assert one.DerivationDescription == (
        "Window level 40 HU, width 80 HU. Research use only. Not for diagnosis."
    )
    assert "level 75 HU, width 215 HU. Grad-CAM of subdural." in two.DerivationDescription
    assert one.SeriesInstanceUID == two.SeriesInstanceUID != source.headers[0].SeriesInstanceUID
    assert one.SOPInstanceUID != two.SOPInstanceUID
    for number, picture in ((4, one), (7, two)):
        (reference,) = picture.SourceImageSequence
        assert reference.ReferencedSOPInstanceUID == source.headers[number].SOPInstanceUID
        assert list(picture.PatientOrientation) == ["L", "P"]
        assert picture.PatientID == source.headers[0].PatientID
    for path in paths:
        sound(path)


def test_another_size_is_refused(source: Source, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the slice"):
        write_pictures(source, [Picture(0, np.zeros((8, 8), np.uint8), BRAIN)], tmp_path)
