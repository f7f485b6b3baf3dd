"""A model that is loaded and warm: its network, and its one Grad-CAM object."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ml.errors import ModelProblem
from ml.infer.explain import Explainer
from ml.model.device import Device
from ml.model.familiarity import Recognition, recognition_of
from ml.model.network import Network, load_network
from ml.zoo.bundle import Bundle


@dataclass(frozen=True, eq=False)
class ReadyModel:
    """Kept for as long as analyses may follow: rebuilding either part costs time, and the second memory."""

    network: Network
    explainer: Explainer | None  # None: no layer of the network has a map of places
    recognition: Recognition | None = None  # None: the bundle does not say what is unlike its training data

    @property
    def required_explainer(self) -> Explainer:
        """The explainer. Raises `ModelProblem` where there is none."""
        if self.explainer is None:
            raise ModelProblem(
                f"The model “{self.network.card.title}” has no layer that Grad-CAM can show.",
                "Analyze without Grad-CAM, or choose another model.",
            )
        return self.explainer


def make_ready(bundle: Bundle, device: Device) -> ReadyModel:
    """Load a bundle onto a device. Raises `ModelProblem`."""
    network = load_network(bundle, device)
    return replace(of_network(network), recognition=recognition_of(bundle, network))


def of_network(network: Network) -> ReadyModel:
    """The same for a network that is loaded already."""
    layer = network.cam_layer
    explainer = None if layer is None else Explainer(network, layer, network.cam_cells)
    return ReadyModel(network, explainer)
