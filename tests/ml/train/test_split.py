"""No group and no picture stands on two sides, whatever the data look like."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import paths
from ml.errors import Problem
from ml.train.dataset import Example
from ml.train.nuclei import Nuclei
from ml.train.recipe import SIDES, Recipe, Source, read_recipe
from ml.train.split import Split, refuse_leaks, split

NOTHING = Nuclei(np.zeros(0, np.intp), np.zeros(0, np.intp))


def example(number: int, group: str, source: str = "all") -> Example:
    pixels = np.full((2, 2, 3), number % 256, dtype=np.uint8)
    pixels[0, 0] = (number // 256, number % 7, number % 11)
    return Example(pixels, NOTHING, source, group)


def recipe(seed: int = 1) -> Recipe:
    builtin = read_recipe(paths.resources() / "recipes" / "cellularity.toml")
    return replace(builtin, seed=seed, sources=(Source("all", "x", "pictures", "split"),))


@given(st.lists(st.integers(0, 30), min_size=3, max_size=120), st.integers(0, 1000))
def test_groups_stay_together_and_nothing_is_lost(groups: list[int], seed: int) -> None:
    examples = [example(n, f"g{group}") for n, group in enumerate(groups)]
    if len(set(groups)) < 3:
        with pytest.raises(Problem, match="Nothing is left"):
            split(recipe(seed), examples)
        return
    made = split(recipe(seed), examples)
    sides = [{e.group for e in made.side(side)} for side in SIDES]
    assert all(sides)
    assert len(set.union(*sides)) == sum(map(len, sides))
    assert sum(len(made.side(side)) for side in SIDES) == len(examples)


def test_the_seed_decides() -> None:
    examples = [example(n, f"g{n}") for n in range(40)]
    one, same, other = (split(recipe(seed), examples) for seed in (1, 1, 2))
    assert [e.group for e in one.fit] == [e.group for e in same.fit]
    assert [e.group for e in one.fit] != [e.group for e in other.fit]


def test_a_group_on_two_sides_stops_the_run() -> None:
    with pytest.raises(Problem, match="patient 7"):
        refuse_leaks(Split((example(1, "patient 7"),), (), (example(2, "patient 7"),)))


def test_the_same_picture_under_two_names_stops_the_run() -> None:
    with pytest.raises(Problem, match="same picture"):
        refuse_leaks(Split((example(1, "a"),), (example(1, "b"),), ()))
