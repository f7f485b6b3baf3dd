"""Channels of a fluorescence slide as colours: each one's range, and all of them added up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ml.slide.look import ChannelLook
from ml.slide.slide import Pixels, Samples

_DARK, _BRIGHT = 1.0, 99.9  # percentiles that are shown as black and at full strength
_SHIFT = 7  # a colour is summed in 1/128, of which two at full strength fit 16 bits
_FULL = 255 << _SHIFT


def auto_range(samples: NDArray[np.uint8] | NDArray[np.uint16]) -> tuple[float, float]:
    """Auto-contrast: the samples of one channel (any shape) to show as black and at full strength.

    The most frequent sample of the darker half, which is the glow of empty glass (but no less than the 1st
    percentile), and the 99.9th percentile; a signal too rare for that reaches to its brightest sample.
    Samples of 0 are passed over, for that is what stands where nothing was scanned. The second is always
    greater.
    """
    counts = np.bincount(samples.ravel(), minlength=2)
    if counts[1:].any():
        counts[0] = 0
    there = np.flatnonzero(counts)
    if not there.any():  # nothing at all, or nothing but 0
        return 0.0, float(np.iinfo(samples.dtype).max)
    upto = np.cumsum(counts)
    low, high = (int(np.searchsorted(upto, upto[-1] * part / 100)) for part in (_DARK, _BRIGHT))
    if there.size == 1:  # nothing to tell apart: what there is is dark
        return float(there[0]), float(there[0]) + 1
    median = int(np.searchsorted(upto, upto[-1] / 2))
    low = max(low, int(counts[: median + 1].argmax()))
    if high <= low:
        low, high = min(low, int(there[-2])), int(there[-1])
    return float(low), float(high)


def blend(samples: Samples, looks: Sequence[ChannelLook]) -> Pixels:
    """Samples (h, w, channels) in these looks, one a channel, added: (h, w, 3) uint8 RGB.

    A sample is laid on a straight line from `low` (black) to `high` (its colour); sums end at 255. Raises
    `ValueError` where there is not one look for each channel.
    """
    if samples.shape[2] != len(looks):
        raise ValueError(f"{len(looks)} looks for {samples.shape[2]} channels")
    sums: list[NDArray[np.uint16] | None] = [None, None, None]
    for channel, look in enumerate(looks):
        if look.shown:
            _add(sums, samples[..., channel], look)
    rgb = np.zeros((*samples.shape[:2], 3), dtype=np.uint8)
    for component, total in enumerate(sums):
        if total is not None:
            rgb[..., component] = (total + (1 << (_SHIFT - 1))) >> _SHIFT
    return rgb


def _add(
    sums: list[NDArray[np.uint16] | None],
    samples: NDArray[np.uint8] | NDArray[np.uint16],
    look: ChannelLook,
) -> None:
    """Add one channel. A sum is cut at once: cutting it at the end would come to the same."""
    values = np.iinfo(samples.dtype).max + 1
    for strength in set(look.color) - {0}:
        light = np.take(_table(values, look.low, look.high, strength), samples)
        for component in (c for c in range(3) if look.color[c] == strength):
            before = sums[component]
            sums[component] = light if before is None else np.minimum(before + light, _FULL)


@lru_cache(maxsize=128)
def _table(values: int, low: float, high: float, strength: int) -> NDArray[np.uint16]:
    """What each sample adds to a component of the colour, in 1/128."""
    span = max(high - low, 1e-6)
    shares = np.clip((np.arange(values, dtype=np.float64) - low) / span, 0.0, 1.0)
    table: NDArray[np.uint16] = np.rint(shares * (strength << _SHIFT)).astype(np.uint16)
    table.flags.writeable = False
    return table
