"""A bundle that knows what it is familiar with, made of any other and of pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save
from skimage.data import immunohistochemistry

from ml.model.device import choose_device
from ml.model.familiarity import distances
from ml.model.features import noted_features, stage_before_last
from ml.model.network import load_network
from ml.train.familiarity import gaussians
from ml.zoo.bundle import Bundle, open_bundle, write_bundle
from ml.zoo.familiarity import Familiarity


def patches(step: int) -> NDArray[np.uint8]:
    """(n, 128, 128, 3): brown and blue tissue, a patch every `step` px."""
    picture = immunohistochemistry()
    places = [(y, x) for y in range(0, 385, step) for x in range(0, 385, step)]
    return np.stack([picture[y : y + 128, x : x + 128] for y, x in places])


def familiar_with(model: Path, pictures: NDArray[np.uint8], folder: Path) -> Bundle:
    """The same bundle with a check made of these pictures; the threshold is a little above the farthest."""
    bundle = open_bundle(model)
    network = load_network(bundle, choose_device("cpu"))
    layer = stage_before_last(network.module)
    with noted_features(network.module, layer) as found:
        network.probabilities(pictures)
    features = torch.cat(found)
    tensors = gaussians(features.numpy(), np.ones((len(pictures), 1), np.float32))
    assert tensors is not None
    threshold = 1.2 * float(distances(features, tensors).max())
    how = Familiarity("", threshold, layer=layer, held_out_share=0.01, held_out_pictures=100)
    (folder / "weights").write_bytes(bundle.weights())
    card = replace(bundle.card, name="familiar", title="Familiar", familiarity=how)
    return write_bundle(card, folder / "weights", folder / "familiar", save(dict(tensors)))
