"""How the process takes memory for pictures."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_MMAP_THRESHOLD = -3  # of malloc.h
_TILE_BYTES = 128 * 1024  # a tile of 256 px takes more


def give_back_tiles() -> None:
    """Have the memory of each tile go back to the system when the tile goes.

    glibc raises by itself the size from which on it does so, and then keeps what tiles leave between others:
    a thousand jumps left 220 MiB more behind. Other systems need nothing.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _TILE_BYTES)
