"""Measurements on a CT plane: lengths, angles, and what lies inside a region. Patient mm, LPS."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Place = tuple[float, float, float]
Region = Literal["rectangle", "ellipse"]


@dataclass(frozen=True, slots=True)
class RoiFacts:
    """Hounsfield units of the pixels whose centres lie in a region, and its area as drawn."""

    mean: float
    sd: float  # of the sample (n - 1); 0 for a single pixel
    least: float
    greatest: float
    pixels: int
    area: float  # mm² of the drawn shape; px² where nobody knows how large a pixel is


def distance(one: Place, other: Place) -> float:
    """mm between two places."""
    return math.dist(one, other)


def angle(first: Place, corner: Place, second: Place) -> float:
    """Degrees between the ways from a corner to two places, 0..180; nan where a way has no length."""
    one, two = np.subtract(first, corner), np.subtract(second, corner)
    lengths = float(np.linalg.norm(one)), float(np.linalg.norm(two))
    if min(lengths) == 0:
        return math.nan
    across = float(np.linalg.norm(np.cross(one, two)))  # steadier than a cosine near 0 and 180
    return math.degrees(math.atan2(across, float(one @ two)))


def region_mask(
    shape: tuple[int, int], region: Region, box: tuple[float, float, float, float]
) -> NDArray[np.bool_]:
    """Which pixel centres lie in a rectangle or in the ellipse within it. `shape` is rows, columns.

    `box` is left, top, right, bottom in px, where pixel n reaches from n to n + 1 and its centre is n + 0.5.
    """
    left, top, right, bottom = box
    x, y = np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5
    if region == "rectangle":
        return ((x >= left) & (x < right))[None, :] & ((y >= top) & (y < bottom))[:, None]
    half_x, half_y = max((right - left) / 2, 1e-9), max((bottom - top) / 2, 1e-9)
    across, down = (x - (left + right) / 2) / half_x, (y - (top + bottom) / 2) / half_y
    inside: NDArray[np.bool_] = across[None, :] ** 2 + down[:, None] ** 2 <= 1
    return inside


def roi_facts(
    values: NDArray[np.floating],
    region: Region,
    box: tuple[float, float, float, float],
    pixel: tuple[float, float],
) -> RoiFacts | None:
    """What lies in a region; None where it holds no pixel's centre.

    `values` are HU (rows, columns), `box` as in `region_mask`, `pixel` mm along x and y.
    """
    inside = values[region_mask((values.shape[0], values.shape[1]), region, box)].astype(np.float64)
    if not inside.size:
        return None
    width, height = (box[2] - box[0]) * pixel[0], (box[3] - box[1]) * pixel[1]
    covered = width * height * (math.pi / 4 if region == "ellipse" else 1.0)
    sd = float(inside.std(ddof=1)) if inside.size > 1 else 0.0
    return RoiFacts(
        float(inside.mean()), sd, float(inside.min()), float(inside.max()), int(inside.size), covered
    )
