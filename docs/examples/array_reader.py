"""A reader in forty lines: an array that NumPy saved (.npy, rows × columns × RGB, uint8) as a slide."""

from pathlib import Path

import numpy as np

from ml.errors import SlideProblem
from ml.geometry import Size
from ml.slide.slide import Level, Pixels, Slide, SlideInfo

TILE = 256


class ArrayReader(Slide):
    """One level of 256-px tiles. The array stays on disk and is read where it is looked at."""

    def __init__(self, path: Path) -> None:
        try:
            # No pickle: a file that holds objects would run what somebody wrote into it.
            self._array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise SlideProblem(
                f"{path.name} is no array that can be read.", "Save it anew with numpy.save.", path=path.name
            ) from error
        if self._array.dtype != np.uint8 or self._array.ndim != 3 or self._array.shape[2] != 3:
            raise SlideProblem(
                f"{path.name} holds {self._array.dtype} of {self._array.shape}, not rows × columns × 3.",
                "Save it as uint8 RGB.",
                path=path.name,
            )
        height, width = self._array.shape[:2]
        self.info = SlideInfo(
            path, "NumPy array", (Level(Size(width, height), 1.0, Size(TILE, TILE)),), spacing=None
        )

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        """As the contract says: cut at the edge, IndexError outside."""
        grid = self.info.levels[level]
        if not (0 <= column < grid.columns and 0 <= row < grid.rows):
            raise IndexError(f"No tile {column}, {row} on level {level}")
        there = self._array[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        return np.ascontiguousarray(there)

    def read_associated(self, name: str) -> Pixels:
        """It has none."""
        raise KeyError(name)

    def close(self) -> None:
        """Let the file go."""
        self._array = np.empty((0, 0, 3), dtype=np.uint8)
