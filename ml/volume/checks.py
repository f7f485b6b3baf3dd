"""What is odd about a stack of slices in order, in sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ml.volume.ct_slice import CtSlice
from ml.volume.rescale import HOUNSFIELD

UNEVEN = 0.1
"""Share of the usual distance that a distance may differ."""

_TILTED = 0.05  # degrees; less is rounding of the header's text
_SHIFTED = 0.5  # mm that a slice may lie beside the line of the others


def distance_of(stack: Sequence[CtSlice]) -> float:
    """The usual distance from slice to slice, mm; 0 where there is only one."""
    steps = _steps(stack)
    return float(np.median(steps)) if steps else 0.0


def oddities(stack: Sequence[CtSlice]) -> tuple[str, ...]:
    """Sentences about places, sizes and values of slices that are sorted by position."""
    return (*_of_distances(stack), *_of_places(stack), *of_values(stack))


def of_values(stack: Sequence[CtSlice]) -> tuple[str, ...]:
    """Sentences about what the values mean."""
    first, found = stack[0], []
    if not first.scaling.unit:
        found.append("Slope and intercept are missing: the values are no Hounsfield units.")
    elif first.scaling.unit != HOUNSFIELD:
        found.append(f"The values are in “{first.scaling.unit}”, no Hounsfield units.")
    if first.spacing is None:
        found.append("The files do not say how large a pixel is: lengths cannot be measured.")
    if first.is_inverted:
        found.append("The files ask to be shown inverted (MONOCHROME1); the values are not.")
    if any(slice_.is_lossy for slice_ in stack):
        found.append("The pixels have been compressed with loss: values differ from what was measured.")
    return tuple(found)


def _of_distances(stack: Sequence[CtSlice]) -> list[str]:
    distance, steps = distance_of(stack), _steps(stack)
    wide = [
        step
        for step, (lower, upper) in zip(steps, pairwise(stack), strict=True)
        if step > distance * (1 + UNEVEN) and not _touch(step, lower, upper)
    ]
    if wide:
        missing = max(sum(round(step / distance) - 1 for step in wide), len(wide))
        return [f"The slices have {len(wide)} gaps; about {missing} slices are missing."]
    if steps and max(steps) - min(steps) > distance * UNEVEN:
        return [f"The distance between slices varies from {min(steps):.2f} to {max(steps):.2f} mm."]
    return []


def _touch(step: float, lower: CtSlice, upper: CtSlice) -> bool:
    """Whether two slices are thick enough to leave no gap: a protocol with two thicknesses misses nothing."""
    if lower.thickness is None or upper.thickness is None:
        return False
    return step <= (lower.thickness + upper.thickness) / 2 * (1 + UNEVEN)


def _of_places(stack: Sequence[CtSlice]) -> list[str]:
    first = stack[0]
    if len(stack) < 2 or first.normal is None or any(slice_.origin is None for slice_ in stack):
        return []
    origins = np.array([slice_.origin for slice_ in stack])
    normal = np.array(first.normal)
    heights = (origins - origins[0]) @ normal
    sideways = origins - origins[0] - heights[:, None] * normal
    way = sideways[-1] / heights[-1]
    found = []
    degrees = math.degrees(math.atan(float(np.linalg.norm(way))))
    if degrees > _TILTED and np.linalg.norm(sideways[-1]) > _SHIFTED:
        found.append(f"The gantry was tilted by {degrees:.1f}°; reformats stand straight.")
    if float(np.abs(sideways - heights[:, None] * way).max()) > _SHIFTED:
        found.append("The slices are shifted against each other; reformats put them where they belong.")
    return found


def _steps(stack: Sequence[CtSlice]) -> list[float]:
    places = [slice_.position or 0.0 for slice_ in stack]
    return [upper - lower for lower, upper in pairwise(places)]
