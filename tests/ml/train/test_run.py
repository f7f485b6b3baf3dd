"""A whole training run, small: from a recipe and pictures to a bundle that runs. And the one that ships."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml import paths
from ml.errors import Problem
from ml.evaluate.classification import weighted_kappa
from ml.model.device import choose_device
from ml.model.network import load_network
from ml.progress import Cancelled, Progress, Step
from ml.train.dataset import read_examples
from ml.train.fit import Epoch, hard_labels
from ml.train.recipe import read_recipe
from ml.train.run import Trained
from ml.train.split import split
from ml.verbs.train import TrainRequest, train
from ml.zoo.bundle import open_bundle

RECIPE = """
name = "spots"
title = "Spots"
version = "1.0"
seed = 3

[classes]
names = ["few", "many"]
bounds = [5000]
colors = [[222, 222, 222], [0, 114, 178]]
shown = 1

[network]
architecture = "test_resnet"
patch = 96
spacing = 0.5
cam_layer = "layer4"
place_layer = "layer2"

[fit]
batch = 8
places = 1.0
stages = [{ epochs = 2, edge = 64, zoom = [0.8, 1.3], rate = 3e-3 }]

[[sources]]
name = "spots"
kind = "pictures"
path = "spots"
side = "split"
group = "patient"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe and 36 pictures of twelve patients: few spots, or many."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "spots").mkdir()
    (folder / "spots.toml").write_text(RECIPE, encoding="utf-8")
    chance = np.random.default_rng(5)
    with (folder / "spots" / "labels.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "patient"])
        for n in range(36):
            picture(2 if n % 2 else 20, chance).save(folder / "spots" / f"{n}.png")
            table.writerow([f"{n}.png", f"patient {n // 3}"])
    return folder


def picture(spots: int, chance: np.random.Generator) -> Image.Image:
    image = Image.new("RGB", (96, 96), (238, 190, 212))
    draw = ImageDraw.Draw(image)
    for cell in chance.permutation(25)[:spots]:
        x, y = 9 + 19 * (cell % 5), 9 + 19 * (cell // 5)
        draw.ellipse((x - 5, y - 5, x + 5, y + 5), fill=(90, 70, 150))
    return image


def run(place: Path, out: Path, progress: Progress | None = None) -> Trained:
    return train(TrainRequest(place / "spots.toml", place, out), progress or Progress())


def test_a_run_gives_a_bundle_that_runs(place: Path, tmp_path: Path) -> None:
    steps: list[Step] = []
    epochs: list[object] = []
    trained = run(place, tmp_path, Progress(steps.append, epochs.append))
    assert [type(epoch) for epoch in epochs] == [Epoch, Epoch]
    assert {step.phase for step in steps} >= {"Counting nuclei in spots", "Training"}
    bundle = open_bundle(tmp_path / "spots")
    network = load_network(bundle, choose_device("cpu"))
    patches = np.array(picture(20, np.random.default_rng(1)))[np.newaxis]
    assert network.probabilities(patches).sum() == pytest.approx(1, abs=1e-5)
    assert network.cam_layer is not None
    assert "No group stands on two sides" in bundle.card.training_data
    facts = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    assert facts["metrics"] == json.loads(json.dumps(trained.metrics))
    assert sum(sum(side.values()) for side in facts["pictures"].values()) == 36
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.json", "spots"]


def test_the_same_recipe_gives_the_same_figures(place: Path, tmp_path: Path) -> None:
    one, two = (run(place, tmp_path / name) for name in ("one", "two"))
    assert one.metrics == two.metrics
    assert one.bundle.card.weights_sha256 == two.bundle.card.weights_sha256


def test_a_stopped_run_leaves_nothing(place: Path, tmp_path: Path) -> None:
    progress = Progress(on_part=lambda _: progress.stop())
    with pytest.raises(Cancelled):
        run(place, tmp_path, progress)
    assert list(tmp_path.iterdir()) == []


def test_missing_pictures_are_named(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "spots"
    folder.mkdir()
    (folder / "labels.csv").write_text("file,patient\ngone.png,a\n", encoding="utf-8")
    with pytest.raises(Problem, match=r"gone\.png"):
        train(TrainRequest(place / "spots.toml", tmp_path, tmp_path / "out"), Progress())
    with pytest.raises(Problem, match="not there"):
        train(TrainRequest(place / "spots.toml", tmp_path / "nowhere", tmp_path / "out"), Progress())


def test_the_shipped_bundle_is_small_sound_and_says_what_it_is() -> None:
    folder = paths.resources() / "models" / "cellularity"
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 12_000_000
    card = open_bundle(folder).card
    recipe = read_recipe(paths.resources() / "recipes" / "cellularity.toml")
    assert card.class_names == recipe.classes.names
    assert card.version == recipe.version
    for text in (card.summary, card.intended_use, card.labels, card.limits, card.licence, card.training_data):
        assert text
    assert card.command.startswith("parfocal-ml train resources/recipes/cellularity.toml")
    assert "weighted_kappa" in str(card.metrics)


@pytest.mark.data
def test_the_shipped_bundle_agrees_with_held_out_labels(real_data: Path) -> None:
    """On the unseen slide, counted anew: not below the lower end of the interval on its card."""
    recipe = read_recipe(paths.resources() / "recipes" / "cellularity.toml")
    bundle = open_bundle(paths.resources() / "models" / "cellularity")
    unseen = [source for source in recipe.sources if source.name == "carotid_thrombus"]
    from dataclasses import replace

    few = replace(recipe, sources=(replace(unseen[0], most=150),))
    examples = read_examples(few, real_data, Progress())
    network = load_network(bundle, choose_device("cpu"))
    found = network.probabilities(np.stack([example.pixels for example in examples])).argmax(axis=1)
    kappa = weighted_kappa(hard_labels(examples, recipe), found, len(recipe.classes.names))
    stated = bundle.card.metrics["held_out"]["carotid_thrombus"]["weighted_kappa"]  # type: ignore[index]
    assert kappa >= stated - 0.15


@pytest.mark.data
@pytest.mark.slow  # all 2,900 pictures are looked through for nuclei
def test_no_training_slide_is_a_held_out_one(real_data: Path) -> None:
    recipe = read_recipe(paths.resources() / "recipes" / "cellularity.toml")
    from dataclasses import replace

    small = tuple(replace(s, most=20) for s in recipe.sources)
    examples = read_examples(replace(recipe, sources=small), real_data, Progress())
    made = split(replace(recipe, sources=small), examples)  # refuses leaks
    assert {e.source for e in made.report} == {"lung_colon", "carotid_thrombus", "ihc"}
    assert {e.source for e in made.choose} == {"lung_colon"}
