"""Where the tissue lies: a mask over an overview of a region, and the share of tissue under any rectangle.

Glass is bright and has no colour of its own; stained tissue has. How much colour stands out from the glass is
measured as HSV saturation is, relative to the glass itself, on a picture that was smoothed first: averaging
before taking the largest and smallest channel keeps compression noise from looking like a stain. The rule
follows WSInfer's (saturation, a low fixed threshold, closing, small pieces and holes dropped by area), with
Otsu's threshold (1979) taken only within narrow limits, because it finds two classes in pure noise as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Rect, Size, Spacing
from ml.slide.region import read_region
from ml.slide.slide import Pixels, Slide

_MICRONS = 8.0  # wished size of a mask cell
_LONGEST_EDGE = 2048  # cells
_ASSUMED_SPACING = 0.5  # µm/px, where a slide does not say: only how fine the overview is depends on it

_BLUR_UM = 10.0  # standard deviation of the smoothing
_LOWEST, _HIGHEST = 9.0, 18.0  # limits of the threshold, in 255ths of saturation
_BLACK = 50.0  # a pixel whose brightest channel is below this is no tissue: slide border, pen, not scanned
_GREY = 4.0  # an overview without more colour than this is a grey picture
_CLOSING_UM = 40.0  # gaps that are bridged
_SPECK_UM2 = 100.0**2  # smaller pieces are dropped
_HOLE_UM2 = 190.0**2  # smaller holes are filled (WSInfer's figure)

Mask = NDArray[np.bool_]
Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class TissueMask:
    """`mask` is (h, w) bool, True where there is tissue, stretched over `covers` (level-0 px)."""

    mask: Mask
    covers: Rect
    how: str  # for a person and the record: how it was made

    @property
    def covered(self) -> float:
        """Share of the whole that is tissue, 0..1."""
        return float(self.mask.mean()) if self.mask.size else 0.0

    def share(self, rects: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of each rectangle that is tissue: (n, 4) x, y, width, height in level-0 px to (n,) 0..1.

        Exact to fractions of a mask cell. What lies outside the mask counts as no tissue; an empty
        rectangle has the share 0.
        """
        height, width = self.mask.shape
        scale_x, scale_y = width / self.covers.width, height / self.covers.height
        left, top = (rects[:, 0] - self.covers.x) * scale_x, (rects[:, 1] - self.covers.y) * scale_y
        right, bottom = left + rects[:, 2] * scale_x, top + rects[:, 3] * scale_y
        below = self._up_to
        tissue = below(right, bottom) - below(left, bottom) - below(right, top) + below(left, top)
        area = (right - left) * (bottom - top)
        some = (rects[:, 2] > 0) & (rects[:, 3] > 0) & (area > 0)  # thinner than a float tells: no area
        shares: NDArray[np.float64] = np.divide(tissue, area, out=np.zeros_like(tissue), where=some)
        return np.clip(shares, 0, 1)

    @cached_property
    def _integral(self) -> NDArray[np.float64]:
        """(h + 1, w + 1): tissue cells above and left of each corner."""
        sums = np.zeros((self.mask.shape[0] + 1, self.mask.shape[1] + 1))
        np.cumsum(np.cumsum(self.mask, axis=0, dtype=np.float64), axis=1, out=sums[1:, 1:])
        return sums

    def _up_to(self, x_cell: NDArray[np.float64], y_cell: NDArray[np.float64]) -> NDArray[np.float64]:
        """Tissue area above and left of places in cells: exact, for it is bilinear within a cell."""
        height, width = self.mask.shape
        x, y = np.clip(x_cell, 0, width), np.clip(y_cell, 0, height)
        column = np.minimum(x.astype(np.intp), width - 1)
        row = np.minimum(y.astype(np.intp), height - 1)
        u, v = x - column, y - row
        sums = self._integral
        upper = sums[row, column] * (1 - u) + sums[row, column + 1] * u
        lower = sums[row + 1, column] * (1 - u) + sums[row + 1, column + 1] * u
        found: NDArray[np.float64] = upper * (1 - v) + lower * v
        return found


def overview_for(slide: Slide, region: Rect) -> Pixels:
    """An overview of a region for `find_tissue`: (h, w, 3) uint8, about 8 µm a pixel.

    Coarser where an edge would be longer than 2048 px. Never finer than level 0. Raises `SlideProblem`
    when it cannot be read.
    """
    known = slide.info.spacing
    spacing = known.spacing if known else Spacing.square(_ASSUMED_SPACING)
    step = max(_MICRONS / spacing.mean, max(region.width, region.height) / _LONGEST_EDGE, 1.0)
    out = Size(max(1, math.ceil(region.width / step)), max(1, math.ceil(region.height / step)))
    return read_region(slide, region, Size(min(out.width, _LONGEST_EDGE), min(out.height, _LONGEST_EDGE)))


