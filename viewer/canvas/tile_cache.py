"""Decoded tiles within a budget of bytes. Lives in the UI thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from PySide6.QtGui import QImage

from viewer.canvas.tiles import TileKey

DEFAULT_BUDGET = 512 * 1024 * 1024
"""Bytes."""


class TileCache:
    """Keeps the tiles used last. An overview is pinned: it goes only with its slide.

    `bytes` never exceeds `budget` by more than the pinned tiles and the one put last. Tiles that cannot be
    read are remembered here too, so that nobody asks for them again.
    """

    def __init__(self, budget: int = DEFAULT_BUDGET) -> None:
        self._budget = budget
        self._tiles: OrderedDict[TileKey, QImage] = OrderedDict()
        self._pinned: dict[TileKey, QImage] = {}
        self._unreadable: set[TileKey] = set()
        self._bytes = 0

    @property
    def budget(self) -> int:
        """Bytes that tiles may take."""
        return self._budget

    def set_budget(self, budget: int) -> None:
        """Allow more or fewer bytes, at once."""
        self._budget = budget
        self._shrink(keep=0)

    @property
    def bytes(self) -> int:
        """Bytes that all tiles take now, pinned ones too."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._tiles) + len(self._pinned)

    def __contains__(self, key: object) -> bool:
        return key in self._tiles or key in self._pinned

    def get(self, key: TileKey) -> QImage | None:
        """A tile, and the note that it was used just now; None when it is not here."""
        tile = self._tiles.get(key)
        if tile is None:
            return self._pinned.get(key)
        self._tiles.move_to_end(key)
        return tile

    def put(self, key: TileKey, tile: QImage, *, pinned: bool = False) -> None:
        """Keep a tile; the ones unused longest make room. A tile already here is replaced."""
        self._remove(key)
        (self._pinned if pinned else self._tiles)[key] = tile
        self._bytes += tile.sizeInBytes()
        self._shrink(keep=0 if pinned else 1)

    def touch(self, keys: Iterable[TileKey]) -> None:
        """Note that these were used just now, the first of them last: it is then the last to go."""
        for key in reversed(list(keys)):
            if key in self._tiles:
                self._tiles.move_to_end(key)

    def mark_unreadable(self, key: TileKey) -> None:
        """Remember that the file cannot give this tile."""
        self._unreadable.add(key)

    def is_unreadable(self, key: TileKey) -> bool:
        """Whether the file could not give this tile."""
        return key in self._unreadable

    def forget_unreadable(self, slide: int) -> None:
        """Its tiles may be asked for again."""
        self._unreadable = {key for key in self._unreadable if key.slide != slide}

    def forget(self, slide: int) -> None:
        """Drop everything of one slide."""
        for key in [key for key in (*self._tiles, *self._pinned) if key.slide == slide]:
            self._remove(key)
        self._unreadable = {key for key in self._unreadable if key.slide != slide}

    def _remove(self, key: TileKey) -> None:
        for tiles in (self._tiles, self._pinned):
            if key in tiles:
                self._bytes -= tiles.pop(key).sizeInBytes()

    def _shrink(self, keep: int) -> None:
        while self._bytes > self._budget and len(self._tiles) > keep:
            _, tile = self._tiles.popitem(last=False)
            self._bytes -= tile.sizeInBytes()
