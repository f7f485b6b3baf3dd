"""A slide as it is shown: a slide over a slide, so that whoever reads tiles need not know about colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ml.geometry import Size
from ml.slide import stains
from ml.slide.channels import blend
from ml.slide.color import Change, ColorTable, to_srgb
from ml.slide.look import ChannelLook, Look
from ml.slide.slide import Pixels, Samples, Slide


def shown(slide: Slide, look: Look) -> Slide:
    """The slide in this look; the slide itself where the look changes nothing.

    It shares the file: closing the slide closes what is shown of it.
    """
    profile = slide.info.profile if look.profile and not slide.info.channels else None
    table = _table(replace(look, profile=True, channels=()), profile)
    as_in_file = tuple(map(ChannelLook.of, slide.info.channels))
    channels = look.channels if slide.info.channels and look.channels != as_in_file else ()
    return ShownSlide(slide, table, channels) if table is not None or channels else slide


class ShownSlide(Slide):
    """Applies a look to every tile and block. `slide` is the one under it."""

    def __init__(self, slide: Slide, table: ColorTable | None, channels: Sequence[ChannelLook]) -> None:
        self.slide = slide
        self._table, self._channels = table, tuple(channels)
        background = np.array([[slide.info.background]], dtype=np.uint8)
        red, green, blue = map(int, (background if table is None else table(background))[0, 0])
        self.info = replace(slide.info, background=(red, green, blue), profile=None)
        self.files = slide.files

    def read_tile(self, level: int, column: int, row: int) -> Pixels:
        """One tile in this look. See `Slide.read_tile`."""
        if self._channels:
            pixels = blend(self.slide.read_samples(level, column, row), self._channels)
        else:
            pixels = self.slide.read_tile(level, column, row)
        return pixels if self._table is None else self._table(pixels)

    def read_block(self, level: int, x_level: int, y_level: int, size: Size) -> Pixels:
        """A rectangle of one level in this look. See `Slide.read_block`."""
        if self._channels:
            return super().read_block(level, x_level, y_level, size)
        pixels = self.slide.read_block(level, x_level, y_level, size)
        return pixels if self._table is None else self._table(pixels)

    def read_samples(self, level: int, column: int, row: int) -> Samples:
        """As the file holds them: a look does not change what was measured."""
        return self.slide.read_samples(level, column, row)

    def read_associated(self, name: str) -> Pixels:
        """A picture beside the slide, as it is."""
        return self.slide.read_associated(name)

    def close(self) -> None:
        """Close the slide under it."""
        self.slide.close()


@lru_cache(maxsize=3)
def _table(look: Look, profile: bytes | None) -> ColorTable | None:
    """All changes of colour of a look in one table; None where there are none. Kept for the next tiles."""
    steps: list[Change] = []
    if profile is not None and (to_screen := to_srgb(profile)) is not None:
        steps.append(to_screen)
    if look.white is not None:
        steps.append(_Curve(white_curves(look.white)))
    if look.stain is not None:
        stains.check(look.stain)
        steps.append(stains.Unmixing(look.stain))
    if (look.brightness, look.contrast, look.gamma) != (0.0, 1.0, 1.0):
        curve = tone_curve(look.brightness, look.contrast, look.gamma)
        steps.append(_Curve(np.stack([curve] * 3)))
    return ColorTable(_Steps(steps)) if steps else None


class _Steps:
    """One change after another."""

    def __init__(self, steps: Sequence[Change]) -> None:
        self._steps = tuple(steps)

    def __call__(self, colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
        for step in self._steps:
            colors = step(colors)
        return colors


class _Curve:
    """Each channel by a curve of its own: (3, 256) uint8."""

    def __init__(self, curves: NDArray[np.uint8]) -> None:
        self._curves = curves

    def __call__(self, colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return np.stack([self._curves[c][colors[:, c]] for c in range(3)], axis=1)


def tone_curve(brightness: float, contrast: float, gamma: float) -> NDArray[np.uint8]:
    """Brightness (added), contrast (about the middle) and gamma as in `Look`: (256,) uint8, rising."""
    tone = np.arange(256, dtype=np.float64) / 255
    tone = np.clip((tone + brightness - 0.5) * contrast + 0.5, 0, 1) ** (1 / gamma)
    curve: NDArray[np.uint8] = np.rint(tone * 255).astype(np.uint8)
    return curve


def white_curves(white: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Curves that make a colour white by scaling each channel (von Kries): (3, 256) uint8."""
    tone = np.arange(256, dtype=np.float64)
    scaled = [np.minimum(tone * (255 / max(level, 1)), 255) for level in white]
    curves: NDArray[np.uint8] = np.rint(np.stack(scaled)).astype(np.uint8)
    return curves
