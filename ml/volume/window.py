"""Windows: which Hounsfield units become black and white; several of them as the channels of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Window:
    """A range of HU that is shown from black to white; what lies outside is cut off."""

    level: float  # HU, its middle
    width: float  # HU, above 0

    @property
    def low(self) -> float:
        """HU that becomes 0."""
        return self.level - self.width / 2


BRAIN = Window(40, 80)
SUBDURAL = Window(80, 200)
SOFT_TISSUE = Window(40, 380)  # the hemorrhage study calls it bone


def windowed(values: NDArray[np.floating], windows: Sequence[Window]) -> NDArray[np.float32]:
    """HU of any shape as channels, (…, windows) float32 in 0..1.

    The scaling is fixed, (HU - low) / width, DICOM's LINEAR_EXACT: a slice without air is as bright as one
    with.
    """
    wide = values.astype(np.float32)[..., None]
    low = np.array([window.low for window in windows], dtype=np.float32)
    width = np.array([window.width for window in windows], dtype=np.float32)
    found: NDArray[np.float32] = np.clip((wide - low) / width, 0, 1)
    return found
