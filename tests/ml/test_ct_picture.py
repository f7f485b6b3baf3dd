"""A CT slice as the network sees it: channels, the head, and the way back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from ml.ct_picture import ct_channels, ct_picture, read_ct_picture
from ml.errors import Problem
from ml.preparation import Preparation
from ml.volume.crop import head_mask, head_rect
from ml.volume.slice import read_header, read_hounsfield

WINDOWS = ((40.0, 80.0), (80.0, 200.0), (40.0, 380.0))


def cranium(real_data: Path, number: int) -> Path:
    return real_data / "ct" / "cranium_series" / f"IM{number:04d}.dcm"


def test_windows_of_each_slice_in_order(real_data: Path) -> None:
    slices = [read_hounsfield(cranium(real_data, n)) for n in (60, 61, 62)]
    found, rect = ct_channels(slices, Preparation((64, 64), windows=WINDOWS, neighbours=1))
    assert found.shape == (256, 256, 9)
    assert (rect.width, rect.height) == (256, 256)
    for number, slice_ in enumerate(slices):
        for place, (level, width) in enumerate(WINDOWS):
            expected = np.clip((slice_ - (level - width / 2)) / width, 0, 1) * 255
            assert np.abs(found[..., 3 * number + place] - expected).max() <= 0.5 + 1e-3


def test_the_crop_is_the_heads_and_the_way_back_is_exact(real_data: Path) -> None:
    path = cranium(real_data, 61)
    values = read_hounsfield(path)
    rect = head_rect(head_mask(values))
    edge = int(max(rect.width, rect.height))
    how = Preparation((edge, edge), crop="head", windows=WINDOWS)
    picture, frame = read_ct_picture([read_header(path)], how)
    assert frame.crop == rect
    assert picture.shape == (edge, edge, 3)
    back = frame.laid_back(picture[..., 1].astype(np.float32), (edge, edge))
    whole, _ = ct_channels([values], how)
    x, y, right, bottom = (int(v) for v in (rect.x, rect.y, rect.right, rect.bottom))
    assert np.array_equal(back[y:bottom, x:right], whole[y:bottom, x:right, 1])
    outside = back.copy()
    outside[y:bottom, x:right] = 0
    assert not outside.any()
    point = frame.to_original(*frame.to_prepared(type(frame.to_original(0, 0))(120.25, 99.5)))
    assert (point.x, point.y) == pytest.approx((120.25, 99.5))


def test_neighbours_of_another_size_are_refused() -> None:
    how = Preparation((8, 8), windows=WINDOWS, neighbours=1)
    with pytest.raises(Problem, match="different sizes"):
        ct_picture([np.zeros((4, 4), np.float32), np.zeros((4, 5), np.float32), np.zeros((4, 4))], how)


def test_a_compressed_slice(real_data: Path) -> None:
    path = Path(str(get_testdata_file("693_J2KI.dcm")))
    picture, _ = read_ct_picture([read_header(path)], Preparation((128, 128), crop="head", windows=WINDOWS))
    assert picture.shape == (128, 128, 3)
    assert picture[..., 0].std() > 20
