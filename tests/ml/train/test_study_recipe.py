"""Recipes of studies: those that ship are sound, mistakes are named, published errors keep their name."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from ml.errors import Problem
from ml.model import architectures
from ml.train.study_recipe import AS_PUBLISHED, read_study_recipe
from ml.train.tune import changed, read_search
from ml.verbs.study import is_study

RECIPES = Path(__file__).resolve().parents[3] / "resources" / "recipes"
STUDIES = sorted(path for path in RECIPES.glob("*.toml") if is_study(path))

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


SLIDES = PLAIN.replace("[[sources]]", "[[labelled_slides]]").replace("[fit]", "spacing = 0.5\n[fit]")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (("spacing = 0.5\n", ""), "tiles need network.spacing"),
        (("[fit]", "[tiles]\nedge = 512\n[fit]"), "both say how large a tile is"),
        (("[fit]", "[aggregation]\nways = []\n[fit]"), "aggregation.ways is empty"),
        (("[fit]", "[aggregation]\ntop = 0.0\n[fit]"), "aggregation.top is a share"),
        (("[fit]", '[division]\nby = "slide"\n[fit]'), "error of the published study"),
        (("[fit]", 'learns = "head"\n[fit]'), "a last layer alone on features by chance"),
        (("[fit]", 'pretrained = true\nbegin = "b.safetensors"\n[fit]'), "are both given"),
        (("[task]", '[[sources]]\nname = "p"\npath = "p"\n[task]'), "do not go together"),
        (("[fit]", '[tiles]\nchoose = "pale"\n[fit]'), "not one of dark, tissue, both"),
        (("[fit]", "[pretrain]\nepoch = 3\n[fit]"), "pretrain.epoch is not known"),
    ],
)
def test_mistakes_with_labelled_slides_are_named(tmp_path: Path, edit: tuple[str, str], words: str) -> None:
    path = tmp_path / "one.toml"
    path.write_text(SLIDES)
    assert read_study_recipe(path).pretrain is None
    path.write_text(SLIDES.replace(*edit))
    with pytest.raises(Problem) as caught:
        read_study_recipe(path)
    assert words in caught.value.what


def test_the_clot_studys_search_reaches_the_network() -> None:
    """Twelve networks; of the nine settings searched as published, two never reached the model."""
    recipe = read_study_recipe(RECIPES / "clot-as-published.toml")
    search = read_search(RECIPES.parent / "searches" / "clot.toml")
    counts = set()
    for cell in search.grid:
        assert cell.key.startswith("network.options.")
    for first, stages, layers in itertools.product(*(cell.choices for cell in search.grid)):
        values = dict(zip((cell.key for cell in search.grid), (first, stages, layers), strict=True))
        made = changed(recipe, values)
        module = architectures.create(made.network.architecture, 2, made.network.options)
        counts.add(sum(value.numel() for value in module.parameters()))
    assert len(counts) == 12
    assert {191_778, 17_448_258} <= counts
    for cell in search.ranges:
        value = cell.choices[-1] if cell.choices else cell.high
        assert changed(recipe, {cell.key: value}, must_differ=True) != recipe
