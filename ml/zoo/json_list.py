"""Lists in a card: those that are longer than a number and shorter than a card, checked."""

from __future__ import annotations

import math
import re

from ml.zoo.grouping import Grouping

ARCHITECTURE = re.compile(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)?")  # no "hf-hub:…" or "local-dir:…": those load


class Contradiction(ValueError):  # noqa: N818 - as `Problem`
    """The reason why a card is refused, as the end of a sentence."""


def architectures(value: object, members: int) -> tuple[str, ...]:
    """A plain name for each member, or none. Raises `Contradiction`."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Contradiction("architectures is not a list of names")
    if len(value) not in {0, members}:
        raise Contradiction(f"{len(value)} architectures are given for {members} members")
    for name in value:
        if not ARCHITECTURE.fullmatch(name):
            raise Contradiction(f"architecture {name!r} is not a plain name")
    return tuple(value)


def shares(value: object, key: str, count: int) -> tuple[float, ...]:
    """So many numbers between 0 and 1, or none. Raises `Contradiction`."""
    if not isinstance(value, list) or len(value) not in {0, count}:
        raise Contradiction(f"{key} is not a list of {count} numbers")
    if not all(_is_number(number) and 0 <= number <= 1 for number in value):
        raise Contradiction(f"{key} holds what is not between 0 and 1")
    return tuple(float(number) for number in value)


def windows(value: object) -> tuple[tuple[float, float], ...]:
    """Pairs of level and width, HU. Raises `Contradiction`."""
    if not isinstance(value, list | tuple) or len(value) > 16:
        raise Contradiction("windows is not a list of at most 16")
    for pair in value:
        sound = isinstance(pair, list | tuple) and len(pair) == 2 and all(map(_is_number, pair))
        if not sound or pair[1] <= 0:
            raise Contradiction(f"the window {pair!r} is no level and width in HU")
    return tuple((float(level), float(width)) for level, width in value)


def grouping(value: object, classes: int) -> tuple[Grouping, ...]:
    """How boxes are made of each of so many classes, or nothing. Raises `Contradiction`."""
    if not isinstance(value, list) or len(value) not in {0, classes}:
        raise Contradiction(f"grouping is not a list of {classes}")
    return tuple(_grouping(one) for one in value)


def _grouping(value: object) -> Grouping:
    if not isinstance(value, dict) or value.keys() - {"smoothing", "gap", "least_patches"}:
        raise Contradiction("grouping holds what is not smoothing, gap and least_patches")
    smoothing, gap, least = (value.get(key, 0) for key in ("smoothing", "gap", "least_patches"))
    if not _is_number(smoothing) or not 0 <= smoothing <= 16:
        raise Contradiction("the smoothing of grouping is not between 0 and 16 patches")
    if type(gap) is not int or type(least) is not int or not (0 <= gap <= 64 and 0 <= least <= 10_000):
        raise Contradiction("gap or least_patches of grouping is no whole number that makes sense")
    return Grouping(float(smoothing), gap, max(1, least))


def colors(value: object, classes: int) -> tuple[tuple[int, int, int], ...]:
    """RGB, 0 to 255, of so many classes, or none. Raises `Contradiction`."""
    if not isinstance(value, list):
        raise Contradiction("colors is not a list")
    if len(value) not in {0, classes}:
        raise Contradiction(f"{len(value)} colors are given for {classes} classes")
    return tuple(_color(color) for color in value)


def _color(value: object) -> tuple[int, int, int]:
    if not isinstance(value, list) or len(value) != 3:
        raise Contradiction("a color is not three numbers")
    red, green, blue = value
    if not all(type(part) is int and 0 <= part <= 255 for part in value):
        raise Contradiction("a color holds a number that is not whole, below 0 or above 255")
    return red, green, blue


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
