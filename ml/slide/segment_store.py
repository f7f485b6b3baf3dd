"""Decoded tiles that are likely to be wanted again, for all open slides together."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from numpy.typing import NDArray

STORE_BYTES = 64 * 2**20
"""Two rows of tiles of a region 40,000 px wide."""

Stored = TypeVar("Stored", bound=NDArray[Any])
Key = tuple[int, int, int]
"""Slide, level, number of the segment."""


class SegmentStore(Generic[Stored]):
    """Keeps the tiles that were used last, up to a number of bytes. Any thread may ask at any time.

    A tile that another thread is decoding is waited for, not decoded twice.
    """

    def __init__(self, budget: int = STORE_BYTES) -> None:
        self._budget = budget
        self._bytes = 0
        self._guard = threading.Lock()  # never held while something is read or decoded
        self._kept: OrderedDict[Key, Stored] = OrderedDict()
        self._under_way: dict[Key, threading.Event] = {}

    @property
    def bytes(self) -> int:
        """What is kept at the moment."""
        return self._bytes

    def peek(self, key: Key) -> Stored | None:
        """The tile if it is here; read-only."""
        with self._guard:
            return self._found(key)

    def get(self, key: Key, decode: Callable[[], Stored]) -> Stored:
        """The tile, decoded now if it is not here; read-only. Raises what `decode` raises."""
        while True:
            with self._guard:
                found = self._found(key)
                if found is not None:
                    return found
                others = self._under_way.get(key)
                if others is None:
                    mine = self._under_way[key] = threading.Event()
                    break
            others.wait()
            if self.peek(key) is None:  # it could not be read, or was too much to keep
                return decode()
        try:
            pixels = decode()
            pixels.flags.writeable = False
            self._keep(key, pixels)
            return pixels
        finally:
            with self._guard:
                del self._under_way[key]
            mine.set()

    def forget(self, slide: int) -> None:
        """Drop all tiles of a slide."""
        with self._guard:
            for key in [key for key in self._kept if key[0] == slide]:
                self._bytes -= self._kept.pop(key).nbytes

    def _found(self, key: Key) -> Stored | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def _keep(self, key: Key, pixels: Stored) -> None:
        if pixels.nbytes > self._budget // 4:
            return
        with self._guard:
            self._kept[key] = pixels
            self._bytes += pixels.nbytes
            while self._bytes > self._budget:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
