"""What a network sees of a picture, and the way back to the picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ml.errors import Problem
from ml.geometry import Point
from ml.preparation import Preparation, in_channels, prepared


def noise(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(1, 256, (height, width, channels), dtype=np.uint8)


@given(
    st.integers(1, 300),
    st.integers(1, 300),
    st.integers(8, 200),
    st.integers(8, 200),
    st.sampled_from(["stretch", "pad", "pad_corner", "cover"]),
)
def test_size_and_the_way_back(height: int, width: int, rows: int, columns: int, fitting: str) -> None:
    pixels = noise(height, width)
    found, frame = prepared(pixels, Preparation((rows, columns), fitting=fitting))  # type: ignore[arg-type]
    assert found.shape == (rows, columns, 3)
    x, y = frame.to_prepared(frame.to_original(3.25, 5.5))
    assert (x, y) == (pytest.approx(3.25), pytest.approx(5.5))
    if fitting != "cover":  # all of the picture is in
        for corner in (Point(0, 0), Point(width, height)):
            x, y = frame.to_prepared(corner)
            assert -1e-6 <= x <= columns + 1e-6
            assert -1e-6 <= y <= rows + 1e-6


def test_stretched_is_pillows_own() -> None:
    pixels = noise(90, 70)
    found, _ = prepared(pixels, Preparation((32, 48), fitting="stretch"))
    expected = Image.fromarray(pixels).resize((48, 32), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(found, np.asarray(expected))


def test_padding_keeps_the_proportions() -> None:
    white = np.full((50, 100, 3), 255, dtype=np.uint8)
    middle, _ = prepared(white, Preparation((40, 40), fill=7))
    assert (middle[10:30] == 255).all()
    assert (middle[:10] == 7).all()
    assert (middle[30:] == 7).all()
    corner, _ = prepared(white, Preparation((40, 40), fitting="pad_corner"))
    assert (corner[:20] == 255).all()
    assert (corner[20:] == 0).all()


def test_a_black_border_goes() -> None:
    slice_ = np.zeros((60, 80, 3), dtype=np.uint8)
    slice_[10:50, 30:50, 1] = 200
    found, frame = prepared(slice_, Preparation((40, 40), crop="black_border", fitting="pad_corner"))
    assert (found[:, :20, 1] == 200).all()
    assert (found[:, 20:] == 0).all()
    assert (frame.crop.x, frame.crop.y, frame.crop.width, frame.crop.height) == (30, 10, 20, 40)
    black, frame = prepared(np.zeros((60, 80, 3), dtype=np.uint8), Preparation((30, 40), crop="black_border"))
    assert (frame.crop.width, frame.crop.height) == (80, 60)
    assert not black.any()


def test_the_disc_of_a_fundus_photograph() -> None:
    y, x = np.mgrid[:300, :400]
    photograph = np.random.default_rng(1).integers(0, 9, (300, 400, 3), dtype=np.uint8)
    photograph[np.hypot(x - 220, y - 150) < 100] = (180, 90, 40)
    photograph[20, 20] = 255  # a dust speck
    _, frame = prepared(photograph, Preparation((64, 64), crop="disc"))
    assert frame.crop.x == pytest.approx(121, abs=6)
    assert frame.crop.y == pytest.approx(51, abs=6)
    assert frame.crop.width == pytest.approx(199, abs=12)


@pytest.mark.parametrize("fitting", ["stretch", "pad", "cover"])
def test_a_map_is_laid_back_where_it_was_seen(fitting: str) -> None:
    """A bright square of the original, found by the network, comes back over itself."""
    original = np.zeros((120, 200, 3), dtype=np.uint8)
    original[20:100, 40:180] = 60
    original[60:80, 100:120] = 255
    how = Preparation((64, 64), crop="black_border", fitting=fitting)  # type: ignore[arg-type]
    seen, frame = prepared(original, how)
    back = frame.laid_back((seen[..., 0] > 150).astype(np.float32), how.size)
    assert back.shape == (120, 200)
    rows, columns = np.nonzero(back > 0.5)
    assert rows.mean() == pytest.approx(69.5, abs=1.5)
    assert columns.mean() == pytest.approx(109.5, abs=1.5)
    assert np.ptp(rows) == pytest.approx(19, abs=4)
    assert not back[:20].any()


def test_four_channels_stay_four() -> None:
    alpha = Image.fromarray(noise(20, 30, 4), "RGBA")
    np.testing.assert_array_equal(in_channels(alpha, "cmyk"), np.asarray(alpha))
    found, _ = prepared(in_channels(alpha, "cmyk"), Preparation((20, 30), channels="cmyk", fitting="stretch"))
    np.testing.assert_array_equal(found, np.asarray(alpha))
    assert in_channels(Image.fromarray(noise(5, 6)), "cmyk").shape == (5, 6, 4)
    assert in_channels(alpha, "rgb").shape == (20, 30, 3)
    assert in_channels(alpha, "grey").shape == (20, 30, 1)


def test_sixteen_bits_fill_eight() -> None:
    wide = Image.fromarray(np.array([[0, 2048], [4095, 1024]], dtype=np.uint16))
    assert in_channels(wide, "grey")[..., 0].tolist() == [[0, 127], [255, 63]]


def test_the_wrong_number_of_channels_is_a_problem() -> None:
    with pytest.raises(Problem, match="channels"):
        prepared(noise(5, 5, 4), Preparation((8, 8)))
