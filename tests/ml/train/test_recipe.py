"""A recipe says what it means, or is refused with the key that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml import paths
from ml.errors import Problem
from ml.train.recipe import read_recipe

BUILTIN = paths.resources() / "recipes" / "cellularity.toml"


def test_the_builtin_recipe_reads() -> None:
    recipe = read_recipe(BUILTIN)
    assert recipe.name == "cellularity"
    assert len(recipe.classes.bounds) == len(recipe.classes.names) - 1
    assert {source.side for source in recipe.sources} == {"split", "fit", "report"}
    assert recipe.fit.stages[0].rate == 2e-3


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("batch = 32", "bacth = 32", "fit.bacth is not known"),
        ("seed = 17", "", "seed is missing"),
        ("seed = 17", 'seed = "17"', "seed"),
        ("bounds = [300, 2000, 5000]", "bounds = [300, 2000]", "one bound less"),
        ("bounds = [300, 2000, 5000]", "bounds = [300, 5000, 2000]", "do not rise"),
        ('kind = "pictures"', 'kind = "photos"', "not one of"),
        ("share = [0.7, 0.15]", "share = [0.7, 0.3]", "leaves nothing"),
        ("share = [0.7, 0.15]", "share = [0.7]", "values"),
        ("shown = 3", "shown = 4", "no class"),
        ("shown = 3", "shown = 3 4", "TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = BUILTIN.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Problem) as refused:
        read_recipe(path)
    assert says in str(refused.value)
    assert "mine.toml" in str(refused.value)


def test_a_recipe_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="not there"):
        read_recipe(tmp_path / "gone.toml")
