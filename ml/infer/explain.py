"""Grad-CAM of patches: where in a patch the network saw what speaks for a class.

Selvaraju et al. 2017 (doi 10.1109/ICCV.2017.74), computed by the pytorch-grad-cam library.
"""

from __future__ import annotations

from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.activations_and_gradients import ActivationsAndGradients
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from ml.model.network import Network, Patches

Floats = NDArray[np.float32]


class RawGradCAM(GradCAM):  # type: ignore[misc]  # the library has no types
    """Maps as the layer gives them: neither enlarged, nor divided by each patch's own maximum.

    One object serves a model for as long as it is loaded. Its hooks are in the model only inside `with`.
    """

    def __init__(self, model: nn.Module, layer: nn.Module) -> None:
        super().__init__(model, [layer])
        self.activations_and_grads.release()
        self.outputs: torch.Tensor | None = None

    def __enter__(self) -> RawGradCAM:
        layer = self.target_layers[0]
        before = layer.register_forward_hook(_as_leaf)
        self.activations_and_grads = ActivationsAndGradients(self.model, [layer], None)
        after = layer.register_forward_hook(_as_copy)
        self.activations_and_grads.handles += [before, after]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.activations_and_grads.release()
        self.outputs = None

    def compute_cam_per_layer(
        self, input_tensor: torch.Tensor, targets: object, eigen_smooth: bool
    ) -> list[Floats]:
        """The map of the one layer, (n, 1, cells, cells), raw and ≥ 0."""
        found = self.activations_and_grads
        cam = self.get_cam_image(
            input_tensor,
            self.target_layers[0],
            targets,
            found.activations[0].numpy(),
            found.gradients[0].numpy(),
            eigen_smooth,
        )
        return [np.maximum(cam, 0)[:, None]]

    def aggregate_multi_layers(self, cam_per_target_layer: list[Floats]) -> Floats:
        """There is one layer: its map, (n, cells, cells)."""
        return cam_per_target_layer[0][:, 0]


def _as_leaf(_: nn.Module, __: object, output: torch.Tensor) -> torch.Tensor:
    """Begin the gradients at this layer: nothing before it is kept in memory or gone through backwards."""
    return output.detach().requires_grad_(True)


def _as_copy(_: nn.Module, __: object, output: torch.Tensor) -> torch.Tensor:
    """What follows may work in place without spoiling what was noted down."""
    return output.clone()


class Explainer:
    """Grad-CAM for one loaded network, at one of its layers, whose map has `cells` × `cells` places."""

    def __init__(self, network: Network, layer: nn.Module, cells: int) -> None:
        self.network = network
        self.cells = cells
        self._cam = RawGradCAM(network.module, layer)

    def explain(self, patches: Patches, class_index: int) -> tuple[Floats, Floats]:
        """Probabilities (n, classes) and raw maps (n, cells, cells) ≥ 0 for one class, in one forward pass.

        The map belongs to the class's logit. Raises `torch.OutOfMemoryError`.
        """
        network = self.network
        targets = [ClassifierOutputTarget(class_index)] * len(patches)
        with network.lock, torch.enable_grad(), self._cam as cam:
            maps = cam(network.prepared(patches), targets)
            logits = torch.as_tensor(cam.outputs).detach().float()
            probabilities: Floats = network.as_probabilities(logits).cpu().numpy()
        return probabilities, np.ascontiguousarray(maps, dtype=np.float32)

    def explain_patch(self, patch: Patches, class_index: int) -> Floats:
        """The raw map (cells, cells) of one patch (pixels, pixels, 3)."""
        cells: Floats = self.explain(patch[None], class_index)[1][0]
        return cells
