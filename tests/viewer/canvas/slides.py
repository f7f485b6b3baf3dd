"""Slides out of numbers, for the canvas: what every pixel is can be said without a file."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from ml.errors import SlideProblem
from ml.geometry import Size, Spacing
from ml.slide.slide import KnownSpacing, Level, Pixels, Slide, SlideInfo

TILE = 256


class NumberedSlide(Slide):
    """Every pixel says where it is: red and green are x and y of level 0 over 16, blue is the level.

    `gate` closed makes every read wait; `broken` tiles cannot be read; `read` notes what was read.
    """

    def __init__(self, width: int = 4096, height: int = 3072, levels: int = 3) -> None:
        self.info = SlideInfo(
            path=Path("numbered.tif"),
            vendor="Numbered",
            levels=tuple(
                Level(Size(-(-width // 4**n), -(-height // 4**n)), float(4**n), Size(TILE, TILE))
                for n in range(levels)
            ),
            spacing=KnownSpacing(Spacing.square(0.5), "the test"),
        )
        self.gate = threading.Event()
        self.gate.set()
        self.broken: set[tuple[int, int, int]] = set()
        self.read: list[tuple[int, int, int]] = []

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        self.gate.wait(10)
        self.read.append((level, column, row))
        if (level, column, row) in self.broken:
            raise SlideProblem("A part of the slide cannot be read.")
        grid = self.info.levels[level]
        width = min(TILE, grid.size.width - column * TILE)
        height = min(TILE, grid.size.height - row * TILE)
        return pixels_at(grid, level, column * TILE, row * TILE, width, height)

    def read_associated(self, name: str) -> Pixels:
        raise KeyError(name)

    def close(self) -> None:
        self.gate.set()


def pixels_at(grid: Level, level: int, x: int, y: int, width: int, height: int) -> Pixels:
    """What `NumberedSlide` holds in a rectangle of one level."""
    columns = ((np.arange(x, x + width) + 0.5) * grid.downsample / 16).astype(np.uint8)
    rows = ((np.arange(y, y + height) + 0.5) * grid.downsample / 16).astype(np.uint8)
    found = np.empty((height, width, 3), dtype=np.uint8)
    found[..., 0] = columns
    found[..., 1] = rows[:, np.newaxis]
    found[..., 2] = 80 * level
    return found
