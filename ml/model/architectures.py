"""All networks by name: timm's, and those of the five studies that timm does not have."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import timm
from torch import nn

# Each import enters its networks into timm's list.
from ml.model import alexnet, glomerulus, plain_resnet, stages

OWN = tuple(
    entry.__name__
    for entry in (
        alexnet.alexnet_green,
        glomerulus.glomerulus_net,
        plain_resnet.plain_resnet,
        plain_resnet.seresnet50_plain,
        stages.lite0_stages,
    )
)
"""Names of our own."""


def is_known(name: str) -> bool:
    """Whether there is a network of this name (a tag after a dot is the weights', not the network's)."""
    return bool(timm.is_model(name.split(".", maxsplit=1)[0]))


def create(name: str, classes: int, options: Mapping[str, Any] | None = None) -> nn.Module:
    """The network with random weights and so many outputs.

    `options` are the network's own keyword arguments. Raises whatever a network raises at options that it
    does not take: TypeError, ValueError, RuntimeError, AssertionError, KeyError, AttributeError.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of renamed architectures
        module: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes, **(options or {}))
    return module
