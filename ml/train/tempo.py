"""How quick a training is here, by a few pictures: learned from and seen just as the training does it."""

from __future__ import annotations

import copy
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from ml.errors import Problem
from ml.progress import Cancelled, Progress, Step
from ml.train import figures
from ml.train.balance import balance_of
from ml.train.duration import Rates
from ml.train.feed import Feed, Order, loader
from ml.train.figures import EpochFigures
from ml.train.folds import Rows
from ml.train.frozen import learned_part
from ml.train.learner import Learner, learn
from ml.train.losses import loss_of
from ml.train.machine import Machine
from ml.train.new_network import network_for, quiet
from ml.train.pictures import Pictures
from ml.train.study_recipe import StudyRecipe
from ml.train.study_run import examples_of, predict

_BATCH = 64  # in which a training sees pictures: another one is quicker or slower
_SEEN, _LEARNED, _LONG = 2.0, 3.0, 8.0  # s: of each at least, after a first time; a slow one ends sooner
_DRAWN = 100  # of the 1,000 times that patients are drawn for the ranges of a verdict
_PHASE = Step("Measuring some seconds of training", 0, 0)


def worked() -> float:
    """Seconds that the processor has worked for this thread, whatever others did; of a graphics card by the
    clock, for its work is no thread's."""
    return time.perf_counter() if torch.cuda.is_available() else time.thread_time()


@dataclass
class Heard:
    """A training of two batches a pass, by what it tells after how much work; ends it when that is enough."""

    progress: Progress
    watched: int  # pictures that each pass is judged on
    began: float = field(default_factory=time.perf_counter)
    told: list[tuple[str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listener = Progress(self._step, self._part)  # for the training

    def rates(self, batch: int) -> dict[str, float]:
        """Those of `Rates` that come of learning. The first batch, which is slower, does not count."""
        batches = self._between("batch", "batch")
        checks, looks = self._between("batch", "pass"), self._between("pass", "looked")
        again = float(np.median(self._between("looked", "batch") or batches))
        one = max(float(np.median(batches)), 1e-6)
        return {
            "learning": batch / one,
            "checking": self.watched / max(float(np.median(checks)), 1e-6),
            "drawing": max(looks, default=0.0),
            "passing": max(0.0, again - one),
        }

    def _between(self, before: str, after: str) -> list[float]:
        pairs = zip(self.told, self.told[1:], strict=False)
        return [end - start for (one, start), (other, end) in pairs if (one, other) == (before, after)]

    def _step(self, _: Step) -> None:
        self.progress.check()
        self._note("batch")
        passes = sum(kind == "pass" for kind, _ in self.told)
        took = time.perf_counter() - self.began
        enough = (passes >= 2 and took > _LEARNED) or (passes >= 1 and took > _LONG)
        if enough and self.told[-2][0] == "batch":
            self.listener.stop()

    def _part(self, part: object) -> None:
        self._note("pass" if isinstance(part, EpochFigures) else "looked")

    def _note(self, kind: str) -> None:
        self.told.append((kind, worked()))


def tempo_of(
    recipe: StudyRecipe, pictures: Pictures, data: Path, reading: float, progress: Progress
) -> tuple[Rates, str]:
    """Rates, and where the network begins (empty: by chance). Raises `Problem`, `Cancelled`."""
    starting = min(time.process_time(), 30.0)  # what was needed until here is needed again
    progress.step(_PHASE)
    module, source = network_for(recipe, pictures.how.size, data)
    if not any(value.requires_grad for value in module.parameters()):
        raise Problem("Nothing of this network would learn.", "Mend network.learns in the recipe.")
    some = pictures.part(np.unique(np.linspace(0, len(pictures) - 1, _BATCH).round().astype(np.intp)))
    clock, work = time.perf_counter(), worked()
    seeing = _seeing(copy.deepcopy(module), Feed(some, recipe), progress)
    learned = _learned(module, some, recipe, progress).rates(recipe.fit.batch)
    judging = _judging(recipe, pictures)
    busy = max(1.0, (time.perf_counter() - clock) / max(worked() - work, 1e-6))
    return beside_others(
        Rates(reading, seeing=seeing, starting=starting, judging=judging, **learned), busy
    ), source


def beside_others(rates: Rates, busy: float) -> Rates:
    """By the clock what was measured by the processor: a few seconds of others' work say little, all together
    say more. Reading was measured by the clock, for it waits for the disk."""
    slower = {name: getattr(rates, name) / busy for name in ("learning", "seeing", "checking")}
    longer = {name: getattr(rates, name) * busy for name in ("starting", "passing", "drawing", "judging")}
    return replace(rates, busy=busy, **slower, **longer)


def _seeing(module: nn.Module, feed: Feed, progress: Progress) -> float:
    """Pictures a second of work."""
    rows = np.resize(np.arange(len(feed)), _BATCH)
    predict(module, feed, rows)
    began, work, times = time.perf_counter(), worked(), 0
    while not times or time.perf_counter() - began < _SEEN:
        progress.check()
        predict(module, feed, rows)
        times += 1
    return times * _BATCH / max(worked() - work, 1e-6)


def _learned(module: nn.Module, pictures: Pictures, recipe: StudyRecipe, progress: Progress) -> Heard:
    """What was heard of learning from these pictures, which leaves nothing."""
    rows: Rows = np.arange(len(pictures))
    watched = rows[::2]
    fit = np.resize(rows, 2 * recipe.fit.batch)
    balance = replace(balance_of(recipe.fit, recipe.task, pictures.labels[fit]), draw=None, count=len(fit))
    weights = None if balance.weights is None else torch.from_numpy(balance.weights).float()
    endless = replace(recipe, fit=replace(recipe.fit, epochs=1000, patience=0))
    with quiet(), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        part, feed = learned_part(module, pictures, recipe, folder / "features", progress.unheard())
        order = Order(fit, recipe.fit.batch, recipe.seed, balance)
        sides = loader(feed, order), loader(feed, Order(watched, _BATCH, 0, None))
        examples = examples_of(recipe, pictures, watched, module, folder)
        learner = Learner(part, recipe, loss_of(recipe.fit, weights))
        heard = Heard(progress, len(watched))
        try:
            learn(learner, *sides, folder, 0, endless, heard.listener, Machine(1), examples)
        except Cancelled:
            progress.check()
    return heard


def _judging(recipe: StudyRecipe, pictures: Pictures) -> float:
    """Seconds that a verdict of these pictures takes: most of it are its ranges, of all and of each part."""
    work = worked()
    chance = np.random.default_rng(0).random(pictures.labels.shape, dtype=np.float32)
    figures.report(recipe.task, chance, pictures.labels, pictures.groups, _DRAWN)
    return (worked() - work) * 1000 / _DRAWN
