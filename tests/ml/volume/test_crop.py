"""The head without the headrest, in real slices, and air."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml.geometry import Rect
from ml.volume.crop import head_mask, head_rect, without_surroundings
from ml.volume.slice import AIR, read_hounsfield


def test_the_headrest_is_left_out(real_data: Path) -> None:
    """In these slices it is a thin arc beside and below the head, 235 px wide; the head with its ears 195."""
    for number in (20, 50, 75):
        values = read_hounsfield(real_data / "ct" / "cranium_series" / f"IM{number:04d}.dcm")
        arc = values > -300
        mask = head_mask(values)
        rect = head_rect(mask)
        assert np.flatnonzero(arc.any(axis=0))[-1] > 225  # the arc is there
        assert 130 < rect.width < 200
        assert rect.x > 25
        assert rect.right < 232
        brain = (values > 20) & (values < 60)
        assert (mask & brain).sum() > 0.97 * brain.sum()
        cleared = without_surroundings(values, mask)
        assert (cleared[~mask] == AIR).all()
        assert np.array_equal(cleared[mask], values[mask])


def test_two_discs_and_a_thin_bridge() -> None:
    y, x = np.mgrid[:100, :120]
    values = np.full((100, 120), -1000, dtype=np.float32)
    values[np.hypot(x - 40, y - 50) < 25] = 30
    values[np.hypot(x - 40, y - 50) < 8] = -900  # air inside the head stays inside
    values[np.hypot(x - 100, y - 50) < 10] = 30
    values[49:51, 60:95] = 30
    mask = head_mask(values)
    assert head_rect(mask).right <= 68
    assert mask[50, 40]
    assert not mask[50, 100]


def test_air_alone_is_kept_whole() -> None:
    values = np.full((20, 30), AIR, dtype=np.float32)
    mask = head_mask(values)
    assert not mask.any()
    assert head_rect(mask) == Rect(0, 0, 30, 20)
    assert without_surroundings(values, mask) is values
