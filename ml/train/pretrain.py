"""Before the task itself: a backbone that puts pictures of one label near each other.

Supervised metric learning (Khosla et al. 2020) as pre-training in the domain, after Sellergren et al. (2022,
doi 10.1148/radiol.212482).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from ml.progress import Progress, Step
from ml.train.balance import Balance
from ml.train.embed import features_of, nearest_neighbour_accuracy, pooled
from ml.train.feed import Feed, Order, loader
from ml.train.folds import Rows
from ml.train.learner import rate_at
from ml.train.losses import supervised_contrastive
from ml.train.pictures import Pictures
from ml.train.slide_plan import Contrast
from ml.train.study_recipe import Fit, StudyRecipe


@dataclass(frozen=True)
class PretrainedEpoch:
    """One epoch of it."""

    number: int
    loss: float
    nearest: float  # share of pictures to choose on whose nearest neighbour has their label
    seconds: float


def pretrain(  # the parts of a run, each with its own type
    module: nn.Module,
    recipe: StudyRecipe,
    pictures: Pictures,
    fit: Rows,
    choose: Rows,
    how: Contrast,
    progress: Progress,
) -> list[PretrainedEpoch]:
    """Teach the backbone in place, on the pictures of `fit`; `choose` only measures. Raises `Cancelled`."""
    feed = Feed(pictures, recipe)
    labels = pictures.labels.argmax(axis=1)
    frequency = np.bincount(labels[fit], minlength=len(recipe.task.classes))
    balance = Balance(1.0 / frequency[labels[fit]], None, len(fit), "")
    order = Order(fit, how.batch, recipe.seed, balance)
    projection = _projection(module, feed, fit, how.width)
    parameters = [*module.parameters(), *projection.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=how.rate, weight_decay=how.decay)
    steps = how.epochs * len(order)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: rate_at(n, steps, Fit(how.epochs)))
    groups = tuple(pictures.groups[row] for row in choose)
    history: list[PretrainedEpoch] = []
    for epoch in range(how.epochs):
        order.set_epoch(epoch)
        started, losses = time.perf_counter(), []
        module.train()
        for number, (batch, _, rows) in enumerate(loader(feed, order)):
            progress.check()
            features = projection(pooled(module, batch))
            loss = supervised_contrastive(features, torch.from_numpy(labels)[rows], how.temperature)
            losses.append(_step(loss, optimizer))
            schedule.step()
            progress.step(Step("Pre-training", epoch * len(order) + number + 1, steps))
        found = features_of(module, feed, choose, Progress())
        nearest = nearest_neighbour_accuracy(found, labels[choose], groups)
        seconds = round(time.perf_counter() - started, 2)
        history.append(PretrainedEpoch(epoch + 1, float(np.mean(losses)), nearest, seconds))
        progress.part(history[-1])
    return history


def save_backbone(module: nn.Module, path: Path) -> None:
    """All weights, the last layer's too, as safetensors: `backbone` in a recipe begins with them."""
    part = path.with_name(f".{path.name}.part")
    save_file({name: tensor.contiguous() for name, tensor in module.state_dict().items()}, part)
    part.replace(path)


def _projection(module: nn.Module, feed: Feed, rows: Rows, width: int) -> nn.Module:
    if not width:
        return nn.Identity()
    module.eval()
    with torch.no_grad():
        features = pooled(module, feed[(tuple(map(int, rows[:2])), -1)][0]).shape[1]
    return nn.Sequential(nn.Linear(features, features), nn.ReLU(), nn.Linear(features, width))


def _step(loss: Tensor, optimizer: torch.optim.Optimizer) -> float:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return float(loss.detach())
