"""One trial of a search over a study, judged on the side to choose on, never on the reported one."""

from __future__ import annotations

import tempfile
from pathlib import Path

import lightning
import torch

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.train.balance import balance_of
from ml.train.feed import Feed, Order, loader
from ml.train.figures import EpochFigures
from ml.train.folds import Fold
from ml.train.learner import Learner, learn
from ml.train.losses import loss_of
from ml.train.machine import Machine
from ml.train.new_network import network_for, quiet
from ml.train.pictures import Pictures
from ml.train.search_plan import Search
from ml.train.study_recipe import StudyRecipe
from ml.train.tune import Run, Tell

_READ_ONCE = ("size", "channels", "crop", "fitting", "fill", "spacing", "windows", "neighbours")


def require_reached(search: Search) -> None:
    """Raise `Problem` for a setting that no trial reads: ranking it would rank noise.

    Pictures are read and divided once, for all trials, and a trial is judged by its pictures alone.
    """
    for cell in (*search.grid, *search.ranges):
        part, _, key = cell.key.partition(".")
        reached = part in {"network", "fit", "vary", "seed"} and not (part == "network" and key in _READ_ONCE)
        if not reached:
            raise Problem(
                f"The search varies {cell.key}, which trials do not read: pictures are read once for all.",
                "Take it out of the search, or compare two recipes by `train`.",
            )


def trial_on(pictures: Pictures, fold: Fold, data: Path, progress: Progress) -> Run:
    """What `ml.train.tune.tune` calls for each trial; the figure is the best AUROC of the side to choose on.

    Pictures are read once, for all trials: a search varies how they are learned from, not which they are.
    Each epoch is told, so that weak trials are stopped early.
    """

    def run(recipe: StudyRecipe, tell: Tell) -> float:
        lightning.seed_everything(recipe.seed, verbose=False)
        module, _ = network_for(recipe, pictures.how.size, data)
        balance = balance_of(recipe.fit, recipe.task, pictures.labels[fold.fit])
        weights = None if balance.weights is None else torch.from_numpy(balance.weights).float()
        feed = Feed(pictures, recipe)
        order = Order(fold.fit, recipe.fit.batch, recipe.seed, balance)
        choose = loader(feed, Order(fold.choose, 64, 0, None))
        learner = Learner(module, recipe, loss_of(recipe.fit, weights))

        def part(epoch: object) -> None:
            if isinstance(epoch, EpochFigures):
                tell(epoch.epoch, epoch.auroc)

        def step(made: Step) -> None:
            progress.check()
            progress.step(made)

        inner = Progress(step, part)
        with quiet(), tempfile.TemporaryDirectory() as folder:
            history = learn(
                learner, loader(feed, order), choose, Path(folder), fold.number, recipe, inner, Machine(1)
            )
        return max(epoch.auroc for epoch in history)

    return run
