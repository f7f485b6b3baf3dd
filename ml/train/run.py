"""One training run from recipe to bundle."""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from ml.model.network import build
from ml.progress import Progress, Step
from ml.train.dataset import read_examples
from ml.train.export import card_of, export, halved
from ml.train.fit import Epoch, fit
from ml.train.measure import by_source, operating_threshold
from ml.train.recipe import SIDES, Recipe
from ml.train.split import Split, split
from ml.zoo.bundle import Bundle, open_bundle


@dataclass(frozen=True)
class Trained:
    """What a run comes to. `metrics` are those of the card."""

    bundle: Bundle
    history: tuple[Epoch, ...]
    metrics: Mapping[str, object]


def train_recipe(recipe: Recipe, data: Path, out: Path, progress: Progress) -> Trained:
    """Read, count, split, teach, measure, write `out/<name>` and `out/metrics.json`.

    The same recipe, data and computer give the same figures. Tells `Step`s and an `Epoch` after each epoch.
    Raises `Problem`s, and `Cancelled` when a stop is wished: then nothing is written.
    """
    _seed(recipe.seed)
    sides = split(recipe, read_examples(recipe, data, progress))
    module = build(card_of(recipe, sides, {}, 0.5)).to(memory_format=torch.channels_last)
    history = fit(module, recipe, sides.fit, sides.choose, progress)
    progress.step(Step("Measuring on what it has not seen", 0, 0))
    halved(module).eval()
    metrics = {
        "held_out": by_source(module, recipe, sides.report),
        "chosen_on": by_source(module, recipe, sides.choose),
    }
    threshold = operating_threshold(module, recipe, sides.choose)
    progress.check()
    folder = out / recipe.name
    beside = out / f".{recipe.name}.part"
    try:
        export(module, recipe, sides, metrics, threshold, beside)
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    facts = {"metrics": metrics, "threshold": threshold, "epochs": [dataclasses.asdict(e) for e in history]}
    text = json.dumps(facts | {"pictures": _counts(recipe, sides)}, indent=2)
    (out / "metrics.json").write_text(text + "\n", encoding="utf-8")
    return Trained(open_bundle(folder), tuple(history), metrics)


def _counts(recipe: Recipe, sides: Split) -> dict[str, dict[str, int]]:
    names = [source.name for source in recipe.sources]
    return {side: {n: sum(e.source == n for e in sides.side(side)) for n in names} for side in SIDES}


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - timm's initialisation may draw from it
    torch.manual_seed(seed)
