"""What a search for better settings varies: a file of its own for `tune`, or a part of a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

_NAMES = {
    "fit.rate": "how much it changes at each step",
    "fit.decay": "how strongly it prefers simple answers",
    "fit.smoothing": "how far it stays from being quite sure",
}


@dataclass(frozen=True)
class Range:
    """One thing to vary. `key` is its place in the recipe, "fit.rate" or "network.options.layers"."""

    key: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False  # the same number of tries from 1e-5 to 1e-4 as from 1e-4 to 1e-3
    whole: bool = False
    choices: tuple[Any, ...] = ()  # in place of low and high


@dataclass(frozen=True)
class Search:
    """What is searched. `grid` is gone through completely, the rest is searched within each of its cells."""

    ranges: tuple[Range, ...]
    grid: tuple[Range, ...] = ()  # with `choices`: one study for each combination (the architecture)
    trials: int = 20  # of each study
    sampler: Literal["tpe", "random"] = "tpe"
    startup: int = 5  # trials before a weak one is stopped early (median rule)
    passes: int = 0  # over the pictures in each trial; 0: as many as the recipe has


def settings_in_words(found: Mapping[str, Any]) -> str:
    """Settings as a person calls them, with what a search found for each."""
    return ", ".join(f"{_NAMES.get(key, key)}: {_short(value)}" for key, value in found.items())


def tried_and_taken(search: Search, found: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """A line for each thing that was varied: as a person calls it, what was tried, what was taken."""
    return tuple(
        (_NAMES.get(one.key, one.key), _span(one), _short(found[one.key]) if one.key in found else "–")
        for one in (*search.grid, *search.ranges)
    )


def _span(one: Range) -> str:
    if one.choices:
        return ", ".join(map(_short, one.choices))
    return f"{one.low:.2g} to {one.high:.2g}"


def _short(value: object) -> str:
    return f"{value:.2g}" if isinstance(value, float) else str(value)
