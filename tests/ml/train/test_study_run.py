"""A study from pictures to a bundle that predicts, killed on the way and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load

from ml.errors import Problem
from ml.model.device import choose_device
from ml.model.network import load_network
from ml.preparation import in_channels, prepared
from ml.progress import Cancelled, Progress
from ml.train.figures import EpochFigures
from ml.train.study_recipe import Division, Fit, NetworkPlan, Source, StudyRecipe, Task
from ml.train.study_run import run_study
from ml.zoo.bundle import open_bundle
from tests.ml.train.studies import tiny_recipe, write_pictures

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_pictures(folder / "pictures")
    return folder


def test_a_study_learns_and_its_bundle_predicts(data: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe(fit=Fit(epochs=4, batch=8, rate=3e-3))
    parts: list[object] = []
    done = run_study(recipe, data, tmp_path, Progress(on_part=parts.append))
    assert [(e.fold, e.epoch) for e in parts if isinstance(e, EpochFigures)] == [
        (fold, epoch) for fold in range(3) for epoch in (1, 2, 3, 4)
    ]
    figures = done.facts["figures"]
    assert isinstance(figures, dict)
    assert figures["pictures"] == 36
    assert figures["patients"] == 12
    assert figures["classes"]["b"]["auroc"]["value"] > 0.9
    assert (tmp_path / "report.html").is_file()
    assert (tmp_path / "report.pdf").is_file()
    card = open_bundle(tmp_path / "tiny").card
    assert "curves" not in card.metrics
    assert card.members == 3
    assert card.preparation is not None
    assert card.metrics["leakage"]["groups_on_two_sides_count"] == 0  # type: ignore[index]
    network = load_network(done.bundle, choose_device("cpu"))
    for name, expected in (("a0_0.png", 0), ("b1_1.png", 1)):
        with Image.open(data / "pictures" / name) as image:
            picture, _ = prepared(in_channels(image, "rgb"), card.preparation)
        assert int(network.probabilities(picture[None]).argmax()) == expected
    assert json.loads((tmp_path / "report.json").read_text())["figures"] == json.loads(json.dumps(figures))


def test_the_same_seed_gives_the_same_weights(data: Path, tmp_path: Path) -> None:
    recipe = tiny_recipe(division=Division(folds=3, run=1))
    weights = [
        load(run_study(recipe, data, tmp_path / name, Progress()).bundle.weights()) for name in ("one", "two")
    ]
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


KILLED = """
import os, signal, sys
from pathlib import Path
from ml.progress import Progress
from ml.train.study_run import run_study
from tests.ml.train.studies import tiny_recipe
from tests.ml.train.test_study_run import of_three_epochs
def part(epoch):
    if epoch.fold == 0 and epoch.epoch == 3:
        os.kill(os.getpid(), signal.SIGKILL)
run_study(of_three_epochs(), Path(sys.argv[1]), Path(sys.argv[2]), Progress(on_part=part))
"""


def of_three_epochs() -> StudyRecipe:
    return tiny_recipe(fit=Fit(epochs=3, batch=8, rate=2e-3), division=Division(folds=3, run=1))


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows")
def test_a_run_that_was_killed_goes_on_as_if_nothing_had_happened(data: Path, tmp_path: Path) -> None:
    """Killed with -9 after two epochs were written down; the third is learned again."""
    whole = run_study(of_three_epochs(), data, tmp_path / "whole", Progress())
    arguments = [sys.executable, "-c", KILLED, str(data), str(tmp_path / "killed")]
    killed = subprocess.run(arguments, cwd=ROOT, check=False, timeout=300, env=dict(os.environ))
    assert killed.returncode == -signal.SIGKILL
    parts: list[EpochFigures] = []
    resumed = run_study(of_three_epochs(), data, tmp_path / "killed", Progress(on_part=parts.append))
    assert [part.epoch for part in parts if isinstance(part, EpochFigures)] == [3]
    for one, other in zip(whole.history, resumed.history, strict=True):
        assert replace(one, seconds=0) == replace(other, seconds=0)
    first, second = load(whole.bundle.weights()), load(resumed.bundle.weights())
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert whole.facts["figures"] == resumed.facts["figures"]


def test_a_stop_ends_it(data: Path, tmp_path: Path) -> None:
    progress = Progress()
    progress.part = lambda _: progress.stop()
    with pytest.raises(Cancelled):
        run_study(tiny_recipe(), data, tmp_path, progress)
    assert not (tmp_path / "tiny").exists()


def test_several_labels_four_channels_and_one_size_for_all(tmp_path: Path) -> None:
    """The glomeruli study's network: CMYK pictures at their mean size, one logit, sigmoid."""
    chance = np.random.default_rng(0)
    folder = tmp_path / "data" / "crops"
    for n in range(18):
        kind = "sclerotic" if n % 3 == 0 else "other"
        pixels = chance.integers(0, 120, (90 + n % 4, 100, 4), dtype=np.uint8)
        pixels[..., 2] += 100 * (kind == "sclerotic")
        (folder / kind).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels, "CMYK").save(folder / kind / f"S-{n:02d}_PAS_{n}.tif")
    recipe = tiny_recipe(
        task=Task(("sclerotic",), "sigmoid", negative="other"),
        sources=(Source("crops", "crops", table="", group_pattern=r"(S-\d+)_"),),
        network=NetworkPlan(
            "glomerulus_net",
            size=(0, 0),
            channels="cmyk",
            fitting="stretch",
            mean=(0.5,) * 4,
            std=(0.5,) * 4,
        ),
        fit=Fit(epochs=2, batch=4, loss="bce", balance="pos_weight", optimizer="adam"),
        division=Division(folds=3, run=1),
    )
    done = run_study(recipe, tmp_path / "data", tmp_path / "out", Progress())
    card = done.bundle.card
    assert card.preparation is not None
    assert card.preparation.size == (91, 100)
    network = load_network(done.bundle, choose_device("cpu"))
    assert network.probabilities(np.zeros((2, 91, 100, 4), dtype=np.uint8)).shape == (2, 1)


def test_a_patient_on_both_sides_stops_it_and_is_named(tmp_path: Path) -> None:
    """Two sources call the same pictures by other patients' names."""
    write_pictures(tmp_path / "pictures")
    write_pictures(tmp_path / "again")
    sources = tuple(Source(name, name, group="patient") for name in ("pictures", "again"))
    with pytest.raises(Problem, match="files stand on two sides"):
        run_study(tiny_recipe(sources=sources), tmp_path, tmp_path / "out", Progress())
