"""Three sides that share nothing: to fit, to choose (epoch, threshold), to report."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ml.errors import Problem
from ml.train.dataset import Example
from ml.train.recipe import SIDES, Recipe, Side


@dataclass(frozen=True, eq=False)
class Split:
    """The examples of each side."""

    fit: tuple[Example, ...]
    choose: tuple[Example, ...]
    report: tuple[Example, ...]

    def side(self, name: Side) -> tuple[Example, ...]:
        """One side by its name."""
        sides: dict[Side, tuple[Example, ...]] = {
            "fit": self.fit,
            "choose": self.choose,
            "report": self.report,
        }
        return sides[name]


def split(recipe: Recipe, examples: Sequence[Example]) -> Split:
    """Divide by group, by the recipe's shares and seed. Raises `Problem` where two sides share anything."""
    wished = {source.name: source.side for source in recipe.sources}
    divided = sorted({e.group for e in examples if wished[e.source] == "split"})
    sides = dict(zip(divided, _shared_out(len(divided), recipe.fit.share, recipe.seed), strict=True))
    of_side: dict[Side, list[Example]] = {side: [] for side in SIDES}
    for example in examples:
        side = wished[example.source]
        of_side[sides[example.group] if side == "split" else side].append(example)
    made = Split(tuple(of_side["fit"]), tuple(of_side["choose"]), tuple(of_side["report"]))
    refuse_leaks(made)
    empty = [side for side in SIDES if not made.side(side)]
    if empty:
        raise Problem(f"Nothing is left to {empty[0]} on.", "Give more data, or other shares in the recipe.")
    return made


def refuse_leaks(made: Split) -> None:
    """Raise `Problem` when a group, or the same picture under another name, stands on two sides."""
    groups: dict[str, Side] = {}
    pictures: dict[str, tuple[Side, str]] = {}
    for side in SIDES:
        for example in made.side(side):
            before = groups.setdefault(example.group, side)
            if before != side:
                raise _leak(f"The group “{example.group}” stands on two sides: to {before} and to {side} on.")
            other, group = pictures.setdefault(example.sha256, (side, example.group))
            if other != side:
                raise _leak(f"The same picture is in “{group}” and in “{example.group}”, on two sides.")


def _leak(what: str) -> Problem:
    return Problem(what, "Figures from such a split would be too good to be true. Mend the groups.")


def _shared_out(count: int, share: tuple[float, float], seed: int) -> list[Side]:
    """One side for each of `count` groups, in random order; every side gets at least one where it can."""
    fit = min(max(1, round(count * share[0])), max(count - 2, 0))
    choose = min(max(1, round(count * share[1])), max(count - fit - 1, 0))
    rest = count - fit - choose
    counts: tuple[tuple[Side, int], ...] = (("fit", fit), ("choose", choose), ("report", rest))
    sides = [side for side, number in counts for _ in range(number)]
    random.Random(seed).shuffle(sides)  # noqa: S311 - no secret
    return sides
