"""From stored values to grey: one table look-up for each pixel."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from ml.volume.window import Window

Table = NDArray[np.uint32]
"""65,536 opaque RGB32 pixels, one for each int16 (as its bits, read as uint16)."""


@lru_cache(maxsize=32)
def table(window: Window, inverted: bool, scale: float = 1.0, offset: float = 0.0) -> Table:
    """Grey of every int16 whose HU is value · scale + offset, by DICOM's LINEAR function (C.11.2.1.2.1)."""
    stored = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.float64)
    hu = stored * scale + offset
    if window.width <= 1:
        shown = (hu > window.level - 0.5).astype(np.float64)
    else:
        shown = np.clip((hu - (window.level - 0.5)) / (window.width - 1) + 0.5, 0, 1)
    gray = np.rint((1 - shown if inverted else shown) * 255).astype(np.uint32)
    made: Table = (0xFF000000 | gray << 16 | gray << 8 | gray).astype(np.uint32)
    made.setflags(write=False)
    return made


def image_of(values: NDArray[np.int16], colors: Table) -> QImage:
    """A picture of a plane, (rows, columns) int16; it holds its own copy."""
    rgb = colors[np.ascontiguousarray(values).view(np.uint16)]
    height, width = rgb.shape
    return QImage(rgb.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()
