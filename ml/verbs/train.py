"""Train a model by a recipe."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ml.errors import Problem
from ml.progress import Progress, is_first
from ml.verbs.study import is_study, made_folder, require_folder

if TYPE_CHECKING:
    from ml.train.run import Trained
    from ml.train.study_recipe import StudyRecipe
    from ml.train.study_run import Studied

_REPORTS = ("report.json", "report.html", "report.pdf")


@dataclass(frozen=True)
class TrainRequest:
    """Which recipe, which data, where to."""

    recipe: Path
    data: Path
    out: Path
    folds: int = 0  # only so many of the recipe's folds; 0: as it says
    tensorboard: Path | None = None  # a folder for curves
    devices: int = 0  # graphics cards, on a CPU processes; 0: all graphics cards, else one process
    strategy: Literal["auto", "ddp"] = "auto"
    mlflow: str = ""  # a tracking URI, or "local"; empty: no experiment is kept
    nodes: int = 1  # computers that torchrun has started this on


def train(request: TrainRequest, progress: Progress) -> Trained | Studied:
    """Train and write the bundle. Raises `Problem`s; `Cancelled` when a stop is wished.

    A recipe with a [task] is a study of labelled pictures; one without counts nuclei for its labels. Before
    memory or disk is full it waits, with or without a window.
    """
    from ml.train.room import Guard

    require_folder(request.data)
    if is_first():  # the others wait for it
        progress = progress.guarded_by(Guard(request.out, progress))
    if is_study(request.recipe):
        return _study(request, progress)
    if request.folds:
        raise Problem(f"The recipe {request.recipe.name} has no folds.", "Leave --folds out.")
    from ml.train.board import Board
    from ml.train.recipe import read_recipe
    from ml.train.run import train_recipe

    if request.devices > 1 or request.nodes > 1:
        raise Problem(
            "Only a recipe with a [task] learns on several devices.", "Leave --devices and --nodes out."
        )
    if request.mlflow:
        raise Problem("Only a recipe with a [task] is kept as an experiment.", "Leave --mlflow out.")
    recipe = read_recipe(request.recipe)
    with ExitStack() as listeners:
        if request.tensorboard is not None:
            board = listeners.enter_context(Board(request.tensorboard))
            progress = progress.heard_by(board.hear)
        return train_recipe(recipe, request.data, made_folder(request.out), progress)


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


def _study(request: TrainRequest, progress: Progress) -> Studied:
    """A study, with whoever listens to it: learning itself knows nothing of them."""
    from ml.train.board import Board
    from ml.train.experiment import Experiment
    from ml.train.machine import Machine
    from ml.train.study_run import run_study
    from ml.train.toml_text import toml_of

    recipe = _recipe(request)
    machine = Machine(request.devices, request.strategy, request.nodes)
    machine.require_possible(recipe)
    out = made_folder(request.out)
    with ExitStack() as listeners:
        kept = None
        if request.tensorboard is not None and is_first():
            board = listeners.enter_context(Board(request.tensorboard, toml_of(recipe)))
            progress = progress.heard_by(board.hear)
        if request.mlflow and is_first():
            kept = listeners.enter_context(Experiment(request.mlflow, recipe, progress))
            progress = progress.heard_by(kept.hear)
        done = run_study(recipe, request.data, out, progress, machine)
        if kept is not None:
            kept.keep(done.facts, tuple(out / name for name in _REPORTS), done.bundle.path)
        return done
