"""The networks of the five studies, as large as they were published."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ml.model import architectures


def trained(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def counted_by_keras(module: nn.Module) -> int:
    """Keras counts a batch norm's running mean and variance too."""
    return trained(module) + sum(b.numel() for name, b in module.named_buffers() if "running" in name)


@pytest.mark.parametrize(
    ("first_hidden", "stages", "layers", "parameters"),
    [
        (16, 3, 2, 191_778),
        (16, 3, 3, 288_994),
        (16, 4, 2, 717_474),
        (16, 4, 3, 1_110_114),
        (32, 3, 2, 715_522),
        (32, 3, 3, 1_103_490),
        (32, 4, 2, 2_815_490),
        (32, 4, 3, 4_384_130),
        (64, 3, 2, 2_783_298),
        (64, 3, 3, 4_333_378),
        (64, 4, 2, 11_177_538),
        (64, 4, 3, 17_448_258),
    ],
)
def test_twelve_residual_networks_of_the_clot_study(
    first_hidden: int, stages: int, layers: int, parameters: int
) -> None:
    options = {"first_hidden": first_hidden, "stages": stages, "layers": layers}
    assert trained(architectures.create("plain_resnet", 2, options)) == parameters


def test_a_residual_network_of_three_stages_works() -> None:
    module = architectures.create(
        "plain_resnet", 2, {"first_hidden": 16, "stages": 3, "activation": "gelu", "drop_rate": 0.25}
    ).eval()
    features = module.forward_features(torch.rand(2, 3, 64, 64))
    assert features.shape == (2, 64, 4, 4)
    assert module.forward_head(features, pre_logits=True).shape == (2, 64)
    assert any("GELU" in type(part).__name__ for part in module.modules())
    with pytest.raises(ValueError, match="stages"):
        architectures.create("plain_resnet", 2, {"stages": 5})


@pytest.mark.parametrize(
    ("name", "classes", "parameters"),
    [
        ("resnext50_32x4d", 5, 22_990_149),
        ("seresnet50_plain", 5, 26_033_221),
        ("resnet18", 1, 11_177_025),
        ("glomerulus_net", 1, 3_645_745),
    ],
)
def test_parameters_of_the_other_studies(name: str, classes: int, parameters: int) -> None:
    assert trained(architectures.create(name, classes)) == parameters


@pytest.mark.parametrize(
    ("size", "features", "parameters"), [(224, 6_400, 3_748_675), (227, 9_216, 3_757_123)]
)
def test_alexnet_of_the_retina_study(size: int, features: int, parameters: int) -> None:
    module = architectures.create("alexnet_green", 3, {"size": size}).eval()
    assert counted_by_keras(module) == parameters
    pictures = torch.rand(2, 3, size, size)
    assert module(pictures).shape == (2, 3)
    assert module.forward_head(module.forward_features(pictures), pre_logits=True).shape == (2, features)


def test_alexnet_sees_nothing_but_green() -> None:
    module = architectures.create("alexnet_green", 3, {"size": 224}).eval()
    pictures = torch.rand(1, 3, 224, 224)
    other = pictures.clone()
    other[:, [0, 2]] = torch.rand(1, 2, 224, 224)
    assert torch.equal(module(pictures), module(other))
    other[:, 1] += 0.1
    assert not torch.equal(module(pictures), module(other))


def test_maps_of_the_glomeruli_study() -> None:
    module = architectures.create("glomerulus_net", 1).eval()
    shapes = []
    for part in module.features:
        part.register_forward_hook(lambda _, __, out: shapes.append(tuple(out.shape[1:])))
    features = module.forward_features(torch.rand(1, 4, 711, 733))
    assert shapes == [(16, 177, 182), (32, 44, 45), (32, 21, 21)]
    assert features.flatten(1).shape == (1, 14_112)
    with pytest.raises(ValueError, match="too small"):
        architectures.create("glomerulus_net", 1, {"size": (20, 20)})


@pytest.mark.parametrize("name", architectures.OWN)
def test_own_networks_are_known_and_have_no_weights_to_fetch(name: str) -> None:
    import timm

    assert architectures.is_known(name)
    with pytest.raises(RuntimeError, match="no pretrained weights"):
        timm.create_model(name, pretrained=True)


@pytest.mark.parametrize("name", architectures.OWN)
def test_an_option_that_nobody_reads_is_refused(name: str) -> None:
    """A search over it would rank noise."""
    with pytest.raises(TypeError, match="no dropout"):
        architectures.create(name, 2, {"dropout": 0.5})
