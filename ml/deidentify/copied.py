"""What copying came to, and the proof that the pixels are the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.errors import SlideProblem
from ml.progress import Progress
from ml.slide.slide import Pixels, Slide

_MOST_TILES = 64  # of a level that are compared; all of a small one


@dataclass(frozen=True)
class Copied:
    """The files of the copy, and what was left out and stays in them, in words."""

    files: tuple[Path, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    left_out: tuple[str, ...] = ()  # whole files, each with the reason

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(path.stat().st_size for path in self.files)


def compare_pixels(old: Slide, new: Slide, progress: Progress) -> None:
    """Tiles of every level, spread over it, bit for bit. Raises `SlideProblem` where one differs."""
    for number, level in enumerate(old.info.levels):
        count = level.columns * level.rows
        for at in np.unique(np.linspace(0, count - 1, min(count, _MOST_TILES)).astype(int)):
            progress.check()
            row, column = divmod(int(at), level.columns)
            if not _same(old, new, (number, column, row)):
                raise SlideProblem(
                    f"The copy of {old.info.path.name} shows other pixels than the slide.",
                    "Nothing was written. Please report which scanner the file is of.",
                    place=(number, column, row),
                )


def _same(old: Slide, new: Slide, place: tuple[int, int, int]) -> bool:
    """Whether a tile is the same; one that is damaged in the slide is damaged in the copy too."""
    tiles: list[Pixels | None] = []
    for slide in (old, new):
        try:
            tiles.append(slide.read_tile(*place))
        except SlideProblem:
            tiles.append(None)
    one, other = tiles
    if one is None or other is None:
        return one is other
    return bool(np.array_equal(one, other))
