"""Low-rank changes: what learns, that adding them to the weights loses nothing, that bundles are plain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load, save_file
from torch import nn

from ml.errors import Problem
from ml.model.architectures import create
from ml.model.device import choose_device
from ml.model.network import load_network
from ml.model.pretrained import HUB_FOLDER
from ml.progress import Progress, Step
from ml.train.embed import pooled
from ml.train.learner import head_of
from ml.train.lora import add_adapters, learning_in_words, merge_adapters
from ml.train.lora_plan import Lora
from ml.train.new_network import network_for
from ml.train.study_recipe import Division, Fit, NetworkPlan, StudyRecipe, read_study_recipe
from ml.train.study_run import run_study
from tests.ml.train.studies import tiny_recipe, write_pictures

ROOT = Path(__file__).resolve().parents[3]
VIT = "vit_tiny_patch16_224"
SMALL = {"img_size": 32, "depth": 2}


def vit(classes: int = 2) -> nn.Module:
    torch.manual_seed(3)
    return create(VIT, classes, SMALL).eval()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in the hub's layout; the weights in it are by chance."""
    place = tmp_path / "hub" / VIT
    place.mkdir(parents=True)
    save_file(vit(21).state_dict(), place / "model.safetensors")
    monkeypatch.setenv(HUB_FOLDER, str(tmp_path / "hub"))
    return place / "model.safetensors"


def recipe(**changes: object) -> StudyRecipe:
    parts: dict[str, object] = {
        "network": NetworkPlan(
            VIT, SMALL, pretrained=True, learns="lora", lora=Lora(rank=4, alpha=8), size=(32, 32)
        ),
        "fit": Fit(epochs=2, batch=8, rate=1e-2),
        "division": Division(folds=3, run=1),
    }
    return tiny_recipe(**(parts | changes))


def learning(module: nn.Module) -> dict[str, int]:
    return {name: value.numel() for name, value in module.named_parameters() if value.requires_grad}


def test_adapters_and_the_last_layer_learn_and_nothing_else() -> None:
    module = vit()
    picture = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        before = module(picture)
        add_adapters(module, Lora(rank=4, targets=("attn.qkv", "mlp.fc1")), head_of(module), 3, (32, 32))
        torch.testing.assert_close(module(picture), before)  # changes begin at zero
    found = learning(module)
    assert {name for name in found if "lora_" not in name} == {"head.weight", "head.bias"}
    # width 192, two blocks: qkv is 192 to 576, fc1 192 to 768
    assert sum(found.values()) == 2 * 4 * ((192 + 576) + (192 + 768)) + 192 * 2 + 2
    assert learning_in_words(module).startswith(f"{sum(found.values()):,} of ")
    assert learning_in_words(vit()) == ""