def find_tissue(overview: Pixels, covers: Rect, microns_per_pixel: float | None) -> TissueMask:
    """Find tissue in an overview (h, w, 3) uint8 that shows `covers` (level-0 px).

    `microns_per_pixel` is that of the overview; where it is unknown, 8 µm is assumed for the sizes of
    specks and holes. Deterministic.
    """
    microns = microns_per_pixel or _MICRONS
    smooth = _smoothed(overview, _BLUR_UM / microns)
    brightest = smooth.max(axis=2)
    color, kind = _color(smooth, brightest)
    threshold = float(np.clip(_otsu(color), _LOWEST, _HIGHEST))
    mask = (color >= threshold) & (brightest >= _BLACK) & ~_ink(smooth)
    mask = _tidied(mask, microns)
    how = (
        f"{kind} at least {threshold:.0f} of 255 after smoothing, gaps up to {_CLOSING_UM:.0f} µm closed, "
        f"pieces under {_SPECK_UM2 * 1e-6:.2f} mm² dropped, holes under {_HOLE_UM2 * 1e-6:.3f} mm² filled, "
        f"{microns:.1f} µm a cell"
    )
    if microns_per_pixel is None:
        how += " (assumed)"
    return TissueMask(mask, covers, how)


def _smoothed(overview: Pixels, sigma: float) -> Plane:
    from PIL import Image, ImageFilter

    blurred = Image.fromarray(overview).filter(ImageFilter.GaussianBlur(sigma))
    return np.asarray(blurred, dtype=np.float32)


def _color(smooth: Plane, brightest: Plane) -> tuple[Plane, str]:
    """(h, w) 0..255, how much stands out from the glass, and what that is in words."""
    glass = _glass(smooth, brightest)
    relative = np.minimum(smooth / glass, 1)
    highest = np.maximum(relative.max(axis=2), 1e-3)
    saturation: Plane = (255 * (1 - relative.min(axis=2) / highest)).astype(np.float32)
    if smooth.size and float(np.ptp(smooth, axis=2).max()) < _GREY:
        return (255 * (1 - highest)).astype(np.float32), "darkness"
    return saturation, "saturation"


def _glass(smooth: Plane, brightest: Plane) -> Plane:
    """Colour of empty glass (3,): the median of what is bright, colourless, flat; white where little is."""
    from scipy import ndimage

    nearly_grey = np.ptp(smooth, axis=2) < 0.06 * brightest
    roughness = ndimage.maximum_filter(brightest, 5) - ndimage.minimum_filter(brightest, 5)
    glass = (brightest > 195) & nearly_grey & (roughness < 6)
    if glass.mean() < 0.005:
        return np.full(3, 255, dtype=np.float32)
    color: Plane = np.median(smooth[glass], axis=0).astype(np.float32)
    return color


def _otsu(color: Plane) -> float:
    if color.size == 0 or float(np.ptp(color)) < 1:
        return _LOWEST
    from skimage.filters import threshold_otsu

    return float(threshold_otsu(color))  # type: ignore[no-untyped-call]


def _ink(smooth: Plane) -> Mask:
    """Felt pen on the cover glass: pure green or blue, purer than any stain lets light through."""
    red, green, blue = smooth[..., 0], smooth[..., 1], smooth[..., 2]
    green_pen = (green > 1.25 * red) & (green > 1.1 * blue)
    blue_pen = (blue > 2.0 * red) & (blue > 1.3 * green)
    return green_pen | blue_pen


def _tidied(mask: Mask, microns: float) -> Mask:
    """Gaps closed, specks dropped, holes filled. A piece cut by the edge may be large: it stays."""
    from scipy import ndimage

    edge = 2 * round(_CLOSING_UM / microns / 2) + 1
    pad = edge
    closed = np.pad(mask, pad, mode="edge").astype(np.uint8)
    closed = ndimage.minimum_filter(ndimage.maximum_filter(closed, edge), edge)
    tidy: Mask = closed[pad:-pad, pad:-pad].astype(np.bool_)
    tidy &= ~_small(tidy, _SPECK_UM2 / microns**2)
    return tidy | _small(~tidy, _HOLE_UM2 / microns**2)


def _small(mask: Mask, least: float) -> Mask:
    """The connected pieces of a mask with fewer cells than `least` that do not touch the edge."""
    from scipy import ndimage

    labels, count = ndimage.label(mask)
    if count == 0:
        return np.zeros_like(mask)
    small = np.bincount(labels.ravel()) < least
    for side in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        small[side] = False
    small[0] = False
    found: Mask = small[labels]
    return found
