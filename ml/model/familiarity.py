"""How far a patch lies from what a network was trained on: told beside its answer, from the same look."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load
from torch import Tensor

from ml.errors import ModelProblem
from ml.model.features import noted_features
from ml.model.network import Network, Patches
from ml.zoo.bundle import Bundle
from ml.zoo.familiarity import Familiarity

Floats = NDArray[np.float32]

TENSORS = frozenset({"center", "axes", "means"})
"""What the file holds."""


def distances(features: Tensor, tensors: Mapping[str, Tensor]) -> Tensor:
    """Distance of each row of (n, features) float32 from the training data, (n,) float32.

    After `center` (features,) is taken off, the least distance to one of `means` (classes, k) along `axes`
    (features, k), on which training pictures of a class have unit variance: the Mahalanobis distance to the
    nearest class under one shared covariance (Lee et al. 2018, arXiv 1807.03888).
    """
    placed = (features - tensors["center"]) @ tensors["axes"]
    return torch.cdist(placed, tensors["means"]).amin(dim=1)


class Recognition:
    """The check of one loaded network."""

    def __init__(self, network: Network, how: Familiarity, tensors: Mapping[str, Tensor]) -> None:
        self.how = how
        self._network = network
        self._tensors = {name: value.float().to(network.device.torch) for name, value in tensors.items()}

    def beside(
        self, compute: Callable[[Patches], tuple[Floats, ...]]
    ) -> Callable[[Patches], tuple[Floats, ...]]:
        """The same computation with one more array at its end: the strangeness of each patch, (n,).

        `compute` lets the network look once at all patches. Strangeness is the distance over the threshold:
        a patch above 1 is unlike the training data.
        """

        def both(patches: Patches) -> tuple[Floats, ...]:
            network = self._network
            with network.lock, noted_features(network.module, self.how.layer) as found:
                made = compute(patches)
                with torch.inference_mode():
                    apart = distances(torch.cat(found), self._tensors) / self.how.threshold
            return (*made, apart.cpu().numpy())

        return both

    def strangeness(self, patches: Patches) -> Floats:
        """Of each patch, (n,) float32; above 1: unlike the training data."""
        return self.beside(lambda seen: (self._network.probabilities(seen),))(patches)[1]


def recognition_of(bundle: Bundle, network: Network) -> Recognition | None:
    """The check that a bundle brings for its network; None where it has none.

    It is tried on an empty patch. Raises `ModelProblem` where it does not fit the network.
    """
    how, content = bundle.card.familiarity, bundle.familiarity()
    if how is None or content is None:
        return None
    tensors = load(content)
    missing = sorted(TENSORS - set(tensors))
    if missing:
        raise _misfit(network, f"{', '.join(missing)} is not there")
    made = Recognition(network, how, tensors)
    try:
        found = made.strangeness(network.empty_patch())
    except (RuntimeError, AttributeError, IndexError) as error:
        raise _misfit(network, str(error)) from None
    if found.shape != (1,) or not np.isfinite(found).all():
        raise _misfit(network, "it gives no number")
    return made


def _misfit(network: Network, reason: str) -> ModelProblem:
    return ModelProblem(
        f"The model “{network.card.title}” cannot run: its check for unlike tissue does not fit it.",
        "Ask whoever made it for a corrected model, or choose another one.",
        reason=reason,
    )
