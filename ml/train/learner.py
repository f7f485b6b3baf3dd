"""One network learning one fold, on Lightning: resumed after a kill as if nothing had happened."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ml.model.features import head_of
from ml.progress import Progress, Step
from ml.train.examples import Examples
from ml.train.figures import EpochFigures, quick
from ml.train.losses import Loss
from ml.train.machine import Machine
from ml.train.study_recipe import Fit, StudyRecipe

ONE = Machine()
"""All graphics cards there are, else one process."""

LAST, BEST = "last.ckpt", "best.safetensors"


class Learner(lightning.LightningModule):
    """The network with its loss and optimiser. Randomness inside it depends on seed and step alone."""

    def __init__(self, module: nn.Module, recipe: StudyRecipe, loss: Loss) -> None:
        super().__init__()
        self.module = module
        self._recipe, self._loss = recipe, loss
        self._losses: list[float] = []
        self._answers: list[tuple[Tensor, Tensor]] = []
        self.figures: dict[str, float] = {}  # of the last epoch, on the side to choose on
        self.said = np.empty((0, 0), dtype=np.float32)  # probabilities of that side, (n, classes)

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> Tensor:
        """The loss of one batch."""
        pictures, labels, _rows = batch
        torch.manual_seed(self._recipe.seed * 1_000_003 + self.global_step)  # of dropout
        loss = self._loss(self.module(pictures), labels)
        self._losses.append(float(loss.detach()))
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> None:
        """Answers for the side to choose on."""
        pictures, labels, _rows = batch
        self._answers.append((self.module(pictures).float().cpu(), labels.cpu()))

    def on_train_epoch_start(self) -> None:
        """Frozen layers keep the statistics that they came with."""
        self._losses = []
        plan = self._recipe.network
        if plan.statistics == "keep" or plan.learns != "all":
            freeze_statistics(self.module)

    def on_validation_epoch_end(self) -> None:
        """The epoch's figures."""
        logits, labels = (torch.cat(parts) for parts in zip(*self._answers, strict=True))
        self._answers = []
        with torch.no_grad():
            loss = float(self._loss(logits.to(self.device), labels.to(self.device)))
        found = self.said = answers(logits, self._recipe).numpy()
        own = torch.tensor(np.mean(self._losses) if self._losses else math.nan, device=self.device)
        fit_loss = float(self.trainer.strategy.reduce(own.float(), reduce_op="mean"))
        self.figures = {
            "fit_loss": fit_loss,
            "loss": loss,
            **quick(self._recipe.task, found, labels.numpy()),
        }
        if self.trainer.logger is not None:
            self.log_dict(self.figures, sync_dist=True)

    def configure_optimizers(self) -> Any:
        """The recipe's optimiser; its rate rises for a while and falls by a half cosine, step by step."""
        fit = self._recipe.fit
        groups = _groups(self.module, fit)
        makers = {
            "adamw": lambda: torch.optim.AdamW(groups, weight_decay=fit.decay),
            "adam": lambda: torch.optim.Adam(groups),
            "sgd": lambda: torch.optim.SGD(groups, momentum=fit.momentum, weight_decay=fit.decay),
        }
        optimizer: torch.optim.Optimizer = makers[fit.optimizer]()  # type: ignore[no-untyped-call]
        steps = int(self.trainer.estimated_stepping_batches)  # fewer where several processes share an epoch
        rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_at(step, steps, fit))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": rate, "interval": "step"}}


