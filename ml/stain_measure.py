"""How much of each stain an annotated area holds."""

from __future__ import annotations

import numpy as np

from ml.annotation.shapes import Shape
from ml.geometry import Rect, Size
from ml.slide.region import read_region
from ml.slide.slide import Slide
from ml.slide.stains import PRESETS, Vectors, amounts_of

MOST_PIXELS = 512
"""The longer edge of what is read of an area: a mean needs no more."""


def stain_means(slide: Slide, shape: Shape, vectors: Vectors = PRESETS["H&E and DAB"]) -> dict[str, float]:
    """The mean optical density (base 10) of each stain, by name, over the pixels that lie in the area.

    Empty for lines and points, and for an area of which no pixel's centre lies on the slide. Raises
    `SlideProblem` where the slide cannot be read, `Problem` where the stains cannot be told apart.
    """
    bounds = shape.bounds.intersection(slide.info.bounds)
    if not shape.is_area or bounds.is_empty:
        return {}
    bounds = _grown_to_pixels(bounds)
    share = min(1.0, MOST_PIXELS / max(bounds.width, bounds.height))
    out = Size(max(1, round(bounds.width * share)), max(1, round(bounds.height * share)))
    x = bounds.x + (np.arange(out.width) + 0.5) * bounds.width / out.width
    y = bounds.y + (np.arange(out.height) + 0.5) * bounds.height / out.height
    inside = shape.holds(*np.meshgrid(x, y))
    if not inside.any():
        return {}
    amounts = amounts_of(read_region(slide, bounds, out)[inside], vectors).mean(axis=0)
    return {name: float(amount) for (name, _), amount in zip(vectors, amounts, strict=False)}


def _grown_to_pixels(rect: Rect) -> Rect:
    """The whole pixels that a rectangle touches."""
    left, top = np.floor(rect.x), np.floor(rect.y)
    return Rect(left, top, float(np.ceil(rect.right) - left), float(np.ceil(rect.bottom) - top))
