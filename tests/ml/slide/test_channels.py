"""Blending and auto-contrast: against a plain reference in floating point."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ml.slide.channels import auto_range, blend
from ml.slide.look import ChannelLook
from ml.slide.slide import Samples


def reference(samples: Samples, looks: list[ChannelLook]) -> Any:
    """The same in floating point: (h, w, 3)."""
    total = np.zeros((*samples.shape[:2], 3))
    for channel, look in enumerate(looks):
        if look.shown:
            share = np.clip((samples[..., channel].astype(float) - look.low) / (look.high - look.low), 0, 1)
            total += share[..., None] * np.array(look.color, dtype=float)
    return np.minimum(total, 255)


@st.composite
def scenes(draw: st.DrawFn) -> tuple[Samples, list[ChannelLook]]:
    dtype = draw(st.sampled_from([np.uint8, np.uint16]))
    top = int(np.iinfo(dtype).max)
    count = draw(st.integers(1, 7))
    samples = draw(arrays.arrays(dtype, (3, 5, count)))
    looks = []
    for _ in range(count):
        low = draw(st.floats(-10, top))
        color = draw(st.tuples(*(st.sampled_from([0, 1, 127, 128, 255]),) * 3))
        looks.append(ChannelLook(color, low, low + draw(st.floats(0.5, top)), draw(st.booleans())))
    return samples, looks


@given(scenes())
@settings(max_examples=150, deadline=None)
def test_blend_is_the_sum_within_one(scene: tuple[Samples, list[ChannelLook]]) -> None:
    samples, looks = scene
    rgb = blend(samples, looks)
    assert rgb.dtype == np.uint8
    assert rgb.shape == (3, 5, 3)
    assert rgb.flags.c_contiguous
    assert np.abs(rgb - reference(samples, looks)).max() <= 1


@given(scenes(), st.data())
@settings(max_examples=100, deadline=None)
def test_more_light_is_never_darker(scene: tuple[Samples, list[ChannelLook]], data: st.DataObject) -> None:
    samples, looks = scene
    channel = data.draw(st.integers(0, len(looks) - 1))
    more = samples.copy()
    top = np.iinfo(samples.dtype).max
    more[..., channel] += np.minimum(data.draw(st.integers(0, 200)), top - more[..., channel]).astype(
        more.dtype
    )
    assert (blend(more, looks) >= blend(samples, looks)).all()
    off = [replace(look, shown=look.shown and at != channel) for at, look in enumerate(looks)]
    assert (blend(samples, off) <= blend(samples, looks)).all()


def test_a_range_is_met_at_both_ends() -> None:
    samples = np.array([[[0], [10], [60], [110], [255]]], dtype=np.uint8)
    seen = blend(samples, [ChannelLook((255, 128, 0), 10, 110)])
    assert seen[0].tolist() == [[0, 0, 0], [0, 0, 0], [128, 64, 0], [255, 128, 0], [255, 128, 0]]


def test_many_bright_channels_end_at_white() -> None:
    samples = np.full((2, 2, 40), 65535, dtype=np.uint16)
    assert (blend(samples, [ChannelLook((255, 255, 255), 0, 65535)] * 40) == 255).all()


def test_nothing_shown_is_black_and_looks_must_fit() -> None:
    samples = np.full((2, 3, 2), 200, dtype=np.uint8)
    look = ChannelLook((255, 255, 255), 0, 255, shown=False)
    assert not blend(samples, [look, look]).any()
    with pytest.raises(ValueError, match="1 looks for 2 channels"):
        blend(samples, [look])


@given(arrays.arrays(np.uint16, st.integers(0, 400), elements=st.integers(0, 4095)))
def test_auto_range_is_a_range_of_what_is_there(samples: Any) -> None:
    low, high = auto_range(samples)
    assert low < high
    if np.unique(samples[samples > 0]).size > 1:
        assert samples[samples > 0].min() <= low
        assert high <= samples.max()


def test_auto_range_starts_above_the_glow_of_glass() -> None:
    rng = np.random.default_rng(1)
    glass = rng.normal(100, 5, 60_000)
    cells = rng.uniform(300, 2000, 20_000)
    nothing = np.zeros(50_000)  # not scanned
    low, high = auto_range(np.concatenate([glass, cells, nothing]).astype(np.uint16))
    assert 95 <= low <= 105
    assert 1950 <= high <= 2000


def test_auto_range_of_a_rare_signal_reaches_it() -> None:
    samples = np.full((300, 300), 7, dtype=np.uint8)
    samples[0, 0] = 90
    assert auto_range(samples) == (7, 90)
    assert auto_range(np.zeros((4, 4), dtype=np.uint8)) == (0, 255)
    assert auto_range(np.full((4, 4), 9, dtype=np.uint8)) == (9, 10)
