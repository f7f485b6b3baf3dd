"""What a training would look at, and how long it would take here: some pictures, and a measured second."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.train.balance import balance_of
from ml.train.duration import Rates, seconds_of
from ml.train.feed import Feed
from ml.train.learner import freeze_statistics
from ml.train.losses import loss_of
from ml.train.new_network import network_for
from ml.train.pictures import Pictures, read_pictures
from ml.train.seen import as_a_person_sees
from ml.train.study_recipe import NetworkPlan, StudyRecipe, Vary
from ml.train.study_run import rows_for
from ml.train.table import Row, label_in_words

_EACH = 4  # pictures of a class that are shown
_VIEWS = 3  # variations of each
_READ = 24  # pictures of a class that are read, at most: they also tell how fast reading is
_SECOND = 1.0


@dataclass(frozen=True)
class Shown:
    """One picture as the network sees it: without variation, and varied as while learning."""

    event: ClassVar[str] = "shown"
    file: str
    label: str
    patient: str
    plain: str  # PNG
    varied: tuple[str, ...]  # PNG; empty where nothing is varied

    def in_words(self) -> str:
        """One line for a person."""
        return f"{self.file}: {self.label}, written to {Path(self.plain).name}"


@dataclass(frozen=True)
class Rehearsal:
    """What it comes to."""

    pictures: int  # of the whole recipe
    shown: tuple[Shown, ...]
    rates: Rates
    seconds: float  # of the whole training, roughly
    begins_with: str  # where the first weights come from; empty: by chance

    def as_facts(self) -> dict[str, object]:
        """For the end of the command."""
        rates = {name: round(value, 2) for name, value in dataclasses.asdict(self.rates).items()}
        return {
            "pictures": self.pictures,
            "shown": len(self.shown),
            "begins_with": self.begins_with,
            **rates,
            "seconds": round(self.seconds, 1),
        }


def rehearse(recipe: StudyRecipe, data: Path, out: Path, progress: Progress) -> Rehearsal:
    """Write examples into `out` and measure; tells each `Shown` as a part. Raises `Problem`, `Cancelled`."""
    rows = rows_for(recipe, data, progress)
    chosen = _chosen(rows)
    began = time.perf_counter()
    pictures = read_pictures(chosen, recipe.network, progress, [])
    reading = len(pictures) / max(time.perf_counter() - began, 1e-6)
    shown = _written(recipe, pictures, out, progress)
    progress.step(Step("Measuring a second of training", 0, 0))
    module, source = network_for(recipe, pictures.how.size, data)
    rates = Rates(reading, *_rates(module, recipe, pictures, progress))
    return Rehearsal(len(rows), tuple(shown), rates, seconds_of(recipe, len(rows), rates), source)


def _chosen(rows: Sequence[Row]) -> list[Row]:
    """Some of each label, spread over the whole list so that patients differ."""
    by_label: dict[bytes, list[Row]] = {}
    for row in rows:
        by_label.setdefault(row.labels.tobytes(), []).append(row)
    found: list[Row] = []
    for own in by_label.values():
        places = np.linspace(0, len(own) - 1, min(len(own), _READ)).round().astype(int)
        found += [own[place] for place in np.unique(places)]
    return found


def _written(recipe: StudyRecipe, pictures: Pictures, out: Path, progress: Progress) -> list[Shown]:
    """PNG files of a few pictures of each label."""
    shown: list[Shown] = []
    count: dict[str, int] = {}
    chance = torch.Generator().manual_seed(recipe.seed)
    feed = Feed(pictures, recipe)
    for number, row in enumerate(pictures.rows):
        label = label_in_words(row, recipe.task) or "none of them"
        if count.get(label, 0) >= _EACH:
            continue
        progress.check()
        count[label] = count.get(label, 0) + 1
        seeds = torch.randint(1, 2**31, (_VIEWS,), generator=chance).tolist()
        views = [-1, *(seeds if recipe.vary != Vary() else [])]
        paths = [out / f"{len(shown):03d}_{place}.png" for place in range(len(views))]
        for path, seed in zip(paths, views, strict=True):
            _save(_unnormal(feed[((number,), int(seed))][0][0], recipe), recipe.network, path)
        plain, *varied = map(str, paths)
        shown.append(Shown(row.path.name, label, row.group, plain, tuple(varied)))
        progress.part(shown[-1])
    return shown


def _unnormal(picture: Tensor, recipe: StudyRecipe) -> Tensor:
    """What the network gets, as 0..1 again: (channels, h, w)."""
    plan = recipe.network
    mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (plan.mean, plan.std))
    return (picture * std + mean).clamp(0, 1)


def _save(picture: Tensor, plan: NetworkPlan, path: Path) -> None:
    pixels = (picture.permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
    Image.fromarray(as_a_person_sees(pixels, plan)).save(path)


def _rates(
    module: nn.Module, recipe: StudyRecipe, pictures: Pictures, progress: Progress
) -> tuple[float, float]:
    """Pictures a second that are learned from, and that are only seen; each measured for a second."""
    feed, batch = Feed(pictures, recipe), min(recipe.fit.batch, 64)
    rows = tuple(int(n) for n in np.resize(np.arange(len(pictures)), batch))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    module = module.to(device)
    balance = balance_of(recipe.fit, recipe.task, pictures.labels)
    weights = None if balance.weights is None else torch.from_numpy(balance.weights).float().to(device)
    loss = loss_of(recipe.fit, weights)
    free = [value for value in module.parameters() if value.requires_grad]
    if not free:
        raise Problem("Nothing of this network would learn.", "Mend network.learns in the recipe.")
    optimizer = torch.optim.SGD(free, lr=0.0)
    module.train()
    if recipe.network.learns != "all":
        freeze_statistics(module)

    def once(learning: bool) -> None:
        progress.check()
        seen, labels, _ = feed[(rows, 1 if learning else -1)]
        with torch.set_grad_enabled(learning):
            answer = module(seen.to(device))
            if learning:
                loss(answer, labels.to(device)).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                optimizer.zero_grad()

    return _measured(once, True) * batch, _measured(once, False) * batch


def _measured(once: Callable[[bool], None], learning: bool) -> float:
    """How often a second; the first time, which is slower, does not count."""
    once(learning)
    began, times = time.perf_counter(), 0
    while time.perf_counter() - began < _SECOND:
        once(learning)
        times += 1
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return times / (time.perf_counter() - began)
