"""Where only the last layer learns, pictures go through the frozen layers once: their features are kept.

Epochs and folds then learn from the features, and so does the next run over the same pictures.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import timm
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from torch import Tensor, nn

from ml.model.features import head_of
from ml.progress import Progress, Step
from ml.train.duration import LOOKING
from ml.train.embed import Features, features_of, pooled
from ml.train.feed import Feed, Order, Wish, loader
from ml.train.folds import Rows
from ml.train.learner import freeze_statistics
from ml.train.pictures import Pictures
from ml.train.study_recipe import StudyRecipe, Vary

_BATCH = 64


class FeatureFeed(Feed):
    """Features in place of pictures; labels and row numbers as they were."""

    def __init__(self, pictures: Pictures, recipe: StudyRecipe, features: Features) -> None:
        super().__init__(pictures, recipe)
        self._features = torch.from_numpy(features)

    def __getitem__(self, wish: Wish) -> tuple[Tensor, Tensor, Tensor]:
        """(n, features) float32, (n, classes) float32, (n,) row numbers."""
        numbers = torch.tensor(wish[0])
        return self._features[numbers], self._labels[numbers], numbers


def learned_part(
    module: nn.Module, pictures: Pictures, recipe: StudyRecipe, folder: Path, progress: Progress
) -> tuple[nn.Module, Feed]:
    """What is to be taught, and what with: the last layer with kept features, else the network with pictures.

    The last layer is the one of `module`: what it learns, that learns. Features are kept in `folder`. They
    cannot be kept where pictures are varied or the frozen layers are never twice the same: then all is as
    ever. Raises `Cancelled`.
    """
    feed, plan = Feed(pictures, recipe), recipe.network
    if plan.learns != "head" or not plan.keep_features:
        return module, feed
    if recipe.vary != Vary() or not is_last_layer_alone(module, feed):
        words = "All layers look at the pictures anew in every pass: pictures or layers differ each time."
        progress.step(Step("Preparing", 0, 0, note=words))
        return module, feed
    features = kept_features(module, pictures, recipe, folder, progress)
    return head_of(module), FeatureFeed(pictures, recipe, features)


def kept_features(
    module: nn.Module, pictures: Pictures, recipe: StudyRecipe, folder: Path, progress: Progress
) -> Features:
    """What the last layer sees of every picture, (n, features) float32; only what no file holds is computed.

    The file in `folder` is named after the backbone and how pictures are prepared for it; in it each
    picture is found by the SHA-256 of what the network sees of it. Raises `Cancelled`.
    """
    mark = fingerprint(module, pictures, recipe)
    path = folder / f"{mark[:16]}.safetensors"
    known = _read(path, mark)
    names = [hashlib.sha256(picture.tobytes()).hexdigest() for picture in pictures.pixels]
    missing = {name: row for row, name in enumerate(names) if name not in known}
    if missing:
        rows = np.array(list(missing.values()), dtype=np.intp)
        made = _computed(module, Feed(pictures, recipe), rows, progress)
        known |= dict(zip(missing, made, strict=True))
        _write(path, mark, known)
    words = f"What it sees in {len(pictures):,} pictures is kept, {len(missing):,} of them new."
    progress.step(Step(LOOKING, len(pictures), len(pictures), note=words))
    return np.stack([known[name] for name in names])


def seen_features(
    module: nn.Module, pictures: Pictures, recipe: StudyRecipe, rows: Rows, folder: Path, progress: Progress
) -> Features:
    """Features of these rows, (n, features): kept ones where the layers before the last are frozen."""
    if recipe.network.learns == "head" and recipe.network.keep_features:
        return kept_features(module, pictures, recipe, folder, progress)[rows]
    return features_of(module, Feed(pictures, recipe), rows, progress)


def fingerprint(module: nn.Module, pictures: Pictures, recipe: StudyRecipe) -> str:
    """SHA-256 of all that features depend on but the picture itself: the layers before the last, and what is
    done to pictures before they come there."""
    plan = recipe.network
    how = (plan.architecture, dict(plan.options), plan.mean, plan.std, dataclasses.asdict(pictures.how))
    found = hashlib.sha256(json.dumps([how, timm.__version__], sort_keys=True, default=str).encode())
    of_head = {id(value) for value in (*head_of(module).parameters(), *head_of(module).buffers())}
    for name, tensor in sorted(module.state_dict(keep_vars=True).items()):
        if id(tensor) not in of_head:
            found.update(name.encode())
            found.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def is_last_layer_alone(module: nn.Module, feed: Feed) -> bool:
    """Whether the last layer on the features is the whole network, and learning makes them no other.

    Dropout before it, or a network that does not pool, would make what is kept another thing.
    """
    head = head_of(module)
    if not isinstance(head, nn.Linear):
        return False
    pictures = feed[(tuple(range(min(2, len(feed)))), -1)][0]
    was_training = module.training
    with torch.random.fork_rng(), torch.no_grad():
        module.eval()
        features, expected = pooled(module, pictures), module(pictures)
        module.train()
        freeze_statistics(module)
        learning = [pooled(module, pictures) for _ in range(2)]
    module.train(was_training)
    if features.shape[1] != head.in_features:
        return False
    same = all(torch.allclose(features, other, atol=1e-5) for other in learning)
    return same and torch.allclose(head(features), expected, atol=1e-4)


def _computed(module: nn.Module, feed: Feed, rows: Rows, progress: Progress) -> Features:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    module.eval().to(device)
    found = []
    with torch.inference_mode():
        for number, (batch, _, _) in enumerate(loader(feed, Order(rows, _BATCH, 0, None))):
            progress.check()
            progress.step(Step(LOOKING, number * _BATCH, len(rows)))
            found.append(pooled(module, batch.to(device)).float().cpu().numpy())
    module.cpu()
    made: Features = np.concatenate(found)
    return made


def _read(path: Path, mark: str) -> dict[str, Features]:
    """Features by the SHA-256 of their picture; none where there is no file, or one that is not whole."""
    try:
        with safe_open(path, framework="numpy") as file:
            if (file.metadata() or {}).get("fingerprint") != mark:
                return {}
            names, features = file.get_tensor("sha256"), file.get_tensor("features")
    except (OSError, SafetensorError):
        return {}
    return {row.tobytes().hex(): features[number] for number, row in enumerate(names)}


def _write(path: Path, mark: str, known: dict[str, Features]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = np.frombuffer(b"".join(map(bytes.fromhex, known)), dtype=np.uint8).reshape(len(known), -1)
    part = path.with_name(f".{path.name}.part")
    save_file(
        {"sha256": names, "features": np.stack(list(known.values()))}, part, metadata={"fingerprint": mark}
    )
    part.replace(path)
