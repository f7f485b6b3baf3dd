"""A CT slice as the picture that a network sees: windows as channels, neighbouring slices, the head alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from ml.errors import Problem
from ml.geometry import Rect
from ml.preparation import Bytes, Frame, Preparation, prepared
from ml.volume.crop import head_mask, head_rect, without_surroundings
from ml.volume.slice import Hounsfield, read_hounsfield
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


def read_ct_picture(paths: Sequence[Path], how: Preparation) -> tuple[Bytes, Frame]:
    """`ct_picture` of files. Raises `Problem` where one of them cannot be read."""
    return ct_picture([read_cached(path) for path in paths], how)


def read_cached(path: Path) -> Hounsfield:
    """HU of a file, not to be written into; the last few are kept: a slice is its neighbours' neighbour.

    Raises `Problem` where it cannot be read.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise Problem(f"{path.name} cannot be read: {error.strerror}.", "Copy it anew.") from error
    return _kept(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=16)
def _kept(path: Path, changed: int, size: int) -> Hounsfield:  # noqa: ARG001 - a file that changed is another
    values = read_hounsfield(path)
    values.setflags(write=False)
    return values
