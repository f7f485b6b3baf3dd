"""Single patches looked at closely: what each network of a model says of them, and what it makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ml.geometry import Rect, Size
from ml.infer.series_run import preparation_for_ct
from ml.infer.slices import read_or_why
from ml.model.ensemble import Ensemble
from ml.model.features import noted_features
from ml.model.network import Network, Patches
from ml.progress import Progress, Step
from ml.slide.region import read_region
from ml.slide.slide import Slide
from ml.volume.series import Series

Floats = NDArray[np.float32]

_BATCH = 16


@dataclass(frozen=True, eq=False)
class SeenClosely:
    """Row n belongs to patch n."""

    members: Floats  # (networks, n, classes), probabilities
    features: Floats  # (n, features); the probabilities themselves where a network tells no features

    @property
    def probabilities(self) -> Floats:
        """(n, classes): the mean of the networks."""
        return np.asarray(self.members.mean(axis=0), dtype=np.float32)


def look_closely(slide: Slide, network: Network, rects: Sequence[Rect], progress: Progress) -> SeenClosely:
    """Read and judge these patches, given in level-0 px. Raises `SlideProblem`, `Cancelled`."""
    edge = network.card.patch_pixels
    members, features = [], []
    for start in range(0, len(rects), _BATCH):
        progress.step(Step("Looking for patches worth a label", start, len(rects)))
        pixels = []
        for rect in rects[start : start + _BATCH]:
            progress.check()
            pixels.append(read_region(slide, rect, Size(edge, edge)))
        said, made = _seen(network, np.stack(pixels))
        members.append(said)
        features.append(made)
    return _together(members, features, network)


def look_at_slices(
    series: Series, network: Network, numbers: Sequence[int], progress: Progress
) -> tuple[list[int], SeenClosely]:
    """The same of slices of a CT series; which of them could be read. Raises `ModelProblem`, `Cancelled`."""
    how = preparation_for_ct(network)
    read, members, features = list[int](), [], []
    for start in range(0, len(numbers), _BATCH):
        progress.check()
        progress.step(Step("Looking for slices worth a label", start, len(numbers)))
        pictures = {}
        for number in numbers[start : start + _BATCH]:
            picture = read_or_why(series.around(number, how.neighbours), how)
            if not isinstance(picture, str):
                pictures[number] = picture
        if pictures:
            said, made = _seen(network, np.stack(list(pictures.values())))
            members.append(said)
            features.append(made)
            read += pictures
    return read, _together(members, features, network)


def _together(members: list[Floats], features: list[Floats], network: Network) -> SeenClosely:
    if not members:
        nothing = np.zeros((1, 0, len(network.card.class_names)), dtype=np.float32)
        return SeenClosely(nothing, nothing[0])
    return SeenClosely(np.concatenate(members, axis=1), np.concatenate(features))


@torch.inference_mode()
def _seen(network: Network, patches: Patches) -> tuple[Floats, Floats]:
    module = network.module
    with network.lock:
        given = network.prepared(patches)
        try:
            with noted_features(module) as noted:
                logits = module.each(given) if isinstance(module, Ensemble) else module(given)[None].float()
        except (AttributeError, IndexError):  # a network of which nobody knows the last layer
            noted = []
            logits = module(given)[None].float()
        said = torch.stack([network.as_probabilities(one) for one in logits]).cpu().numpy()
    features = noted[0].cpu().numpy() if noted else said.mean(axis=0)
    return said, features
