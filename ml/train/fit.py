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
    count = recipe.fit.pictures or len(examples)
    total = sum(stage.epochs for stage in recipe.fit.stages) * count
    began, done = time.perf_counter(), 0
    lesson = Lesson(module, recipe, chance)
    for stage, optimizer, scheduler in _stages(lesson, recipe, count):
        for _ in range(stage.epochs):
            started, losses = time.perf_counter(), []
            for batch in drawn(examples, recipe, count, chance):
                progress.check()
                losses.append(lesson.learn(batch, stage, optimizer))
                scheduler.step()
                done += len(batch)
                progress.step(Step("Training", done, total, time.perf_counter() - began))
            found = probabilities(module, choose, recipe).argmax(axis=1)
            kappa = weighted_kappa(truth, found, len(recipe.classes.names))
            seconds = time.perf_counter() - started
            history.append(Epoch(len(history) + 1, float(np.mean(losses)), kappa, seconds))
            progress.part(history[-1])
            if kappa >= max(epoch.kappa for epoch in history):
                best = copy.deepcopy(module.state_dict())
    lesson.end()
    module.load_state_dict(best)
    return history


def drawn(
    examples: Sequence[Example], recipe: Recipe, count: int, chance: torch.Generator
) -> Iterator[list[Example]]:
    """An epoch's batches: `count` pictures in random order, by the weights of their sources."""
    weight = {source.name: source.weight for source in recipe.sources}
    weights = torch.tensor([weight[example.source] for example in examples])
    if count == len(examples) and len(set(weights.tolist())) == 1:
        order = torch.randperm(len(examples), generator=chance).tolist()
    else:
        order = torch.multinomial(weights, count, replacement=True, generator=chance).tolist()
    for start in range(0, len(order), recipe.fit.batch):
        batch = [examples[n] for n in order[start : start + recipe.fit.batch]]
        if len(batch) > 1:  # one picture alone has no batch statistics
            yield batch


def _stages(
    lesson: Lesson, recipe: Recipe, count: int
) -> Iterator[tuple[Stage, torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]]:
    for stage in recipe.fit.stages:
        optimizer = torch.optim.AdamW(lesson.parameters, lr=stage.rate, weight_decay=recipe.fit.decay)
        steps = stage.epochs * math.ceil(count / recipe.fit.batch)
        yield stage, optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, stage.rate / 100)


class Lesson:
    """One step of learning: the class of a square and, at an inner layer, where its nuclei are.

    The second task leaves nothing in the network but better features: what decides the class is then nuclei,
    not the colour of one laboratory.
    """

    def __init__(self, module: nn.Module, recipe: Recipe, chance: torch.Generator) -> None:
        self._module, self._recipe, self._chance = module, recipe, chance
        self._seen = torch.zeros(0)  # what the inner layer gave last
        self._head: nn.Module | None = None
        self._hooks = []
        if recipe.fit.places > 0:
            layer = module.get_submodule(recipe.network.place_layer)
            self._hooks.append(layer.register_forward_hook(self._note))
            module.eval()
            with torch.no_grad():
                module(torch.zeros(1, 3, recipe.network.patch, recipe.network.patch))
            self._head = nn.Conv2d(self._seen.shape[1], 1, 1)
        self.parameters = [*module.parameters(), *(self._head.parameters() if self._head else ())]

    def learn(self, batch: Sequence[Example], stage: Stage, optimizer: torch.optim.Optimizer) -> float:
        """Cross entropy of the classes before the step; the network is changed in place."""
        recipe = self._recipe
        self._module.train()
        squares, places = place_squares(_with_maps(batch), stage.edge, stage.zoom, self._chance)
        pairs = zip(batch, places.tolist(), strict=True)
        wished = torch.from_numpy(np.stack([_label(e, place, recipe, stage) for e, place in pairs]))
        logits = self._module(_normal(vary(squares[:, :3], recipe.fit, self._chance), recipe))
        classes = functional.cross_entropy(logits, wished)
        loss = classes + recipe.fit.places * self._miss(squares[:, 3:])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters, 5.0)
        optimizer.step()
        return float(classes.detach())

    def end(self) -> None:
        """Take the second task off the network."""
        for hook in self._hooks:
            hook.remove()

    def _note(self, _: nn.Module, __: object, output: Tensor) -> None:
        self._seen = output

    def _miss(self, maps: Tensor) -> Tensor:
        """How wrong the layer is about where nuclei are: binary cross entropy over its cells."""
        if self._head is None:
            return torch.zeros(())
        found = self._head(self._seen)
        return functional.binary_cross_entropy_with_logits(
            found, functional.adaptive_avg_pool2d(maps, found.shape[-2:])
        )


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


def _with_maps(examples: Sequence[Example]) -> Tensor:
    """(n, 4, h, h): the pictures, and where their nuclei are."""
    maps = np.stack([example.nuclei.map(example.pixels.shape[0]) for example in examples])
    return torch.cat([_images(examples), torch.from_numpy(maps)[:, None].to(torch.float32) / 255], dim=1)


def _normal(images: Tensor, recipe: Recipe) -> Tensor:
    mean = torch.tensor(recipe.network.mean).view(1, 3, 1, 1)
    std = torch.tensor(recipe.network.std).view(1, 3, 1, 1)
    return ((images - mean) / std).contiguous(memory_format=torch.channels_last)
