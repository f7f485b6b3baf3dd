"""Grey values are those of DICOM's own function."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_windowing
from PySide6.QtGui import QImage

from ml.volume.window import Window
from viewer.ct.gray import image_of, table
from viewer.ct.look import PRESETS, CtLook, nudged


@pytest.mark.parametrize("window", [w for _, _, w in PRESETS] + [Window(-0.5, 3), Window(37.5, 101)])
def test_every_value_is_as_pydicom_shows_it(window: Window) -> None:
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth = window.level, window.width
    dataset.PhotometricInterpretation, dataset.BitsStored = "MONOCHROME2", 16
    dataset.PixelRepresentation = 1
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, 0
    stored = np.arange(-2000, 4000, dtype=np.int16)
    shown = apply_windowing(stored, dataset)  # -32768 to 32767
    expected = np.rint((shown + 32768) / 65535 * 255)
    found = table(window, False)[stored.view(np.uint16)] & 0xFF
    assert np.abs(found.astype(float) - expected).max() <= 1
    assert np.mean(found == expected) > 0.99


def test_inverted_is_the_other_way_round_and_opaque() -> None:
    plain, inverted = (table(Window(40, 80), inverted) for inverted in (False, True))
    assert ((plain & 0xFF) + (inverted & 0xFF) == 255).all()
    assert (plain >> 24 == 255).all()


def test_scale_and_offset_are_applied_before_the_window() -> None:
    halves = table(Window(40, 80), False, 0.5, -100.0)
    whole = table(Window(40, 80), False)
    assert halves[np.array([280], dtype=np.int16).view(np.uint16)] == whole[40]


def test_a_picture_holds_its_own_copy_of_a_plane() -> None:
    values = np.array([[0, 40, 80], [-1000, 3000, 40]], dtype=np.int16)
    image = image_of(values[:, ::-1], table(Window(40, 80), False))
    values[:] = 0
    assert image.format() == QImage.Format.Format_RGB32
    assert [image.pixelColor(x, 0).red() for x in range(3)] == [255, 129, 0]
    assert [image.pixelColor(x, 1).red() for x in range(3)] == [129, 255, 0]


def test_windows_stay_in_bounds_and_whole() -> None:
    assert nudged(Window(40, 80), 0.4, -200) == Window(40, 1)
    assert nudged(Window(40, 80), -3.6, 12.2) == Window(36, 92)
    assert CtLook(Window(75, 215)).name == "Subdural"
    assert CtLook(Window(75, 214)).name == ""
