"""The head in a slice, without table and headrest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Rect
from ml.volume.slice import AIR, Hounsfield

_TISSUE = -300.0  # HU: skin and fat lie above, foam of a headrest and air below
_THIN = 3  # px: what is as thin as the shell of a headrest does not hold on to the head


def head_mask(values: Hounsfield) -> NDArray[np.bool_]:
    """Where the head is, (rows, columns): the largest bright component, its holes filled.

    Thin bridges to table and headrest are cut first (opening). All False in a slice of air.
    """
    from scipy import ndimage

    bright = values > _TISSUE
    opened = ndimage.binary_opening(bright, np.ones((_THIN, _THIN)))
    parts, count = ndimage.label(opened)
    if not count:
        return np.zeros(values.shape, dtype=bool)
    largest = 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    whole = ndimage.binary_dilation(parts == largest, np.ones((_THIN, _THIN))) & bright
    filled: NDArray[np.bool_] = ndimage.binary_fill_holes(whole | (parts == largest))
    return filled


def head_rect(mask: NDArray[np.bool_]) -> Rect:
    """The least rectangle that holds a head's mask, px of the slice; all of it where there is no head."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return Rect(0, 0, mask.shape[1], mask.shape[0])
    x, y = float(columns[0]), float(rows[0])
    return Rect(x, y, float(columns[-1]) + 1 - x, float(rows[-1]) + 1 - y)


def without_surroundings(values: Hounsfield, mask: NDArray[np.bool_]) -> Hounsfield:
    """The slice with air wherever the head is not; unchanged where there is no head."""
    if not mask.any():
        return values
    cleared: Hounsfield = np.where(mask, values, np.float32(AIR))
    return cleared
