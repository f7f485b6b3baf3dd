"""What a file says about its channels, and what they are called and shown in where it says nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ml.slide.slide import Channel

Color = tuple[int, int, int]

_BANDS: tuple[tuple[float, Color], ...] = (
    # the longest emission (nm) that is shown in a colour; not what an eye sees, but easily told apart
    (490.0, (0, 0, 255)),  # DAPI, Hoechst, Opal 480
    (545.0, (0, 255, 0)),  # FITC, GFP, Opal 520
    (580.0, (255, 255, 0)),  # Cy3, TRITC, Opal 570
    (605.0, (255, 128, 0)),  # RFP
    (650.0, (255, 0, 0)),  # Texas Red, mCherry, Alexa 594, Opal 620
    (725.0, (255, 0, 255)),  # Cy5, Alexa 647, Opal 690
    (float("inf"), (0, 255, 255)),  # Cy7, Opal 780
)
_PLAIN: tuple[Color, ...] = (
    *((0, 0, 255), (0, 255, 0), (255, 0, 0), (255, 255, 0), (255, 0, 255), (0, 255, 255), (255, 128, 0)),
    *((128, 0, 255), (0, 255, 128), (255, 0, 128), (128, 255, 0), (0, 128, 255), (255, 255, 255)),
)
_EMISSIONS = {"dapi": 461, "hoechst": 461, "fitc": 519, "gfp": 509, "yfp": 527, "tritc": 572, "rfp": 588}
_EMISSIONS |= {"texasred": 615, "mcherry": 610, "cy2": 510, "cy3": 570, "cy5": 670, "cy7": 770}
_NUMBER = re.compile(r"(?:^|\D)(?P<nm>[4-8]\d\d)(?:\D|$)")


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """One channel in the file's own words."""

    name: str = ""
    color: Color | None = None
    wavelength: float | None = None  # nm that it emits


def channels_of(facts: Sequence[ChannelFacts], ranges: Sequence[tuple[float, float]]) -> tuple[Channel, ...]:
    """Channels with a name and a colour each, shown at first in these ranges (low, high).

    A colour that the file gives is kept; the others go by wavelength (stated, or told by the dye in the
    name), and where that is unknown or taken, by the first of a fixed set that is not.
    """
    said = [fact.color for fact in facts]
    if len(facts) > 1 and len({color for color in said if color}) == 1 and said[0] == (255, 255, 255):
        said = [None] * len(facts)  # all white is a writer's default: nobody could tell them apart
    taken = {color for color in said if color}
    colors: list[Color] = []
    for fact, own in zip(facts, said, strict=True):
        free = (c for c in (_by_wavelength(fact), *_PLAIN) if c is not None and c not in taken)
        colors.append(own or next(free, (255, 255, 255)))
        taken.add(colors[-1])
    return tuple(
        Channel(fact.name or f"Channel {number}", color, low, high)
        for number, (fact, color, (low, high)) in enumerate(zip(facts, colors, ranges, strict=True), 1)
    )


def _by_wavelength(fact: ChannelFacts) -> Color | None:
    emission = fact.wavelength or _emission_of(fact.name)
    if not emission:
        return None
    return next(color for longest, color in _BANDS if emission <= longest)


def _emission_of(name: str) -> float | None:
    """nm, by the dye's name or the number in it ("Opal 570"; an Alexa is named after what excites it)."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    for dye, emission in _EMISSIONS.items():
        if dye in plain:
            return emission
    number = _NUMBER.search(name)
    if number is None:
        return None
    shift = 20 if re.match(r"(alexa|af\d)", plain) else 0
    return float(number["nm"]) + shift
