"""Teaches the network: stages of epochs, the best of them by agreement on the side to choose on."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ml.evaluate.classification import weighted_kappa
from ml.progress import Progress, Step
from ml.train.augment import place_squares, vary
from ml.train.dataset import Example
from ml.train.labels import density, hard_label, soft_label
from ml.train.recipe import Recipe, Stage

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Epoch:
    """What one epoch came to."""

    number: int
    loss: float  # mean cross entropy against the soft labels
    kappa: float  # quadratic weighted kappa on the side to choose on
    seconds: float


def hard_labels(examples: Sequence[Example], recipe: Recipe) -> NDArray[np.intp]:
    """The class of each whole picture, (n,)."""
    network = recipe.network
    found = [
        hard_label(density(len(e.nuclei), network.patch, network.spacing), recipe.classes) for e in examples
    ]
    return np.array(found, dtype=np.intp)


def probabilities(module: nn.Module, examples: Sequence[Example], recipe: Recipe) -> Floats:
    """What the network says of whole pictures, (n, classes)."""
    found: list[Floats] = []
    module.eval()
    with torch.inference_mode():
        for start in range(0, len(examples), 64):
            images = _images(examples[start : start + 64])
            found.append(torch.softmax(module(_normal(images, recipe)), dim=1).numpy())
    return np.concatenate(found)


def fit(
    module: nn.Module,
    recipe: Recipe,
    examples: Sequence[Example],
    choose: Sequence[Example],
    progress: Progress,
) -> list[Epoch]:
    """Train in place; the module ends with the weights of the epoch that agreed best. Raises `Cancelled`."""
    chance = torch.Generator().manual_seed(recipe.seed)
    truth = hard_labels(choose, recipe)
    history: list[Epoch] = []
    best: dict[str, Tensor] = {}
    total = sum(stage.epochs for stage in recipe.fit.stages) * len(examples)
    began, done = time.perf_counter(), 0
    for stage, optimizer, scheduler in _stages(module, recipe, len(examples)):
        for _ in range(stage.epochs):
            started, losses = time.perf_counter(), []
            for batch in _shuffled(examples, recipe.fit.batch, chance):
                progress.check()
                losses.append(_learn(module, recipe, stage, batch, optimizer, chance))
                scheduler.step()
                done += len(batch)
                progress.step(Step("Training", done, total, time.perf_counter() - began))
            kappa = weighted_kappa(
                truth, probabilities(module, choose, recipe).argmax(1), len(recipe.classes.names)
            )
            seconds = time.perf_counter() - started
            history.append(Epoch(len(history) + 1, float(np.mean(losses)), kappa, seconds))
            progress.part(history[-1])
            if kappa >= max(epoch.kappa for epoch in history):
                best = copy.deepcopy(module.state_dict())
    module.load_state_dict(best)
    return history


def _stages(
    module: nn.Module, recipe: Recipe, count: int
) -> Iterator[tuple[Stage, torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]]:
    for stage in recipe.fit.stages:
        optimizer = torch.optim.AdamW(module.parameters(), lr=stage.rate, weight_decay=recipe.fit.decay)
        steps = stage.epochs * math.ceil(count / recipe.fit.batch)
        yield stage, optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, stage.rate / 100)


def _learn(
    module: nn.Module,
    recipe: Recipe,
    stage: Stage,
    batch: Sequence[Example],
    optimizer: torch.optim.Optimizer,
    chance: torch.Generator,
) -> float:
    module.train()
    squares, places = place_squares(_images(batch), stage.edge, recipe.fit.zoom, chance)
    wished = torch.from_numpy(
        np.stack([_label(e, p, recipe, stage) for e, p in zip(batch, places.tolist(), strict=True)])
    )
    logits = module(_normal(vary(squares, recipe.fit, chance), recipe))
    loss = functional.cross_entropy(logits, wished)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(module.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach())


def _label(example: Example, place: Sequence[float], recipe: Recipe, stage: Stage) -> Floats:
    """A square counts as if it had been scanned at the size at which it is shown."""
    count = example.nuclei.within(*place)
    spacing = recipe.network.spacing
    area = (stage.edge * spacing / 1000) ** 2
    return soft_label(density(count, stage.edge, spacing), area, recipe.classes)


def _images(examples: Sequence[Example]) -> Tensor:
    """(n, 3, h, h) float32 in 0..1, channels last in memory."""
    pixels = torch.from_numpy(np.stack([example.pixels for example in examples]))
    return pixels.permute(0, 3, 1, 2).to(torch.float32) / 255


def _normal(images: Tensor, recipe: Recipe) -> Tensor:
    mean = torch.tensor(recipe.network.mean).view(1, 3, 1, 1)
    std = torch.tensor(recipe.network.std).view(1, 3, 1, 1)
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)


def _shuffled(examples: Sequence[Example], size: int, chance: torch.Generator) -> Iterator[list[Example]]:
    order = torch.randperm(len(examples), generator=chance).tolist()
    for start in range(0, len(order), size):
        batch = [examples[n] for n in order[start : start + size]]
        if len(batch) > 1:  # one picture alone has no batch statistics
            yield batch
