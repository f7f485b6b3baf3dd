"""All networks by name: timm's, and those of the five studies that timm does not have."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import timm
from torch import nn

# Each import enters its networks into timm's list.
from ml.model import alexnet, glomerulus, plain_resnet, stages

# timm hands its own words on with them, so that they cannot refuse what they do not know themselves.
_TAKEN = {
    alexnet.alexnet_green.__name__: {"size"},
    glomerulus.glomerulus_net.__name__: {"in_chans", "size"},
    plain_resnet.plain_resnet.__name__: {"first_hidden", "stages", "layers", "activation", "drop_rate"},
    plain_resnet.seresnet50_plain.__name__: {"in_chans", "drop_rate"},
    stages.lite0_stages.__name__: set(),
}

OWN = tuple(_TAKEN)
"""Names of our own."""


def is_known(name: str) -> bool:
    """Whether there is a network of this name (a tag after a dot is the weights', not the network's)."""
    return bool(timm.is_model(name.split(".", maxsplit=1)[0]))


def create(name: str, classes: int, options: Mapping[str, Any] | None = None) -> nn.Module:
    """The network with random weights and so many outputs.

    `options` are the network's own keyword arguments. Raises whatever a network raises at options that it
    does not take: TypeError, ValueError, RuntimeError, AssertionError, KeyError, AttributeError.
    """
    unknown = set(options or {}) - _TAKEN.get(name, set(options or {}))
    if unknown:
        raise TypeError(f"{name} has no {', '.join(sorted(unknown))}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of renamed architectures
        module: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes, **(options or {}))
    return module
