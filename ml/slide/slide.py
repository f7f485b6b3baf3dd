"""The contract of a slide. A reader implements it; everybody else sees nothing but it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Rect, Size, Spacing

Pixels = NDArray[np.uint8]
"""Pixels as everybody passes them on: (height, width, 3), uint8, RGB, C-contiguous."""


Samples = NDArray[np.uint8] | NDArray[np.uint16]
"""Samples as the file holds them: (height, width, channels), uint8 or uint16."""


@dataclass(frozen=True, slots=True)
class Level:
    """One magnification of the pyramid."""

    size: Size  # px of this level
    downsample: float  # level-0 px a pixel of this level (mean of both axes); 1.0 at level 0
    tile: Size  # px of this level; tiles at the right and bottom edge are cut to the level's size

    @property
    def columns(self) -> int:
        """Number of tiles across."""
        return -(-self.size.width // self.tile.width)

    @property
    def rows(self) -> int:
        """Number of tiles down."""
        return -(-self.size.height // self.tile.height)


@dataclass(frozen=True, slots=True)
class Channel:
    """One fluorophore (or other signal) of a slide that holds several, and how it is shown at first."""

    name: str  # for a person: "DAPI", or "Channel 3" where the file says nothing
    color: tuple[int, int, int]  # RGB at full strength
    low: float  # the sample that is shown as black
    high: float  # the sample that is shown at full strength; greater than `low`


@dataclass(frozen=True, slots=True)
class KnownSpacing:
    """A pixel size and who said so; `source` is a phrase for a person: "the file", "typed by the reader"."""

    spacing: Spacing
    source: str


@dataclass(frozen=True)
class SlideInfo:
    """What a file says about itself.

    `spacing` is None when the file gives none, or none that is plausible (then `spacing_doubt` says why).
    `associated` names the pictures beside the slide ("label", "macro", "thumbnail").
    """

    path: Path
    vendor: str  # for a person: "Aperio SVS", "Picture (PNG)"
    levels: tuple[Level, ...]  # finest first; never empty
    spacing: KnownSpacing | None
    spacing_doubt: str = ""
    objective: float | None = None  # nominal power, 20.0 for ×20
    associated: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    background: tuple[int, int, int] = (255, 255, 255)  # colour where nothing was scanned
    channels: tuple[Channel, ...] = ()  # of a slide whose pixels are not colours; else empty
    planes: int = 1  # pictures at different focus
    plane_um: float | None = None  # µm from one plane to the next, where the file says so
    profile: bytes | None = None  # ICC profile that the pixels are in; None: sRGB, or nobody knows
    warning: str = ""  # what is wrong with a file that opens all the same, or what of it is not shown

    @property
    def size(self) -> Size:
        """Size of level 0."""
        return self.levels[0].size

    @property
    def bounds(self) -> Rect:
        """The whole slide."""
        return Rect.of_size(self.size)


class Slide(ABC):
    """An open slide. All methods may be called from any thread at the same time.

    A reader supplies `info`, `read_tile`, `read_associated` and `close`; "this rectangle at that spacing"
    is `ml.slide.region.read_region`, one function for all of them.
    """

    info: SlideInfo
    files: tuple[Path, ...] = ()  # all files that it is made of; empty: `info.path` alone

    @abstractmethod
    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        """One tile, cut at the slide's edge: (height, width, 3) uint8.

        Raises `SlideProblem` when the bytes cannot be read or decoded, `IndexError` outside the level.
        """

    @abstractmethod
    def read_associated(self, name: str) -> Pixels:
        """A picture out of `info.associated`: (height, width, 3) uint8. Raises `SlideProblem`, `KeyError`."""

    @abstractmethod
    def close(self) -> None:
        """Let the file go. Reading afterwards raises `SlideProblem`. May be called twice."""

    def read_samples(self, level: int, column: int, row: int) -> Samples:
        """One tile of a slide with channels as the file holds it, cut at the edge: (height, width, channels).

        uint8 or uint16. What the writer left out is 0. `read_tile` shows the same, blended by
        `info.channels`. Raises as `read_tile`, and `TypeError` for a slide without channels.
        """
        raise TypeError(f"{type(self).__name__} has no channels: {level}, {column}, {row}")

    def plane(self, index: int) -> Slide:
        """The same slide at another focus, 0 to `info.planes` - 1; planes share the file.

        Closing any of them closes them all. Raises `IndexError`.
        """
        if index != 0:
            raise IndexError(f"No plane {index} of {self.info.planes}")
        return self

    def read_block(self, level: int, x_level: int, y_level: int, size: Size) -> Pixels:
        """A rectangle of one level in that level's pixels, filled with background outside: (h, w, 3) uint8.

        Put together from tiles here; a reader with something faster may override it.
        """
        block = np.empty((size.height, size.width, 3), dtype=np.uint8)
        block[:] = self.info.background
        grid = self.info.levels[level]
        left, top = max(0, x_level), max(0, y_level)
        right = min(grid.size.width, x_level + size.width)
        bottom = min(grid.size.height, y_level + size.height)
        if right <= left or bottom <= top:  # all of it lies outside
            return block
        for row in range(top // grid.tile.height, -(-bottom // grid.tile.height)):
            for column in range(left // grid.tile.width, -(-right // grid.tile.width)):
                tile = self.read_tile(level, column, row)
                x_tile, y_tile = column * grid.tile.width, row * grid.tile.height
                x0, x1 = max(left, x_tile), min(right, x_tile + tile.shape[1])
                y0, y1 = max(top, y_tile), min(bottom, y_tile + tile.shape[0])
                piece = tile[y0 - y_tile : y1 - y_tile, x0 - x_tile : x1 - x_tile]
                block[y0 - y_level : y1 - y_level, x0 - x_level : x1 - x_level] = piece
        return block

    def __enter__(self) -> Slide:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
