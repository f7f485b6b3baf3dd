"""Recipes of studies: those that ship are sound, mistakes are named, published errors keep their name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.errors import Problem
from ml.model import architectures
from ml.train.study_recipe import AS_PUBLISHED, read_study_recipe
from ml.verbs.train import _is_study

RECIPES = Path(__file__).resolve().parents[3] / "resources" / "recipes"
STUDIES = sorted(path for path in RECIPES.glob("*.toml") if _is_study(path))

PLAIN = """
name = "one"
title = "One"
version = "1"
[task]
classes = ["a", "b"]
[[sources]]
name = "s"
path = "s"
[network]
architecture = "resnet18"
[fit]
epochs = 1
"""


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_what_ships_is_sound(path: Path) -> None:
    recipe = read_study_recipe(path)
    assert recipe.name == path.stem
    assert architectures.is_known(recipe.network.architecture)
    assert recipe.card.get("summary")
    assert recipe.is_as_published == path.stem.endswith(AS_PUBLISHED)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (("epochs = 1", "epochs = 1\nlearning_rate = 3"), "fit.learning_rate is not known"),
        (('architecture = "resnet18"', "pretrained = true"), "network.architecture is missing"),
        (("epochs = 1", 'epochs = "many"'), "fit.epochs is 'many', not of the kind int"),
        (("epochs = 1", "epochs = true"), "fit.epochs is True"),
        (("epochs = 1", 'epochs = 1\nloss = "hinge"'), "not one of cross_entropy, bce, focal"),
        (("epochs = 1", 'epochs = 1\nloss = "bce"'), "bce goes with sigmoid"),
        (("epochs = 1", 'epochs = 1\nbalance = "pos_weight"'), "pos_weight goes with sigmoid"),
        (("epochs = 1", "epochs = 1\npos_weight = [1, 2]"), "given but not used"),
        (('"a", "b"', '"a", "a"'), "a class occurs twice"),
        (('"a", "b"', '"a"'), "too few names"),
        (("[fit]", 'channels = "cmyk"\n[fit]'), "network.mean has not 4 numbers"),
        (("[fit]", "size = [64, 32]\nspacing = 0.5\n[fit]"), "are square"),
        (("epochs = 1", "epochs = 1\n[division]\nfolds = 2"), "folds is below 3"),
        (("epochs = 1", 'epochs = 1\n[division]\nby = "row"'), "error of the published study"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, edit: tuple[str, str], words: str) -> None:
    path = tmp_path / "one.toml"
    path.write_text(PLAIN)
    assert read_study_recipe(path).name == "one"
    path.write_text(PLAIN.replace(*edit))
    with pytest.raises(Problem) as caught:
        read_study_recipe(path)
    assert words in caught.value.what


def test_published_errors_need_their_name(tmp_path: Path) -> None:
    path = tmp_path / "one.toml"
    text = PLAIN.replace('"one"', f'"one{AS_PUBLISHED}"') + '[division]\nby = "row"\n'
    path.write_text(text)
    assert read_study_recipe(path).is_as_published
