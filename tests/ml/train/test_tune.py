"""The search: resumable, honest about what it varies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ml.errors import Problem
from ml.progress import Cancelled, Progress
from ml.train.search_plan import Range, Search
from ml.train.study_recipe import StudyRecipe
from ml.train.tune import Told, changed, importances, read_search, tune
from tests.ml.train.studies import tiny_recipe

RATE = Range("fit.rate", 1e-5, 1e-1, log=True)
LAYERS = Range("network.options.layers", choices=(2, 3))
Tell = Callable[[int, float], None]


def _hush(epoch: int, figure: float) -> None:
    """Tell nobody: no trial is stopped early."""


def pretended(recipe: StudyRecipe, tell: Tell) -> float:
    """Best at a rate of 1e-3; momentum plays no part."""
    import math

    found = 1 - abs(math.log10(recipe.fit.rate) + 3) / 4
    for epoch in range(3):
        tell(epoch, found * (epoch + 1) / 3)
    return found


def test_a_search_ends_near_the_best_and_is_gone_on_with(tmp_path: Path) -> None:
    recipe, database = tiny_recipe(), tmp_path / "search.db"
    search = Search((RATE, Range("fit.momentum", 0, 1)), grid=(LAYERS,), trials=8)
    progress, parts = Progress(), list[object]()

    def stop_after_five(part: object) -> None:
        parts.append(part)
        if len(parts) == 5:
            progress.stop()

    progress.part = stop_after_five
    with pytest.raises(Cancelled):
        tune(recipe, search, database, pretended, progress)
    again: list[object] = []
    told = tune(recipe, search, database, pretended, Progress(on_part=again.append))
    assert len(again) == 11  # five were there already
    assert len(told) == 16
    assert {one.study for one in told} == {"network.options.layers=2", "network.options.layers=3"}
    best = max((one for one in told if one.value is not None), key=lambda one: one.value or 0)
    assert best.parameters["fit.rate"] == pytest.approx(1e-3, rel=3)


def test_what_made_the_difference(tmp_path: Path) -> None:
    search = Search((RATE, Range("fit.momentum", 0, 1)), trials=30, sampler="random")
    database = tmp_path / "search.db"
    assert tune(tiny_recipe(), search, database, lambda recipe, _: pretended(recipe, _hush), Progress())
    shares = importances(database, "tiny")
    assert shares["fit.rate"] > 0.7
    assert sum(shares.values()) == pytest.approx(1)


def test_a_trial_that_was_killed_is_made_again(tmp_path: Path) -> None:
    import optuna

    database = tmp_path / "search.db"
    storage = f"sqlite:///{database}"
    study = optuna.create_study(storage=storage, study_name="tiny", direction="maximize")
    study.ask()  # never told: as a kill leaves it
    told = tune(tiny_recipe(), Search((RATE,), trials=2), database, pretended, Progress())
    assert sum(isinstance(one, Told) and one.value is not None for one in told) == 2


def test_weak_trials_are_stopped_early(tmp_path: Path) -> None:
    search = Search((RATE,), trials=12, sampler="random", startup=2)
    told = tune(tiny_recipe(), search, tmp_path / "search.db", pretended, Progress())
    assert any(one.value is None for one in told)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (Range("fit.dropout", 0, 1), "does not have"),
        (Range("fit.rate.more", 0, 1), "does not have"),
        (Range("fit.epochs", choices=(2,)), "changes nothing"),
    ],
)
def test_a_search_over_what_nobody_reads_is_refused(tmp_path: Path, cell: Range, words: str) -> None:
    """As published, two of nine searched settings never reached the model."""
    with pytest.raises(Problem, match=words):
        tune(tiny_recipe(), Search((cell,)), tmp_path / "search.db", pretended, Progress())


def test_places_in_a_recipe(tmp_path: Path) -> None:
    recipe = changed(tiny_recipe(), {"network.options.first_hidden": 32, "vary.rotate": 20.0})
    assert recipe.network.options["first_hidden"] == 32
    assert recipe.network.options["layers"] == 2
    assert recipe.vary.rotate == 20
    path = tmp_path / "search.toml"
    path.write_text('trials = 3\n[[ranges]]\nkey = "fit.rate"\nlow = 1e-5\nhigh = 1e-2\nlog = true\n')
    assert read_search(path) == Search((Range("fit.rate", 1e-5, 1e-2, log=True),), trials=3)
    path.write_text("[[ranges]]\nkey = 3\n")
    with pytest.raises(Problem, match=r"ranges\[0\]\.key"):
        read_search(path)
