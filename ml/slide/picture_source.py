"""Flat pictures as they come: decoded in bands, turned into 8-bit RGB as it is meant to be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Size, Spacing
from ml.progress import Progress
from ml.slide.slide import KnownSpacing, Pixels
from ml.slide.spacing import NOTHING_SAID, doubt

Numbers = NDArray[np.generic]

MOST_PIXELS = 2**29
"""Pixels of the largest flat picture that is opened: 23,000 × 23,000."""

BAND = 512
"""Rows that are converted at a time."""


@dataclass(frozen=True)
class PictureSource:
    """A picture that can write itself into (height, width, 3) uint8 of `size`, as it lies in the file.

    `orientation` is EXIF's number: how to turn what was written for a person to see it upright.
    """

    kind: str  # for a person: "PNG"
    size: Size
    write: Callable[[Pixels, Progress], None]
    orientation: int = 1
    spacing: KnownSpacing | None = None
    spacing_doubt: str = NOTHING_SAID
    warning: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    profile: bytes | None = None  # ICC, of what is written: RGB

    @property
    def shown_size(self) -> Size:
        """The size when it stands upright."""
        if self.orientation in {5, 6, 7, 8}:
            return Size(self.size.height, self.size.width)
        return self.size


def as_stored(shown: Pixels, orientation: int) -> Pixels:
    """View an upright array as the file has it, so that rows of the file can be written into it."""
    views: dict[int, Callable[[Pixels], Pixels]] = {
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    view = views.get(orientation)
    return shown if view is None else view(shown)


def bands(height: int) -> Iterator[tuple[int, int]]:
    """First and last-but-one row of each band."""
    for top in range(0, height, BAND):
        yield top, min(height, top + BAND)


def spacing_from_dpi(x: float, y: float) -> tuple[KnownSpacing | None, str]:
    """Pixel size out of a resolution in dots per inch, if a microscope can have made it; else why not."""
    if x <= 0 or y <= 0:
        return None, NOTHING_SAID
    spacing = Spacing(25400 / x, 25400 / y)
    reason = doubt(spacing)
    return (None, reason) if reason else (KnownSpacing(spacing, "the file's resolution tag"), "")


def full_range(dtype: np.dtype[np.generic], low: float, high: float) -> tuple[float, float]:
    """Which values become black and white, for numbers that reach from `low` to `high`.

    Whole numbers from 0 up are shown by the bits that they use (a 12-bit camera writes up to 4095 into 16
    bits); negative and fractional ones from the lowest to the highest.
    """
    if dtype == np.uint8:
        return 0.0, 255.0
    if dtype.kind in "ui" and low >= 0:
        return 0.0, float(2 ** max(8, int(high).bit_length()) - 1)
    return low, high if high > low else low + 1


def to_byte(values: Numbers, black: float, white: float) -> NDArray[np.uint8]:
    """Scale numbers to 0..255, values beyond cut off. Not-a-number becomes black."""
    scaled = (np.nan_to_num(values.astype(np.float32), nan=black) - black) * np.float32(255 / (white - black))
    result: NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return result
