"""What a study keeps of its training pictures, from the run to the bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.infer.ready import make_ready
from ml.model.device import choose_device
from ml.model.member import export_member
from ml.progress import Progress
from ml.train.study_recipe import Division, Fit, NetworkPlan, Task
from ml.train.study_run import Studied, run_study
from ml.zoo.bundle import Bundle
from tests.ml.train.studies import tiny_recipe, write_pictures


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Studied:
    folder = tmp_path_factory.mktemp("data")
    write_pictures(folder / "pictures", patients=24)
    recipe = tiny_recipe(
        network=NetworkPlan("test_resnet", size=(32, 32), spacing=0.5),
        fit=Fit(epochs=2, batch=8, rate=2e-3),
    )
    return run_study(recipe, folder, folder / "out", Progress())


def strangeness(bundle: Bundle, pictures: np.ndarray) -> np.ndarray:
    recognition = make_ready(bundle, choose_device("cpu")).recognition
    assert recognition is not None
    return recognition.strangeness(pictures)


def noise(green: int, count: int = 40) -> np.ndarray:
    """As the training pictures are, made by another chance: 40 × 48 px become 32 × 27, and black beside."""
    pixels = np.random.default_rng(9).integers(60, 160, (count, 27, 32, 3), dtype=np.uint8)
    pixels[..., 1] += green
    return np.pad(pixels, ((0, 0), (2, 3), (0, 0), (0, 0)))


def test_a_study_writes_what_its_first_network_is_familiar_with(studied: Studied) -> None:
    how = studied.bundle.card.familiarity
    assert how is not None
    assert how.layer == "layer3"
    assert how.held_out_pictures == 24
    assert how.held_out_share <= 0.25
    even = np.zeros((5, 32, 32, 3), np.uint8)
    even[..., 0] = 255
    assert (strangeness(studied.bundle, even) > 1).all()


def test_each_network_has_its_own_figures_and_can_be_had_alone(studied: Studied, tmp_path: Path) -> None:
    folds = studied.facts["folds"]
    assert isinstance(folds, list)
    assert [fold["fold"] for fold in folds] == [1, 2, 3]
    assert sum(fold["pictures"] for fold in folds) == 72
    one = export_member(studied.bundle, 1, tmp_path / "one")
    pictures = noise(0)
    np.testing.assert_allclose(strangeness(one, pictures), strangeness(studied.bundle, pictures), rtol=1e-5)
    assert "24 pictures of 8 patients" in next(iter(one.card.metrics["held_out"]))  # type: ignore[call-overload]


def test_labels_that_stand_on_their_own_and_a_layer_that_the_recipe_names(tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures")
    recipe = tiny_recipe(
        task=Task(("b",), "sigmoid", negative="a"),
        network=NetworkPlan("test_resnet", size=(32, 32), familiar_layer="layer2"),
        fit=Fit(epochs=1, batch=8, loss="bce"),
        division=Division(folds=3, run=1),
    )
    how = run_study(recipe, tmp_path, tmp_path / "out", Progress()).bundle.card.familiarity
    assert how is not None
    assert how.layer == "layer2"
