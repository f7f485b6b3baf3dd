"""A recipe with a search: settings are looked for, then learned with; killed, it tries the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ml.errors import Problem
from ml.progress import Cancelled, Progress, Step
from ml.train.duration import SEARCHING
from ml.train.machine import Machine
from ml.train.search_plan import Range, Search
from ml.train.study_recipe import Division, Fit, Vary, read_study_recipe
from ml.train.study_run import run_study
from ml.train.toml_text import toml_of
from ml.train.tune import Told
from tests.ml.train.studies import tiny_recipe, write_pictures

SEARCH = Search((Range("fit.rate", 1e-4, 1e-1, log=True),), trials=3, passes=1)
RECIPE = tiny_recipe(
    fit=Fit(epochs=2, batch=8, rate=2e-3), vary=Vary(), division=Division(folds=3, run=1), search=SEARCH
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_pictures(folder / "pictures")
    return folder


def test_who_decided_is_reported_on_where_every_part_is(data: Path) -> None:
    from ml.train.folds import fold_numbers, folds_of
    from ml.train.pictures import read_pictures
    from ml.train.searched import _judged_by
    from ml.train.study_run import rows_for

    pictures = read_pictures(rows_for(RECIPE, data, Progress()), RECIPE.network, Progress())
    numbers = fold_numbers(pictures, RECIPE.task, RECIPE.division)
    first = folds_of(numbers, RECIPE.division, pictures.rows)
    whole = folds_of(numbers, replace(RECIPE.division, run=0), pictures.rows)
    assert (len(first), len(whole)) == (1, 3)
    assert "None of these is among those that are reported on" in _judged_by(pictures, first)
    assert "4 of these are reported on too" in _judged_by(pictures, whole)


def test_a_recipe_says_that_it_searches(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(toml_of(RECIPE), encoding="utf-8")
    assert read_study_recipe(path) == RECIPE
    path.write_text(toml_of(replace(RECIPE, search=Search(()))), encoding="utf-8")
    with pytest.raises(Problem, match="search varies nothing"):
        read_study_recipe(path)
    with pytest.raises(Problem, match="in one process"):
        Machine(2).require_possible(RECIPE)


@pytest.mark.slow
def test_the_best_is_learned_with_and_a_killed_search_tries_the_same(data: Path, tmp_path: Path) -> None:
    steps: list[Step] = []
    whole: list[Told] = []
    listening = Progress(steps.append, lambda part: whole.append(part) if isinstance(part, Told) else None)
    studied = run_study(RECIPE, data, tmp_path / "whole", listening)
    found = studied.facts["search"]
    assert isinstance(found, dict)
    best = max(whole, key=lambda one: one.value or 0)
    assert (found["tried"], found["settings"]) == (3, dict(best.parameters))
    assert found["lines"] == (
        ("how much it changes at each step", "0.0001 to 0.1", f"{best.parameters['fit.rate']:.2g}"),
    )
    told = found["in_words"]
    assert told.startswith("3 were tried, ")
    assert (
        "4 patients (or groups) apart best, none of them learned from. None of these is among those" in told
    )
    assert len(studied.history) == 2  # the passes of the training itself, at the recipe's length
    counted = [(one.done, one.total) for one in steps if one.phase == SEARCHING]
    assert counted[:3] == [(0, 3), (1, 3), (2, 3)]
    assert any(one.note.startswith("Better settings were looked for. The best of 3") for one in steps)

    with_it = replace(RECIPE, search=None, fit=replace(RECIPE.fit, rate=found["settings"]["fit.rate"]))
    alone = run_study(with_it, data, tmp_path / "alone", Progress())
    assert alone.facts["figures"] == studied.facts["figures"]

    torn = Progress()
    heard: list[Told] = []

    def stop_after_one(part: object) -> None:
        if isinstance(part, Told):
            heard.append(part)
            torn.stop()

    torn.part = stop_after_one
    with pytest.raises(Cancelled):
        run_study(RECIPE, data, tmp_path / "torn", torn)
    assert len(heard) == 1
    again = run_study(RECIPE, data, tmp_path / "torn", Progress())
    assert again.facts["search"] == found
    assert again.facts["figures"] == studied.facts["figures"]
