"""Train a model by a recipe."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.progress import Progress
from ml.report.atomic import cannot_write

if TYPE_CHECKING:
    from ml.train.run import Trained
    from ml.train.study_recipe import StudyRecipe
    from ml.train.study_run import Studied


@dataclass(frozen=True)
class TrainRequest:
    """Which recipe, which data, where to."""

    recipe: Path
    data: Path
    out: Path
    folds: int = 0  # only so many of the recipe's folds; 0: as it says


def train(request: TrainRequest, progress: Progress) -> Trained | Studied:
    """Train and write the bundle. Raises `Problem`s; `Cancelled` when a stop is wished.

    A recipe with a [task] is a study of labelled pictures; one without counts nuclei for its labels.
    """
    is_study = _is_study(request.recipe)
    if not request.data.is_dir():
        raise Problem(f"The folder {request.data.name} is not there.", "Give the training data by --data.")
    try:
        request.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(request.out.name, error) from error
    if is_study:
        from ml.train.study_run import run_study

        return run_study(_recipe(request), request.data, request.out, progress)
    if request.folds:
        raise Problem(f"The recipe {request.recipe.name} has no folds.", "Leave --folds out.")
    from ml.train.recipe import read_recipe
    from ml.train.run import train_recipe

    return train_recipe(read_recipe(request.recipe), request.data, request.out, progress)


def _recipe(request: TrainRequest) -> StudyRecipe:
    from ml.train.study_recipe import read_study_recipe

    recipe = read_study_recipe(request.recipe)
    if not request.folds:
        return recipe
    if request.folds > recipe.division.folds:
        raise Problem(
            f"The recipe {request.recipe.name} has {recipe.division.folds} folds, not {request.folds}.",
            "Give fewer with --folds, or leave it out.",
        )
    return replace(recipe, division=replace(recipe.division, run=request.folds))


def _is_study(recipe: Path) -> bool:
    """Whether it has a [task]; what is wrong with a file is said by whoever reads it whole."""
    try:
        return "task" in tomllib.loads(recipe.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
