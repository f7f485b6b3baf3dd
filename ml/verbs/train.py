"""Train a model by a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.progress import Progress
from ml.verbs.study import is_study, made_folder, require_folder

if TYPE_CHECKING:
    from ml.train.run import Trained
    from ml.train.study_run import Studied


@dataclass(frozen=True)
class TrainRequest:
    """Which recipe, which data, where to."""

    recipe: Path
    data: Path
    out: Path


def train(request: TrainRequest, progress: Progress) -> Trained | Studied:
    """Train and write the bundle. Raises `Problem`s; `Cancelled` when a stop is wished.

    A recipe with a [task] is a study of labelled pictures; one without counts nuclei for its labels.
    """
    require_folder(request.data)
    out = made_folder(request.out)
    if is_study(request.recipe):
        from ml.train.study_recipe import read_study_recipe
        from ml.train.study_run import run_study

        return run_study(read_study_recipe(request.recipe), request.data, out, progress)
    from ml.train.recipe import read_recipe
    from ml.train.run import train_recipe

    return train_recipe(read_recipe(request.recipe), request.data, out, progress)
