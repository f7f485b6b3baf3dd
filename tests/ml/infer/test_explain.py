"""Grad-CAM against a computation by hand, and what it leaves behind."""

from __future__ import annotations

import dataclasses
import gc
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from ml.infer.explain import Explainer
from ml.infer.ready import of_network
from ml.model.device import Device
from ml.model.network import Network, build, load_network
from ml.zoo.bundle import open_bundle
from ml.zoo.card import ModelCard

CPU = Device("cpu", "CPU")


@pytest.fixture
def network(tiny_model: Path) -> Network:
    return load_network(open_bundle(tiny_model), CPU)


@pytest.fixture
def explainer(network: Network) -> Explainer:
    return of_network(network).required_explainer


@pytest.fixture
def patches() -> np.ndarray:
    from skimage.data import immunohistochemistry

    rows = np.split(immunohistochemistry(), 4)
    return np.stack([patch for row in rows for patch in np.split(row, 4, axis=1)])[:6]


def by_hand(network: Network, patches: np.ndarray, class_index: int) -> np.ndarray:
    """relu(sum over channels of mean gradient × activation), patch by patch, with full autograd."""
    maps = []
    module = network.module.requires_grad_(True)
    kept: list[torch.Tensor] = []
    assert network.cam_layer is not None

    def keep(_: nn.Module, __: object, output: torch.Tensor) -> torch.Tensor:
        kept.append(output)
        return output.clone()  # what follows may change it in place

    hook = network.cam_layer.register_forward_hook(keep)
    for patch in patches:
        kept.clear()
        logits = module(network.prepared(patch[None]))
        (gradient,) = torch.autograd.grad(logits[0, class_index], kept[0])
        weights = gradient[0].mean(dim=(1, 2))
        maps.append(torch.relu((weights[:, None, None] * kept[0][0]).sum(0)).detach().numpy())
    hook.remove()
    module.requires_grad_(False)
    return np.stack(maps)


@pytest.mark.parametrize("class_index", [0, 1, 2])
def test_it_is_grad_cam(
    network: Network, explainer: Explainer, patches: np.ndarray, class_index: int
) -> None:
    wanted = by_hand(network, patches, class_index)
    _, maps = explainer.explain(patches, class_index)
    assert maps.shape == (6, 4, 4)
    assert maps.dtype == np.float32
    np.testing.assert_allclose(maps, wanted, rtol=1e-3, atol=1e-5 * wanted.max())
    assert wanted.max() > 0
    tops = wanted.max(axis=(1, 2))
    assert tops.max() > 1.1 * tops.min()  # raw: not every patch was given the same maximum


def test_a_layer_in_the_middle_and_work_in_place(patches: np.ndarray) -> None:
    """The layer is followed by one that works in place; its activations must not be spoiled."""
    card = ModelCard(
        "r", "R", "1", "resnet18", ("a", "b"), 128, 0.5, (0.5,) * 3, (0.25,) * 3, "", cam_layer="layer4.1.bn2"
    )
    card = dataclasses.replace(card, architecture_options={"zero_init_last": False})
    torch.manual_seed(1)
    network = Network(card, build(card), CPU)
    wanted = by_hand(network, patches[:2], 1)
    _, maps = of_network(network).required_explainer.explain(patches[:2], 1)
    assert wanted.max() > 0
    np.testing.assert_allclose(maps, wanted, rtol=1e-3, atol=1e-5 * wanted.max())


def test_probabilities_are_those_without_grad_cam(
    network: Network, explainer: Explainer, patches: np.ndarray
) -> None:
    probabilities, _ = explainer.explain(patches, 2)
    np.testing.assert_allclose(probabilities, network.probabilities(patches), atol=1e-6)


def test_maps_do_not_depend_on_the_batch(explainer: Explainer, patches: np.ndarray) -> None:
    _, together = explainer.explain(patches, 2)
    alone = np.stack([explainer.explain_patch(patch, 2) for patch in patches])
    np.testing.assert_allclose(alone, together, rtol=1e-3, atol=1e-5 * together.max())


def test_one_logit(tiny_model: Path, patches: np.ndarray) -> None:
    card = dataclasses.replace(open_bundle(tiny_model).card, class_names=("only",), shown_class=0)
    torch.manual_seed(1)
    network = Network(card, build(card), CPU)
    probabilities, maps = of_network(network).required_explainer.explain(patches, 0)
    assert probabilities.shape == (6, 1)
    assert (probabilities < 1).all()
    np.testing.assert_allclose(maps, by_hand(network, patches, 0), rtol=1e-3, atol=1e-7)


def test_nothing_is_left_behind(network: Network, explainer: Explainer, patches: np.ndarray) -> None:
    def hooks() -> int:
        return sum(len(m._forward_hooks) + len(m._backward_hooks) for m in network.module.modules())

    def tensors() -> int:
        gc.collect()
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    explainer.explain(patches, 2)
    before = tensors()
    for _ in range(20):
        explainer.explain(patches, 2)
    assert tensors() <= before
    assert hooks() == 0
    assert all(p.grad is None and not p.requires_grad for p in network.module.parameters())
    assert not network.module.training
    np.testing.assert_array_equal(network.probabilities(patches), network.probabilities(patches))


def test_hooks_go_also_when_it_fails(network: Network, explainer: Explainer, patches: np.ndarray) -> None:
    with pytest.raises(IndexError):
        explainer.explain(patches, 7)
    assert all(not m._forward_hooks for m in network.module.modules())
    explainer.explain(patches, 2)
