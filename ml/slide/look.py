"""How a slide is shown. It changes what a person sees, never what is analyzed or exported as data."""

from __future__ import annotations

from dataclasses import dataclass

from ml.slide.slide import Channel


@dataclass(frozen=True, slots=True)
class ChannelLook:
    """How one channel is shown: samples from `low` (black) to `high` (full `color`), added to the others."""

    color: tuple[int, int, int]  # RGB
    low: float
    high: float
    shown: bool = True

    @classmethod
    def of(cls, channel: Channel) -> ChannelLook:
        """As the file would have it."""
        return cls(channel.color, channel.low, channel.high)


@dataclass(frozen=True, slots=True)
class StainView:
    """One stain alone, unmixed by colour deconvolution (Ruifrok and Johnston, 2001).

    `vectors` are the optical densities (R, G, B) of the stains that the slide is taken to hold, by name and
    in order; two or three of them. `stain` is the one that is shown.
    """

    stain: str
    vectors: tuple[tuple[str, tuple[float, float, float]], ...]


@dataclass(frozen=True, slots=True)
class Look:
    """Everything about colour that a person can choose. The default shows the file's colours as sRGB.

    Applied in this order: profile (or channels), white, brightness, contrast, gamma; a stain is unmixed from
    the colours after `white`.
    """

    profile: bool = True  # from the file's ICC profile to sRGB, where it has one
    white: tuple[int, int, int] | None = None  # the colour that is to become white; None: leave it
    brightness: float = 0.0  # -1 (black) to 1 (white), added
    contrast: float = 1.0  # 0 (grey) to 4, about the middle
    gamma: float = 1.0  # 0.2 to 5; above 1 the middle tones become brighter
    stain: StainView | None = None
    channels: tuple[ChannelLook, ...] = ()  # one for each of `SlideInfo.channels`; empty: as the file has it
