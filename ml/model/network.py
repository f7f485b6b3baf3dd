"""A network ready to run: built by timm from the card, filled with the bundle's weights, on its device."""

from __future__ import annotations

import threading

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load
from torch import nn

from ml.errors import ModelProblem
from ml.model import architectures
from ml.model.device import Device
from ml.model.ensemble import Ensemble
from ml.model.torchscript import load_script
from ml.zoo.bundle import Bundle
from ml.zoo.card import ModelCard

Patches = NDArray[np.uint8]
"""Patches or prepared pictures: (n, height, width, channels) uint8; RGB, unless the card says otherwise."""


class Network:
    """Patches in, probabilities out. Parameters are frozen; one caller at a time holds `lock`.

    `cam_layer` is the layer that Grad-CAM looks at, None where the network has none with a map of places.
    """

    def __init__(self, card: ModelCard, module: nn.Module, device: Device) -> None:
        self.card = card
        self.device = device
        self.lock = threading.RLock()
        # Channels last runs faster in the CPU's and the graphics card's convolutions alike.
        self.module = module.eval().to(device.torch).to(memory_format=torch.channels_last)
        for parameter in self.module.parameters():
            parameter.requires_grad_(False)
        # In 0..255, so that the division by 255 is part of it.
        self._mean = torch.tensor(card.mean, device=device.torch).view(1, -1, 1, 1) * 255
        self._scale = 1 / (torch.tensor(card.std, device=device.torch).view(1, -1, 1, 1) * 255)
        self.cam_layer, self.cam_cells = self._find_cam_layer()

    def prepared(self, patches: Patches) -> torch.Tensor:
        """The input of the network: (n, channels, height, width) float32 on the device, normalised.

        The only place where pixels become numbers for a network. The bytes travel to the device as they are.
        """
        batch = torch.from_numpy(patches).to(self.device.torch).permute(0, 3, 1, 2)  # channels last in memory
        return (batch.to(torch.float32) - self._mean) * self._scale

    @torch.inference_mode()
    def probabilities(self, patches: Patches) -> NDArray[np.float32]:
        """(n, classes) in 0..1. Raises `torch.OutOfMemoryError` when the device's memory does not suffice."""
        with self.lock:
            logits = self.module(self.prepared(patches)).float()
            return self.as_probabilities(logits).cpu().numpy()

    @torch.inference_mode()
    def probabilities_and_spread(self, patches: Patches) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The same, and how far the members of an ensemble lie apart (highest minus lowest); else 0.

        Both (n, classes). Raises `torch.OutOfMemoryError`.
        """
        if not isinstance(self.module, Ensemble):
            found = self.probabilities(patches)
            return found, np.zeros_like(found)
        with self.lock:
            each = self.module.each(self.prepared(patches))
            values = self.as_probabilities(self.module.together(each))
            members = torch.stack([self.as_probabilities(logits) for logits in each])
            spread = members.amax(dim=0) - members.amin(dim=0)
            return values.cpu().numpy(), spread.cpu().numpy()

    def as_probabilities(self, logits: torch.Tensor) -> torch.Tensor:
        """Softmax; sigmoid where classes stand on their own, and for one logit, whose softmax is always 1.

        Logits are first divided by the card's temperature.
        """
        if self.card.temperature != 1:
            logits = logits / self.card.temperature
        if self.card.output == "sigmoid" or logits.shape[1] == 1:
            return torch.sigmoid(logits)
        return torch.softmax(logits, dim=1)

    def _find_cam_layer(self) -> tuple[nn.Module | None, int]:
        """The layer and the cells along an edge of its map, found by running one empty patch."""
        layer = _layer(self.module, self.card)
        shapes: list[tuple[int, ...]] = []

        def note(_: nn.Module, __: object, output: object) -> None:
            if isinstance(output, torch.Tensor):
                shapes.append(tuple(output.shape))

        hook = layer.register_forward_hook(note) if layer is not None else None
        empty = np.zeros((1, *_size(self.card), len(self.card.mean)), dtype=np.uint8)
        try:
            found = self.probabilities(empty).shape[1]
        except (RuntimeError, ValueError, AssertionError, AttributeError, IndexError) as error:
            raise _misfit(
                self.card, f"it cannot look at patches of {self.card.patch_pixels} px", error
            ) from None
        finally:
            if hook is not None:
                hook.remove()
        if found != len(self.card.class_names):
            raise _misfit(self.card, f"it gives {found} numbers for {len(self.card.class_names)} classes")
        if not shapes or len(shapes[-1]) != 4 or shapes[-1][2] != shapes[-1][3]:
            return None, 0
        return layer, shapes[-1][2]


def load_network(bundle: Bundle, device: Device) -> Network:
    """Build the card's architecture and fill in the weights, every one of them. Never uses a network.

    Half-precision weights are computed as float32; TorchScript brings its own architecture. Raises
    `ModelProblem` when timm does not know the architecture or the weights do not fit it.
    """
    card = bundle.card
    if card.weights == "torchscript":
        module = load_script(bundle.weights(), card.title)
    else:
        module = _filled(card, bundle.weights())
    try:
        return Network(card, module, device)
    except torch.OutOfMemoryError:
        raise ModelProblem(
            f"The model “{card.title}” does not fit into the memory of {device.name}.",
            "Close other programs that use the graphics card, or choose the CPU.",
        ) from None


def _filled(card: ModelCard, content: bytes) -> nn.Module:
    module = build(card)
    weights = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in load(content).items()
    }
    try:
        module.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise _misfit(card, "its weights do not fit its architecture", error) from None
    return module


def build(card: ModelCard) -> nn.Module:
    """The card's architecture with random weights. Raises `ModelProblem` when there is none of that name."""
    names = card.architectures or (card.architecture,) * card.members
    for name in (card.architecture, *names):
        if not architectures.is_known(name):
            raise _misfit(card, f"the architecture “{name}” is unknown")
    try:
        members = [
            architectures.create(name, len(card.class_names), card.architecture_options) for name in names
        ]
    except (TypeError, ValueError, RuntimeError, AssertionError, KeyError, AttributeError) as error:
        raise _misfit(card, "its architecture_options do not fit its architecture", error) from None
    return members[0] if card.members == 1 else Ensemble(members, independent=card.output == "sigmoid")


def _size(card: ModelCard) -> tuple[int, int]:
    """Height and width of what the network sees, px."""
    return card.preparation.size if card.preparation else (card.patch_pixels, card.patch_pixels)


def _layer(module: nn.Module, card: ModelCard) -> nn.Module | None:
    """The layer that the card names; else the last stage that timm knows of; else None.

    Of an ensemble that of its first member: the others do not fall silent, their say is in the gradient.
    None of TorchScript: torch does not let its layers be looked at.
    """
    if card.weights == "torchscript":
        return None
    if isinstance(module, Ensemble):
        module = module.members[0]
    if card.cam_layer:
        try:
            return module.get_submodule(card.cam_layer)
        except AttributeError:
            raise _misfit(card, f"its cam_layer “{card.cam_layer}” is not in the network") from None
    stages = getattr(module, "feature_info", None)
    try:
        return module.get_submodule(stages[-1]["module"]) if stages else None
    except (AttributeError, KeyError, TypeError, IndexError):
        return None


def _misfit(card: ModelCard, reason: str, error: object = "") -> ModelProblem:
    return ModelProblem(
        f"The model “{card.title}” cannot run: {reason}.",
        "Ask whoever made it for a corrected model, or choose another one.",
        architecture=card.architecture,
        reason=error,
    )
