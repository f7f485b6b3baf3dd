"""Values in 0..1 as colours that leave the tissue readable.

Two rules hold everywhere, in the window, in the report and in their legends:

- A value has the same colour on every slide, whatever else is there and wherever the threshold stands.
- The higher a value, the more it covers: its opacity is the layer's, times the square root of the value. The
  root keeps 0.25 at half of it, where a straight line would let weak but counted patches vanish.

Only maps whose lightness rises evenly, readable in grey and by colour-blind readers, and one that diverges:
its middle lies on the threshold, and what lies near the threshold is the most transparent.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from ml import paths

SEQUENTIAL = ("viridis", "magma", "cividis", "inferno")
DIVERGING = ("BrBG",)
"""Centred on the threshold: brown below it, blue-green above."""

_STEPS = 256


def colorize(
    values: NDArray[np.float32], threshold: float, opacity: float, colormap: str = "viridis"
) -> NDArray[np.uint8]:
    """Straight RGBA of values in 0..1, any shape: (…, 4) uint8, C-contiguous.

    NaN is transparent, and so is what lies below the threshold, except in a diverging map, which shows both
    sides of it. `opacity` is that of the highest value. Raises `ValueError` for a map that is not among
    `SEQUENTIAL` and `DIVERGING`.
    """
    if colormap in DIVERGING:
        places, shown = _around(values, threshold), ~np.isnan(values)
    else:
        places, shown = values, values >= threshold
    packed = _packed(colormap, opacity)
    index = np.full(values.shape, _STEPS, dtype=np.intp)  # the step after the last one is transparent
    index[shown] = np.clip(places[shown], 0, 1) * (_STEPS - 1) + 0.5
    return packed[index][..., np.newaxis].view(np.uint8)


@cache
def table(colormap: str) -> NDArray[np.uint8]:
    """The colours of 0 to 1 in 256 equal steps: (256, 3) uint8 RGB, read-only."""
    if colormap not in (*SEQUENTIAL, *DIVERGING):
        raise ValueError(f"There is no colour map named “{colormap}”.")
    text = (paths.resources() / "colormaps" / f"{colormap}.csv").read_text(encoding="ascii")
    colors = np.array([line.split(",") for line in text.split()]).astype(np.uint8)
    colors.flags.writeable = False
    return colors


def _around(values: NDArray[np.float32], threshold: float) -> NDArray[np.float32]:
    """Where values lie on a diverging map: 0..½ below the threshold, ½..1 above."""
    above = values >= threshold
    side = np.where(above, 1 - threshold, threshold)
    side[side <= 0] = 1  # a threshold of 0 or 1 has but one side
    places: NDArray[np.float32] = (0.5 + 0.5 * (values - np.float32(threshold)) / side).astype(np.float32)
    return places


@lru_cache(maxsize=32)
def _packed(colormap: str, opacity: float) -> NDArray[np.uint32]:
    """The table with its opacities, four bytes in one number, and a last entry that is transparent."""
    strength = np.linspace(0, 1, _STEPS)
    if colormap in DIVERGING:
        strength = np.abs(2 * strength - 1)
    rgba = np.zeros((_STEPS + 1, 4), dtype=np.uint8)
    rgba[:_STEPS, :3] = table(colormap)
    rgba[:_STEPS, 3] = np.clip(opacity, 0, 1) * np.sqrt(strength) * 255 + 0.5
    return rgba.view(np.uint32)[:, 0]