@pytest.mark.parametrize(
    ("name", "options", "targets"),
    [
        (VIT, SMALL, ("attn.qkv", "attn.proj", "mlp.fc2")),
        ("tf_efficientnet_lite0", {}, ("conv_pw", "conv_pwl")),
    ],
)
def test_merged_it_answers_as_with_adapters_and_is_plain_again(
    name: str, options: dict[str, object], targets: tuple[str, ...]
) -> None:
    torch.manual_seed(1)
    module = create(name, 3, options).eval()
    plain = {key: value.clone() for key, value in module.state_dict().items()}
    add_adapters(module, Lora(rank=4, targets=targets, dropout=0.1), head_of(module), 3, (32, 32))
    with torch.no_grad():
        for key, value in module.named_parameters():
            if "lora_B" in key:
                value.normal_(std=0.05)
        picture = torch.randn(3, 3, 32, 32)
        expected, features = module(picture), pooled(module, picture)
        merged = merge_adapters(module)
        torch.testing.assert_close(merged(picture), expected, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(pooled(merged, picture), features, atol=1e-5, rtol=1e-4)
    state = merged.state_dict()
    assert list(state) == list(plain)
    changed = {key for key in plain if not torch.equal(state[key], plain[key])}
    assert changed == {f"{key}.weight" for key, _ in merged.named_modules() if key.endswith(targets)}
    fresh = create(name, 3, options).eval()
    fresh.load_state_dict(state)
    with torch.no_grad():
        torch.testing.assert_close(fresh(picture), expected, atol=1e-5, rtol=1e-4)


def test_the_change_is_the_product_of_the_thin_layers_times_alpha_over_rank() -> None:
    """By hand, from Hu et al.: W + alpha / rank · B A."""
    module = vit()
    before = module.blocks[1].attn.qkv.weight.detach().clone()
    add_adapters(module, Lora(rank=2, alpha=6), head_of(module), 3, (32, 32))
    adapted = module.blocks[1].attn.qkv
    with torch.no_grad():
        adapted.lora_B["default"].weight.normal_()
    a, b = adapted.lora_A["default"].weight.detach(), adapted.lora_B["default"].weight.detach()
    merge_adapters(module)
    torch.testing.assert_close(module.blocks[1].attn.qkv.weight, before + 3 * b @ a)


def test_a_layer_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(Problem, match=r"names attn\.query, which no layer") as caught:
        add_adapters(vit(), Lora(targets=("attn.query",)), nn.Identity(), 3, (32, 32))
    assert "attn.qkv, attn.proj, mlp.fc1" in str(caught.value.remedy)
    module = vit()
    with pytest.raises(Problem, match="names the last layer"):
        add_adapters(module, Lora(targets=("head",)), head_of(module), 3, (32, 32))
    with pytest.raises(Problem, match="cannot be changed at low rank"):
        add_adapters(vit(), Lora(targets=("attn",)), nn.Identity(), 3, (32, 32))


def test_a_layer_whose_weights_are_read_past_it_is_refused() -> None:
    """BEiT adds a bias of its own and never runs its qkv layer: changes there would be lost unnoticed."""
    options = {"img_size": 32, "depth": 1, "embed_dim": 32, "num_heads": 2}
    module = create("beit_base_patch16_224", 2, options)
    with pytest.raises(Problem, match=r"have no effect|without running"):
        add_adapters(module, Lora(), head_of(module), 3, (32, 32))


def test_a_study_with_adapters_leaves_a_plain_bundle(hub: Path, tmp_path: Path) -> None:
    write_pictures(tmp_path / "pictures", patients=9, each=2)
    notes: list[str] = []

    def step(made: Step) -> None:
        notes.append(made.note or "")

    done = run_study(recipe(), tmp_path, tmp_path / "out", Progress(on_step=step))
    assert any("numbers may change (" in note for note in notes)
    weights = load(done.bundle.weights())
    assert sorted(weights) == sorted(vit().state_dict())
    begun = load(hub.read_bytes())
    changed = {
        name
        for name, value in weights.items()
        if name in begun
        and begun[name].shape == value.shape
        and not torch.allclose(value.float(), begun[name].half().float(), atol=1e-6)
    }
    ours = {f"blocks.{n}.attn.{layer}.weight" for n in range(2) for layer in ("qkv", "proj")}
    assert changed == ours
    network = load_network(done.bundle, choose_device("cpu"))
    assert network.probabilities(np.zeros((2, 32, 32, 3), dtype=np.uint8)).shape == (2, 2)


def test_from_recipe_to_network(hub: Path) -> None:
    module, source = network_for(recipe(), (32, 32))
    assert source == f"{VIT}/{hub.name}"
    assert sum(learning(module).values()) == 2 * 4 * ((192 + 576) + (192 + 192)) + 192 * 2 + 2


def test_the_recipe_with_a_vit_says_what_to_copy_and_takes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    monkeypatch.delenv(HUB_FOLDER, raising=False)
    recipe_of_vit = read_study_recipe(ROOT / "resources" / "recipes" / "lung-graft-vit.toml")
    name = recipe_of_vit.network.architecture
    with pytest.raises(Problem, match="not on this computer"):
        network_for(recipe_of_vit, (128, 128))
    (tmp_path / name).mkdir()
    save_file(create(name, 0).state_dict(), tmp_path / name / "model.safetensors")
    monkeypatch.setenv(HUB_FOLDER, str(tmp_path))
    module, source = network_for(recipe_of_vit, (128, 128))
    assert source == f"{name}/model.safetensors"
    assert sum(learning(module).values()) == 12 * 8 * ((384 + 1152) + (384 + 384)) + 385
