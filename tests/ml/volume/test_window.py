"""Windows against pydicom's own."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.pixels.processing import apply_rescale, apply_windowing

from ml.volume.window import BRAIN, SOFT_TISSUE, SUBDURAL, Window, windowed
from tests.ml.volume.scans import ct_dataset


@pytest.mark.parametrize("window", [BRAIN, SUBDURAL, SOFT_TISSUE, Window(600, 2800), Window(37.5, 1)])
def test_equal_to_pydicoms_exact_window(window: Window) -> None:
    stored = np.arange(0, 4096, dtype=np.int16).reshape(64, 64)
    dataset = ct_dataset(stored)
    dataset.WindowCenter, dataset.WindowWidth = str(window.level), str(window.width)
    dataset.VOILUTFunction = "LINEAR_EXACT"
    values = apply_rescale(stored, dataset)
    low, high = -32768 - 1024, 32767 - 1024  # pydicom's output spans what 16 bits can hold
    expected = apply_windowing(values, dataset)
    found = windowed(values, [window])
    assert found.dtype == np.float32
    assert found.shape == (64, 64, 1)
    assert np.allclose(found[..., 0], (expected - low) / (high - low), atol=1e-5)


def test_the_studys_windows() -> None:
    """HU ranges as the study lists them: 0 to 80, -20 to 180, -150 to 230."""
    found = windowed(np.array([-150, -20, 0, 40, 80, 180, 230]), [BRAIN, SUBDURAL, SOFT_TISSUE])
    assert found[:, 0] == pytest.approx([0, 0, 0, 0.5, 1, 1, 1])
    assert found[:, 1] == pytest.approx([0, 0, 0.1, 0.3, 0.5, 1, 1])
    assert found[:, 2] == pytest.approx([0, 130 / 380, 150 / 380, 0.5, 230 / 380, 330 / 380, 1])


def test_brightness_does_not_depend_on_the_rest_of_the_slice() -> None:
    """The study subtracts the least value: without air in the picture everything slides."""
    with_air = windowed(np.array([-1000.0, 30.0]), [SUBDURAL])
    without = windowed(np.array([20.0, 30.0]), [SUBDURAL])
    assert with_air[1] == without[1]
