"""Whether a pixel size that a file claims can be true, decided in one place."""

from __future__ import annotations

import math

from ml.geometry import Spacing

TAG_RANGE = (0.02, 20.0)
"""µm/px believed of a resolution tag. Programs write print resolutions there without asking: 72 dpi is
353 µm/px, 300 dpi 85, 1200 dpi 21; all lie above. Below 0.02 no light microscope resolves anything."""

STATED_RANGE = (0.01, 100.0)
"""µm/px believed of a scanner's own statement: overviews of a slide really have 20 or 30."""

_MOST_UNEVEN = 1.25  # scanners' pixels are square within a few per cent

NOTHING_SAID = "The file does not say how large a pixel is."


def doubt(spacing: Spacing, believed: tuple[float, float] = TAG_RANGE) -> str:
    """Why this pixel size cannot be true, in a sentence for a person; empty when it can."""
    low, high = believed
    for value in (spacing.x, spacing.y):
        if not math.isfinite(value) or value <= 0:
            return f"The file says that a pixel is {value:g} µm wide, which cannot be."
        if not low <= value <= high:
            return (
                f"The file says {_plain(value)} µm per pixel, which is not believed: "
                f"pictures from a microscope have {low:g} to {high:g}."
            )
    if not 1 / _MOST_UNEVEN <= spacing.x / spacing.y <= _MOST_UNEVEN:
        return (
            f"The file says that a pixel is {_plain(spacing.x)} µm wide and {_plain(spacing.y)} µm high, "
            "which is not believed: pixels of a microscope are square."
        )
    return ""


def _plain(value: float) -> str:
    """Three digits that count, never an exponent a person would have to read."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if rounded >= 1000 else f"{rounded:.6f}".rstrip("0").rstrip(".")
