"""A CT slice as the picture that a network sees: windows as channels, neighbouring slices, the head alone."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from ml.errors import Problem
from ml.geometry import Rect
from ml.preparation import Bytes, Frame, Preparation, prepared
from ml.volume.crop import head_mask, head_rect, without_surroundings
from ml.volume.ct_slice import CtSlice
from ml.volume.slice import Hounsfield, hounsfield_of, read_header
from ml.volume.stored_file import StoredFile
from ml.volume.window import Window, windowed


def ct_picture(slices: Sequence[Hounsfield], how: Preparation) -> tuple[Bytes, Frame]:
    """The prepared picture (height, width, channels) uint8 of a slice, and the way back to its pixels.

    `slices` are the slice in the middle and `how.neighbours` on either side, from below to above, of one
    size. Channels are all windows of the lowest slice, then of the next: a network sees every window in
    every slice, and one that was trained on three channels is taken up by repeating its first layer. The
    head is sought in the middle slice, and all are cut alike. Raises `Problem` for slices of two sizes.
    """
    raw, rect = ct_channels(slices, how)
    return prepared(raw, how, rect)


def ct_channels(slices: Sequence[Hounsfield], how: Preparation) -> tuple[Bytes, Rect]:
    """The same before it is cut and resized: (rows, columns, channels) uint8, and the rectangle to keep.

    Windows are scaled as floats and rounded to 255 steps: 0.3 HU in the brain window, 1.5 HU in soft tissue.
    """
    middle = slices[len(slices) // 2]
    if any(part.shape != middle.shape for part in slices):
        raise Problem("Neighbouring slices have different sizes.", "Leave the neighbours out of the folder.")
    rect = Rect(0, 0, middle.shape[1], middle.shape[0])
    if how.crop == "head":
        mask = head_mask(middle)
        rect = head_rect(mask)
        slices = [without_surroundings(part, mask) for part in slices]
    windows = [Window(level, width) for level, width in how.windows]
    channels = np.concatenate([windowed(part, windows) for part in slices], axis=-1)
    return np.round(channels * 255).astype(np.uint8), rect


def read_ct_picture(slices: Sequence[CtSlice], how: Preparation) -> tuple[Bytes, Frame]:
    """`ct_picture` of slices as they were found. Raises `Problem` where one of them cannot be read."""
    return ct_picture([cached(slice_) for slice_ in slices], how)


def read_cached(path: Path) -> Hounsfield:
    """HU of a file of one slice, as `cached` gives it. Raises `Problem` where it cannot be read."""
    return cached(_header(path, StoredFile(path).state()))


def cached(slice_: CtSlice) -> Hounsfield:
    """HU of a slice, not to be written into; the last few are kept: a slice is its neighbours' neighbour.

    Raises `Problem` where it cannot be read, or has changed since it was found.
    """
    stored = slice_.stored
    state = stored.file.state() if stored else (0, 0)
    key = (slice_.path, slice_.frame, state)
    with _lock:
        found = _kept.pop(key, None)
    if found is None:
        found = hounsfield_of(slice_)
        found.setflags(write=False)
    with _lock:
        _kept[key] = found
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return found


_MOST = 16  # slices
_lock = threading.Lock()
_kept: OrderedDict[tuple[Path, int, tuple[int, int]], Hounsfield] = OrderedDict()


@lru_cache(maxsize=16)
def _header(path: Path, state: tuple[int, int]) -> CtSlice:  # noqa: ARG001 - a file that changed is another
    return read_header(path)
