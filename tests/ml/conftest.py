"""A slide out of an array, for tests of whatever stands on the `Slide` contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ml.geometry import Size, Spacing
from ml.slide.slide import KnownSpacing, Level, Pixels, Slide, SlideInfo

_TILE = 256


class ArraySlide(Slide):
    """A slide of one or more levels in memory: every level is every second pixel of the one before."""

    def __init__(
        self, pixels: Pixels, path: Path = Path("slide.tif"), spacing: float | None = 0.5, levels: int = 1
    ) -> None:
        self._levels = [np.ascontiguousarray(pixels[:: 2**n, :: 2**n]) for n in range(levels)]
        tile = Size(_TILE, _TILE)
        self.info = SlideInfo(
            path=path,
            vendor="Array",
            levels=tuple(
                Level(Size(a.shape[1], a.shape[0]), float(2**n), tile) for n, a in enumerate(self._levels)
            ),
            spacing=None if spacing is None else KnownSpacing(Spacing.square(spacing), "the test"),
        )

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        grid = self.info.levels[level]
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise IndexError((level, column, row))
        y, x = row * _TILE, column * _TILE
        return np.ascontiguousarray(self._levels[level][y : y + _TILE, x : x + _TILE])

    def read_associated(self, name: str) -> Pixels:
        raise KeyError(name)

    def close(self) -> None:
        pass


@pytest.fixture
def array_slide() -> Callable[..., ArraySlide]:
    """Makes a slide: `array_slide(pixels, path=…, spacing=0.5, levels=1)`; pixels (h, w, 3) uint8."""
    return ArraySlide
