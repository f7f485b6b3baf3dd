"""What a training would look at, and how long it would take here: some pictures, some measured seconds."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ml.progress import Progress
from ml.train.duration import Rates, parts_of, range_of
from ml.train.feed import Feed
from ml.train.pictures import Pictures, read_pictures
from ml.train.seen import as_a_person_sees
from ml.train.study_recipe import NetworkPlan, StudyRecipe, Vary
from ml.train.study_run import rows_for
from ml.train.table import Row, label_in_words
from ml.train.tempo import tempo_of

_EACH = 4  # pictures of a class that are shown
_VIEWS = 3  # variations of each
_READ = 24  # pictures of a class that are read, at most: they also tell how fast reading is


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

    recipe: StudyRecipe
    pictures: int  # of the whole recipe
    shown: tuple[Shown, ...]
    rates: Rates
    begins_with: str  # where the first weights come from; empty: by chance

    def as_facts(self) -> dict[str, object]:
        """For the end of the command; `seconds` of the whole training, between `low` and `high`."""
        rates = {name: round(value, 4) for name, value in dataclasses.asdict(self.rates).items()}
        parts = parts_of(self.recipe, self.pictures, self.rates)
        low, high = range_of(parts, self.rates.busy)
        return {
            "pictures": self.pictures,
            "shown": len(self.shown),
            "begins_with": self.begins_with,
            **rates,
            "seconds": round(sum(part.seconds for part in parts), 1),
            "low": round(low, 1),
            "high": round(high, 1),
        }


def rehearse(recipe: StudyRecipe, data: Path, out: Path, progress: Progress) -> Rehearsal:
    """Write examples into `out` and measure; tells each `Shown` as a part. Raises `Problem`, `Cancelled`."""
    rows = rows_for(recipe, data, progress)
    chosen = _chosen(rows)
    began = time.perf_counter()
    pictures = read_pictures(chosen, recipe.network, progress, [])
    reading = len(pictures) / max(time.perf_counter() - began, 1e-6)
    shown = _written(recipe, pictures, out, progress)
    rates, source = tempo_of(recipe, pictures, data, reading, progress)
    return Rehearsal(recipe, len(rows), tuple(shown), rates, source)


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
