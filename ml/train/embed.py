"""What a network makes of pictures before it decides: features, and maps of them that one can look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ml.errors import Problem
from ml.model.ensemble import Ensemble
from ml.progress import Progress, Step
from ml.train.feed import Feed, Order, loader
from ml.train.folds import Rows

Features = NDArray[np.float32]
"""(n, features) float32."""

_FEWEST = 5  # pictures that a map can be made of


@dataclass(frozen=True, eq=False)
class PictureMap:
    """Places of pictures on a plane: (n, 2) float32. Near means alike; far apart means little."""

    places: NDArray[np.float32]
    perplexity: float
    seed: int


def pooled(module: nn.Module, pictures: Tensor) -> Tensor:
    """The features that the last layer sees, (n, features); of an ensemble all members' beside each other.

    Raises `Problem` for a network that does not tell them.
    """
    if isinstance(module, Ensemble):
        return torch.cat([pooled(member, pictures) for member in module.members], dim=1)
    if not hasattr(module, "forward_features"):
        raise Problem(
            "This network does not tell its features: it comes as TorchScript.", "Choose another model."
        )
    features = module.forward_features(pictures)  # type: ignore[operator]
    head = getattr(module, "forward_head", None)
    if callable(head):
        found: Tensor = head(features, pre_logits=True)
        return found.flatten(1)
    flat: Tensor = features.mean(dim=(2, 3)) if features.ndim == 4 else features.flatten(1)
    return flat


def features_of(module: nn.Module, feed: Feed, rows: Rows, progress: Progress, batch: int = 64) -> Features:
    """Features of these pictures, in their order. Raises `Cancelled`."""
    module.eval()
    found = []
    device = next(module.parameters()).device
    with torch.inference_mode():
        for number, (pictures, _, _) in enumerate(loader(feed, Order(rows, batch, 0, None))):
            progress.check()
            progress.step(Step("Looking at pictures", number * batch, len(rows)))
            found.append(pooled(module, pictures.to(device)).float().cpu().numpy())
    made: Features = np.concatenate(found)
    return made


def reduced(features: Features, dimensions: int = 50, seed: int = 0) -> Features:
    """Scaled to unit variance and turned onto the strongest `dimensions` axes (PCA)."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(features)
    count = min(dimensions, *scaled.shape)
    made: Features = PCA(count, random_state=seed).fit_transform(scaled).astype(np.float32)
    return made


def picture_map(features: Features, perplexity: float = 20.0, seed: int = 0) -> PictureMap:
    """t-SNE (van der Maaten and Hinton 2008) of the 50 strongest axes, by scikit-learn.

    Distances between groups and sizes of groups mean nothing in it. Raises `Problem` below 5 pictures.
    """
    from sklearn.manifold import TSNE

    if len(features) < _FEWEST:
        raise Problem(f"{len(features)} pictures are too few for a map.", f"Give at least {_FEWEST}.")
    perplexity = min(perplexity, (len(features) - 1) / 3)
    tsne = TSNE(perplexity=perplexity, init="pca", random_state=seed)
    places: NDArray[np.float32] = tsne.fit_transform(reduced(features, seed=seed)).astype(np.float32)
    return PictureMap(places, perplexity, seed)


def nearest_neighbour_accuracy(features: Features, labels: Rows, groups: tuple[str, ...]) -> float:
    """Share of pictures whose nearest neighbour of another patient has the same label; cosine distance."""
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    likeness = unit @ unit.T
    codes = np.unique(np.array(groups), return_inverse=True)[1]
    likeness[codes[:, None] == codes[None, :]] = -np.inf
    usable = np.isfinite(likeness).any(axis=1)
    if not usable.any():
        return 0.0
    return float((labels[likeness.argmax(axis=1)] == labels)[usable].mean())
