"""Before the task itself: a backbone that puts pictures of one label near each other.

Supervised metric learning (Khosla et al. 2020) as pre-training in the domain, after Sellergren et al. (2022,
doi 10.1148/radiol.212482).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ml.progress import Progress, Step
from ml.train.balance import Balance
from ml.train.embed import features_of, nearest_neighbour_accuracy, pooled
from ml.train.feed import Feed, Order, loader
from ml.train.folds import Fold, Rows
from ml.train.learner import freeze_statistics, rate_at
from ml.train.losses import supervised_contrastive
from ml.train.pictures import Pictures
from ml.train.slide_plan import Contrast
from ml.train.study_recipe import Fit, StudyRecipe

BACKBONE = "backbone.safetensors"
"""What pre-training leaves in the folder of a fold."""


@dataclass(frozen=True)
class PretrainedEpoch:
    """One epoch of it."""

    number: int
    loss: float
    nearest: float  # share of pictures to choose on whose nearest neighbour has their label
    seconds: float
    event: ClassVar[str] = "pretrained_epoch"

    def in_words(self) -> str:
        """One line for a person."""
        return (
            f"Epoch {self.number}: loss {self.loss:.4f}, {self.nearest:.1%} of nearest neighbours share the "
            f"label, {self.seconds:.0f} s"
        )


def pretrain(  # the parts of a run, each with its own type
    module: nn.Module,
    recipe: StudyRecipe,
    pictures: Pictures,
    fit: Rows,
    choose: Rows,
    how: Contrast,
    progress: Progress,
) -> list[PretrainedEpoch]:
    """Teach the whole backbone, in place, on the rows of `fit`; `choose` measures. Raises `Cancelled`."""
    frozen = [value for value in module.parameters() if not value.requires_grad]
    module.requires_grad_(True)
    feed = Feed(pictures, recipe)
    labels = _labels(pictures)
    order = Order(fit, how.batch, recipe.seed, _evenly(labels[fit]))
    projection = _projection(module, feed, fit, how.width)
    learning = [*module.parameters(), *projection.parameters()]
    optimizer = torch.optim.AdamW(learning, lr=how.rate, weight_decay=how.decay)
    steps = how.epochs * len(order)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: rate_at(n, steps, Fit(how.epochs)))
    history: list[PretrainedEpoch] = []
    for epoch in range(how.epochs):
        order.set_epoch(epoch)
        started, losses = time.perf_counter(), []
        _set_learning(module, recipe)
        for number, (batch, _, rows) in enumerate(loader(feed, order)):
            progress.check()
            features, same = projection(pooled(module, batch)), torch.from_numpy(labels)[rows]
            losses.append(_step(supervised_contrastive(features, same, how.temperature), optimizer))
            schedule.step()
            progress.step(Step("Pre-training", epoch * len(order) + number + 1, steps))
        nearest = _nearest(module, feed, choose, labels, pictures)
        seconds = time.perf_counter() - started
        history.append(PretrainedEpoch(epoch + 1, float(np.mean(losses)), nearest, round(seconds, 2)))
        progress.part(history[-1])
    for value in frozen:
        value.requires_grad_(False)
    return history


def is_collapsed(loss: float, batch: int) -> bool:
    """Whether the loss is no better than that of features which are all the same, ln(batch - 1).

    Labels that hardly go with the pictures, those of whole slides for one, lead there: being alike is the
    least loss where friends and strangers cannot be told apart.
    """
    return loss > 0.98 * math.log(max(batch - 1, 2))


def _set_learning(module: nn.Module, recipe: StudyRecipe) -> None:
    module.train()
    if recipe.network.statistics == "keep":
        freeze_statistics(module)


def _nearest(module: nn.Module, feed: Feed, choose: Rows, labels: Rows, pictures: Pictures) -> float:
    features = features_of(module, feed, choose, Progress())
    groups = tuple(pictures.groups[row] for row in choose)
    return nearest_neighbour_accuracy(features, labels[choose], groups)


def pretrain_once(
    module: nn.Module, recipe: StudyRecipe, pictures: Pictures, fold: Fold, folder: Path, progress: Progress
) -> None:
    """Pre-train a fold's network in place, on the side it learns from; taken up again from `folder` later.

    So labels of patients to choose or to report on never reach the backbone. Raises `Cancelled`.
    """
    path = folder / BACKBONE
    if path.is_file():
        module.load_state_dict(load_file(path))
        return
    assert recipe.pretrain is not None
    history = pretrain(module, recipe, pictures, fold.fit, fold.choose, recipe.pretrain, progress)
    folder.mkdir(parents=True, exist_ok=True)
    save_backbone(module, path)
    near = f"{history[0].nearest:.0%} after one epoch, {history[-1].nearest:.0%} after {len(history)}"
    words = f"Pictures of other patients that look most alike to it share the label in {near}."
    if is_collapsed(history[-1].loss, recipe.pretrain.batch):
        words += " All pictures look alike to it now: labels and pictures do not go together well enough."
    progress.step(Step("Pre-training", 0, 0, note=words))


def save_backbone(module: nn.Module, path: Path) -> None:
    """All weights, the last layer's too, as safetensors: `network.begin` in a recipe begins with them."""
    part = path.with_name(f".{path.name}.part")
    save_file({name: tensor.contiguous() for name, tensor in module.state_dict().items()}, part)
    part.replace(path)


def _labels(pictures: Pictures) -> Rows:
    """(n,): the class; of one class that stands on its own whether it holds."""
    found = pictures.labels
    return (found[:, 0] > 0.5).astype(np.intp) if found.shape[1] == 1 else found.argmax(axis=1)


def _evenly(labels: Rows) -> Balance:
    """Every class as often as the others."""
    return Balance(1.0 / np.bincount(labels)[labels], None, len(labels), "")


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
