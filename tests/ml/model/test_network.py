"""The network: the card's normalisation, every weight, the right kind of probability."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.transforms import Compose, Normalize, ToTensor

from ml.errors import ModelProblem
from ml.model.device import Device
from ml.model.network import Network, build, load_network
from ml.zoo.bundle import Bundle, open_bundle, write_bundle
from ml.zoo.card import ModelCard

CPU = Device("cpu", "CPU")


@pytest.fixture
def tiny(tiny_model: Path) -> Bundle:
    return open_bundle(tiny_model)


@pytest.fixture
def patches() -> np.ndarray:
    from skimage.data import immunohistochemistry

    rows = np.split(immunohistochemistry(), 4)
    return np.stack([patch for row in rows for patch in np.split(row, 4, axis=1)])


def changed(bundle: Bundle, folder: Path, **changes: object) -> Bundle:
    card = dataclasses.replace(bundle.card, **changes)  # type: ignore[arg-type]
    return write_bundle(card, bundle.path / "model.safetensors", folder / "changed")


def test_it_computes_what_timm_and_torchvision_compute(tiny: Bundle, patches: np.ndarray) -> None:
    reference = timm.create_model("test_resnet", pretrained=False, num_classes=3).eval()
    weights = load_file(tiny.path / "model.safetensors")
    reference.load_state_dict({n: t.float() if t.is_floating_point() else t for n, t in weights.items()})
    transform = Compose([ToTensor(), Normalize(tiny.card.mean, tiny.card.std)])
    with torch.no_grad():
        wanted = reference(torch.stack([transform(patch) for patch in patches])).softmax(1).numpy()
    found = load_network(tiny, CPU).probabilities(patches)
    assert found.shape == (16, 3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, atol=2e-5)
    assert np.ptp(wanted, axis=0).max() > 0.01  # or any constant would pass


@pytest.mark.parametrize("size", [1, 3, 16])
def test_probabilities_do_not_depend_on_the_batch(tiny: Bundle, patches: np.ndarray, size: int) -> None:
    network = load_network(tiny, CPU)
    parts = [network.probabilities(patches[i : i + size]) for i in range(0, 16, size)]
    np.testing.assert_allclose(np.concatenate(parts), network.probabilities(patches), atol=1e-5)


class Logits(nn.Module):
    """Gives the same logits for every patch."""

    def __init__(self, logits: list[float]) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits.expand(len(x), -1)


@pytest.mark.parametrize(
    ("output", "logits", "wanted"),
    [
        ("softmax", [0.0, np.log(3.0)], [0.25, 0.75]),
        ("sigmoid", [0.0, np.log(3.0)], [0.5, 0.75]),
        ("softmax", [np.log(3.0)], [0.75]),  # the softmax of one logit would be 1
    ],
)
def test_softmax_and_sigmoid(output: str, logits: list[float], wanted: list[float], tiny: Bundle) -> None:
    names = tuple(f"class {i}" for i in range(len(logits)))
    card = dataclasses.replace(tiny.card, class_names=names, output=output, cam_layer="", shown_class=0)
    network = Network(card, Logits([float(x) for x in logits]), CPU)
    patches = np.zeros((2, 128, 128, 3), dtype=np.uint8)
    np.testing.assert_allclose(network.probabilities(patches), [wanted, wanted], atol=1e-6)
    assert network.cam_layer is None


def test_the_cam_layer_is_the_cards_or_the_last_stage(tiny: Bundle, tmp_path: Path) -> None:
    network = load_network(tiny, CPU)
    assert network.cam_layer is network.module.get_submodule("layer4")
    assert network.cam_cells == 4
    other = load_network(changed(tiny, tmp_path, cam_layer="layer3"), CPU)
    assert (other.cam_layer, other.cam_cells) == (other.module.get_submodule("layer3"), 8)
    default = load_network(changed(tiny, tmp_path, cam_layer=""), CPU)
    assert default.cam_layer is default.module.get_submodule("layer4")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"cam_layer": "layer9"}, "cam_layer “layer9” is not in the network"),
        ({"architecture": "resnet9000"}, "“resnet9000” is unknown"),
        ({"architecture": "test_vit"}, "weights do not fit"),
        ({"class_names": ("a", "b", "c", "d"), "colors": ()}, "weights do not fit"),
        ({"architecture_options": {"no_such_option": 1}}, "architecture_options"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    tiny: Bundle, tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(ModelProblem, match=reason):
        load_network(changed(tiny, tmp_path, **changes), CPU)


@pytest.mark.parametrize("fault", ["missing", "extra"])
def test_every_weight_counts(tiny: Bundle, tmp_path: Path, fault: str) -> None:
    weights = load_file(tiny.path / "model.safetensors")
    if fault == "missing":
        weights.pop("fc.bias")
    else:
        weights["more.weight"] = torch.zeros(1)
    save_file(weights, tmp_path / "w.safetensors")
    bundle = write_bundle(tiny.card, tmp_path / "w.safetensors", tmp_path / "b")
    with pytest.raises(ModelProblem, match="weights do not fit"):
        load_network(bundle, CPU)


def test_a_network_of_tokens_has_no_cam_layer() -> None:
    card = ModelCard(
        "vit", "ViT", "1", "test_vit", ("a", "b"), 160, 0.5, (0.5,) * 3, (0.5,) * 3, "", cam_layer="blocks.1"
    )
    network = Network(card, build(card), CPU)
    assert (network.cam_layer, network.cam_cells) == (None, 0)


def test_nothing_is_fetched(tiny: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    load_network(tiny, CPU)
