"""One network of an ensemble as a bundle of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save, save_file

from ml.errors import ModelProblem
from ml.model.architectures import create
from ml.model.device import choose_device
from ml.model.ensemble import joined
from ml.model.member import export_member
from ml.model.network import load_network
from ml.report.held_out import held_out_in_words
from ml.zoo.bundle import Bundle, write_bundle
from ml.zoo.card import ModelCard
from ml.zoo.familiarity import Familiarity

OPTIONS = {"first_hidden": 16, "stages": 3, "layers": 2}


def figure(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.01, "high": value + 0.01}


def figures(value: float, pictures: int) -> dict[str, object]:
    names = ("accuracy", "balanced_accuracy", "macro_f1")
    return {"pictures": pictures, "patients": pictures // 3, **{name: figure(value) for name in names}}


@pytest.fixture
def ensemble(tmp_path: Path) -> Bundle:
    torch.manual_seed(3)
    states = [create("plain_resnet", 2, OPTIONS).state_dict() for _ in range(3)]
    save_file(joined(states), tmp_path / "weights")
    card = ModelCard(
        name="trio",
        title="Trio",
        version="1",
        architecture="plain_resnet",
        class_names=("a", "b"),
        patch_pixels=32,
        spacing=0.5,
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        weights_sha256="",
        architecture_options=OPTIONS,
        members=3,
        temperature=1.5,
        familiarity=Familiarity("", 2.0),
        metrics={
            "figures": figures(0.95, 30),
            "folds": [figures(0.9 + n / 100, 10) for n in range(3)],
            "leakage": {"in_words": ["30 pictures of 10 groups."]},
        },
    )
    features = torch.zeros(64)
    content = save({"center": features, "axes": torch.eye(64, 2), "means": torch.zeros(1, 2)})
    return write_bundle(card, tmp_path / "weights", tmp_path / "trio", content)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_it_answers_as_among_the_others(ensemble: Bundle, tmp_path: Path, number: int) -> None:
    alone = export_member(ensemble, number, tmp_path / "one")
    cpu = choose_device("cpu")
    patches = np.random.default_rng(1).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    whole = load_network(ensemble, cpu)
    with torch.no_grad():
        logits = whole.module.members[number - 1](whole.prepared(patches)) / 1.5  # type: ignore[index, operator]
    expected = torch.softmax(logits, dim=1).numpy()
    found = load_network(alone, cpu).probabilities(patches)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert alone.card.members == 1
    assert len(alone.weights()) < len(ensemble.weights()) / 2


def test_its_card_has_its_own_figures_and_those_of_all(ensemble: Bundle, tmp_path: Path) -> None:
    words = held_out_in_words(export_member(ensemble, 2, tmp_path / "one").card.metrics)
    assert "this network, on 10 pictures of 3 patients or groups new to it: balanced accuracy 0.91" in words
    assert "3 such networks, on 30 pictures of 10 patients or groups" in words
    assert "0.95 (0.94 to 0.96)" in words


def test_what_it_knows_of_its_training_data_goes_with_the_first(ensemble: Bundle, tmp_path: Path) -> None:
    assert export_member(ensemble, 1, tmp_path / "first").familiarity() == ensemble.familiarity()
    second = export_member(ensemble, 2, tmp_path / "second")
    assert second.card.familiarity is None
    assert second.familiarity() is None


def test_a_network_that_is_not_there_is_refused(ensemble: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match="3 networks, and no number 4"):
        export_member(ensemble, 4, tmp_path / "one")
    one = export_member(ensemble, 1, tmp_path / "one")
    with pytest.raises(ModelProblem, match="has one network"):
        export_member(one, 1, tmp_path / "again")
    assert not (tmp_path / "again").exists()
