"""Colours of values: checked against matplotlib's own maps."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ml.results.heatmap import DIVERGING, SEQUENTIAL, colorize, table

values = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=1, max_dims=2, max_side=6),
    elements=st.floats(0, 1, width=32) | st.just(float("nan")),
)
shares = st.floats(0, 1)


@pytest.mark.parametrize("name", [*SEQUENTIAL, *DIVERGING])
def test_tables_are_matplotlibs(name: str) -> None:
    from matplotlib import colormaps

    wanted = colormaps[name](np.arange(256), bytes=True)[:, :3]
    np.testing.assert_array_equal(table(name), wanted)


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_lightness_rises_evenly(name: str) -> None:
    from skimage.color import rgb2lab

    lightness = rgb2lab(table(name)[np.newaxis] / 255)[0, :, 0]
    steps = np.diff(lightness)
    assert steps.min() > -0.2  # eight bits a colour round a little
    assert lightness[-1] - lightness[0] > 55
    assert np.diff(lightness[::16]).std() < 2.2


def test_another_map_is_refused() -> None:
    with pytest.raises(ValueError, match="jet"):
        colorize(np.float32([0.5]), 0.5, 1, "jet")


@given(values=values, threshold=shares, opacity=shares, name=st.sampled_from([*SEQUENTIAL, *DIVERGING]))
def test_what_is_seen(values: np.ndarray, threshold: float, opacity: float, name: str) -> None:
    rgba = colorize(values, threshold, opacity, name)
    assert rgba.shape == (*values.shape, 4)
    assert rgba.dtype == np.uint8
    assert rgba.flags.c_contiguous
    assert not rgba[np.isnan(values)].any()
    assert rgba[..., 3].max() <= round(opacity * 255) + 1
    if name in SEQUENTIAL:
        assert not rgba[..., 3][values < np.float32(threshold)].any()


@given(low=st.floats(0, 1, width=32), high=st.floats(0, 1, width=32), opacity=shares)
def test_the_higher_covers_more(low: float, high: float, opacity: float) -> None:
    low, high = sorted((low, high))
    alpha = colorize(np.float32([low, high]), 0.0, opacity, "viridis")[:, 3]
    assert alpha[0] <= alpha[1]


@given(value=st.floats(0, 1, width=32), one=shares, other=shares)
def test_the_threshold_hides_and_changes_nothing_else(value: float, one: float, other: float) -> None:
    first, second = (colorize(np.float32([value]), limit, 1.0, "viridis")[0] for limit in (one, other))
    if first[3] and second[3]:
        np.testing.assert_array_equal(first, second)


def test_opacity_is_the_root_of_the_value() -> None:
    rgba = colorize(np.float32([0, 0.25, 0.5, 1]), 0.25, 0.8, "viridis")
    np.testing.assert_allclose(rgba[1:, 3], 0.8 * 255 * np.sqrt([0.25, 0.5, 1]), atol=1)
    np.testing.assert_array_equal(rgba[0], 0)
    np.testing.assert_array_equal(rgba[3, :3], table("viridis")[-1])


def test_the_diverging_map_is_centred_on_the_threshold() -> None:
    rgba = colorize(np.float32([0, 0.15, 0.3, 0.65, 1]), 0.3, 1.0, "BrBG")
    assert rgba[2, 3] < 20
    assert rgba[0, 3] == rgba[4, 3] == 255
    assert rgba[0, 0] > rgba[0, 2]  # brown below
    assert rgba[4, 2] > rgba[4, 0]  # blue-green above
    np.testing.assert_allclose(rgba[1, 3], rgba[3, 3], atol=2)  # both halfway
    for threshold in (0.0, 1.0):  # one side only, and no division by nothing
        assert colorize(np.float32([0, 1]), threshold, 1.0, "BrBG")[:, 3].max() == 255


def test_colours_load_nothing_heavy() -> None:
    code = "import sys, ml.results.heatmap as h, ml.results.boxes; h.table('viridis'); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"matplotlib", "pyqtgraph", "scipy", "skimage"} & set(run.stdout.split())