class Keeper(Callback):
    """Writes down each epoch so that a kill loses no more than one, keeps the best weights, ends in time."""

    def __init__(
        self, folder: Path, fold: int, fit: Fit, progress: Progress, examples: Examples | None
    ) -> None:
        self._folder, self._fold, self._fit, self._progress = folder, fold, fit, progress
        self._examples = examples
        self.history: list[EpochFigures] = []
        self._began = self._epoch_began = time.perf_counter()

    def state_dict(self) -> dict[str, Any]:
        """What has been, for the run that goes on from here."""
        return {"history": [vars(epoch) for epoch in self.history]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from there."""
        self.history = [EpochFigures(**epoch) for epoch in state_dict["history"]]

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Start the epoch's clock."""
        self._epoch_began = time.perf_counter()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:  # noqa: ARG002
        """Say how far it is; end here when a stop is wished."""
        self._progress.check()
        done, total = trainer.global_step, trainer.max_epochs * trainer.num_training_batches
        seconds = time.perf_counter() - self._began
        self._progress.step(Step(f"Training, fold {self._fold + 1}", done, int(total), seconds))

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Keep the epoch, and its weights if it is the best so far."""
        if trainer.sanity_checking:
            return
        figures = pl_module.figures
        seconds = time.perf_counter() - self._epoch_began
        epoch = EpochFigures(self._fold, trainer.current_epoch + 1, seconds=round(seconds, 2), **figures)
        self.history.append(epoch)
        if trainer.is_global_zero:
            if self.best is epoch:
                weights = {k: v.detach().cpu().contiguous() for k, v in pl_module.module.state_dict().items()}
                save_file(weights, self._folder / f"{BEST}.part")
                (self._folder / f"{BEST}.part").replace(self._folder / BEST)
            self._progress.part(epoch)
            if self._examples is not None:
                self._progress.part(self._examples.told(self._fold, epoch.epoch, pl_module.said))
        last = len(self.history)
        if self._fit.patience and last - self.history.index(self.best) > self._fit.patience:
            trainer.should_stop = True

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:  # noqa: ARG002
        """Whole or not at all: a kill while it is written leaves the one before."""
        part = self._folder / f"{LAST}.part"
        trainer.save_checkpoint(part)
        if trainer.is_global_zero:
            part.replace(self._folder / LAST)

    @property
    def best(self) -> EpochFigures:
        """The epoch whose watched figure is best; of equal ones the one with the least loss."""
        watch = self._fit.watch
        sign = -1 if watch == "loss" else 1
        return max(
            self.history,
            key=lambda epoch: (sign * _or_worst(getattr(epoch, watch), sign), -_or_worst(epoch.loss, -1)),
        )


def learn(
    learner: Learner,
    fit: Any,
    choose: Any,
    folder: Path,
    fold: int,
    recipe: StudyRecipe,
    progress: Progress,
    machine: Machine = ONE,
    examples: Examples | None = None,
) -> list[EpochFigures]:
    """Train in place and leave the best epoch's weights in the network; goes on where a killed run stopped.

    `fit` and `choose` are loaders; `examples` are of the rows of `choose`,
    whose answers are told. Raises `Cancelled` when a stop is wished.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keeper = Keeper(folder, fold, recipe.fit, progress, examples)
    begun = folder / LAST
    trainer = lightning.Trainer(
        max_epochs=recipe.fit.epochs,
        **machine.trainer_words(),
        precision="bf16-mixed" if torch.cuda.is_available() else "32-true",
        callbacks=[keeper],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        default_root_dir=folder,
    )
    trainer.fit(learner, fit, choose, ckpt_path=str(begun) if begun.is_file() else None, weights_only=True)
    learner.module.load_state_dict(load_file(folder / BEST))
    return keeper.history


def answers(logits: Tensor, recipe: StudyRecipe) -> Tensor:
    """Probabilities, (n, classes)."""
    return torch.sigmoid(logits) if recipe.task.output == "sigmoid" else torch.softmax(logits, dim=1)


def rate_at(step: int, steps: int, fit: Fit) -> float:
    """The learning rate at a step, over the highest."""
    if fit.constant:
        return 1.0
    warm = fit.warm * steps
    if step < warm:
        return (step + 1) / (warm + 1)
    share = min(1.0, (step - warm) / max(steps - warm, 1))
    return 0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2


def _groups(module: nn.Module, fit: Fit) -> list[dict[str, Any]]:
    """What may be changed: the last layer at the full rate, all before it at the backbone's."""
    head = {id(parameter) for parameter in head_of(module).parameters()}
    free = [parameter for parameter in module.parameters() if parameter.requires_grad]
    groups = (
        ([p for p in free if id(p) in head], fit.rate),
        ([p for p in free if id(p) not in head], fit.backbone_rate or fit.rate),
    )
    return [{"params": parameters, "lr": rate} for parameters, rate in groups if parameters]


def freeze_statistics(module: nn.Module) -> None:
    """Batch normalisation goes by the statistics that it has, and leaves them as they are."""
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.eval()


def _or_worst(value: float, sign: int) -> float:
    return -sign * math.inf if math.isnan(value) else value
