"""From the colours of a scanner to those of a screen: the ICC profile in a file, and the white of glass."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from ml.errors import Problem
from ml.slide.slide import Pixels

Repaint = Callable[[Pixels], Pixels]
"""A change of colours, pixel by pixel: (h, w, 3) uint8 to the same shape. From any thread."""

Change = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
"""A change of colours, (n, 3) uint8 to (n, 3) uint8, each row by itself."""

_COLORS = 1 << 24
_KNOWN = np.uint32(0xFF000000)  # the highest byte of what was worked out
_SEEN = 3  # grey levels: a smaller difference nobody sees
_DARKEST_GLASS, _GLASS_COLOR, _GLASS_SPREAD = 150, 45, 14.0


@dataclass(frozen=True, slots=True)
class ProfileFacts:
    """What an ICC profile is, in words, and whether it is of use."""

    name: str  # the description in it: "Aperio AT2 sRGB"; "" where it cannot be read
    usable: bool  # whether colours can be taken through it
    trouble: str  # why not, a sentence for a person; "" where it is usable
    changes: bool  # whether it makes a difference that can be seen; that of sRGB does not


class ColorTable:
    """A change of colours as a table of all 16 million of them, each worked out when it first occurs.

    Exact, and the same time whatever the change: a tile is one look-up. Memory is taken only for the parts
    of the table that tissue uses. May be called from any thread: what two work out at once is the same.
    """

    def __init__(self, change: Change) -> None:
        self._change = change
        self._table: NDArray[np.uint32] = np.zeros(_COLORS, dtype=np.uint32)

    def __call__(self, pixels: Pixels) -> Pixels:
        """The pixels in other colours, (h, w, 3) uint8, their own array."""
        red, green, blue = (pixels[..., c].astype(np.uint32) for c in range(3))
        codes = red | (green << np.uint32(8)) | (blue << np.uint32(16))
        found = self._table.take(codes)
        unknown = found < _KNOWN
        if unknown.any():
            self._work_out(np.unique(codes[unknown]))
            found = self._table.take(codes)
        return np.ascontiguousarray(
            found.astype("<u4", copy=False).view(np.uint8).reshape(*codes.shape, 4)[..., :3]
        )

    def _work_out(self, codes: NDArray[np.uint32]) -> None:
        colors = codes.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3]
        changed = self._change(np.ascontiguousarray(colors)).astype(np.uint32)
        red, green, blue = changed.T
        self._table[codes] = red | (green << np.uint32(8)) | (blue << np.uint32(16)) | _KNOWN


class _Transform:
    """LittleCMS's way from a profile to sRGB; one thread at a time."""

    def __init__(self, profile: bytes) -> None:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        self.name = ImageCms.getProfileDescription(source).strip()
        self._lock = threading.Lock()
        self._transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            "RGB",
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )

    def __call__(self, colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
        image = Image.fromarray(colors[np.newaxis])
        with self._lock:
            changed = ImageCms.applyTransform(image, self._transform)
        assert changed is not None
        result: NDArray[np.uint8] = np.asarray(changed)[0]
        return result


def facts_of(profile: bytes) -> ProfileFacts:
    """What the profile in a file (`SlideInfo.profile`) is. Never raises. Kept: cheap to ask again."""
    return _looked_at(profile)[0]


def to_srgb(profile: bytes) -> Change | None:
    """From the profile's colours to sRGB; None where it is not usable or changes nothing. Kept by its bytes.

    Relative colorimetric with black point compensation (ICC.1:2022), as viewers of photographs have it.
    """
    facts, transform = _looked_at(profile)
    return transform if facts.usable and facts.changes else None


def background_of(pixels: Pixels) -> tuple[int, int, int]:
    """The colour of empty glass in a region that the person picked: the median of each channel.

    (h, w, 3) uint8, any size but 0. For `Look.white`. Raises `Problem` when the region is dark, full of
    colour or of different things, so not glass.
    """
    if pixels.size == 0:
        raise Problem("Nothing was picked.", "Click on a place of the slide.")
    flat = pixels.reshape(-1, 3)
    red, green, blue = (int(v) for v in np.median(flat, axis=0))
    spread = float(np.median(np.abs(flat - np.median(flat, axis=0))))
    dark = max(red, green, blue) < _DARKEST_GLASS
    colored = max(red, green, blue) - min(red, green, blue) > _GLASS_COLOR
    if dark or colored or spread > _GLASS_SPREAD:
        what = "dark" if dark else "coloured" if colored else "of different things"
        raise Problem(f"That is no empty glass: it is {what}.", "Click beside the tissue.")
    return red, green, blue


@lru_cache(maxsize=16)
def _looked_at(profile: bytes) -> tuple[ProfileFacts, Change | None]:
    try:
        transform = _Transform(profile)
        steps = np.linspace(0, 255, 9).round().astype(np.uint8)
        cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
        far = np.abs(transform(cube).astype(np.int16) - cube.astype(np.int16)).max()
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        words = "The colour profile in this file cannot be used; its colours are shown as they are."
        return ProfileFacts("", False, f"{words} ({str(error)[:80]})", False), None
    return ProfileFacts(transform.name, True, "", bool(far > _SEEN)), transform
