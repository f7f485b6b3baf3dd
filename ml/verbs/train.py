"""Train a model by a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.progress import Progress
from ml.report.atomic import cannot_write

if TYPE_CHECKING:
    from ml.train.run import Trained


@dataclass(frozen=True)
class TrainRequest:
    """Which recipe, which data, where to."""

    recipe: Path
    data: Path
    out: Path


def train(request: TrainRequest, progress: Progress) -> Trained:
    """Train and write the bundle. Raises `Problem`s; `Cancelled` when a stop is wished."""
    from ml.train.recipe import read_recipe
    from ml.train.run import train_recipe

    recipe = read_recipe(request.recipe)
    if not request.data.is_dir():
        raise Problem(f"The folder {request.data.name} is not there.", "Give the training data by --data.")
    try:
        request.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(request.out.name, error) from error
    return train_recipe(recipe, request.data, request.out, progress)
