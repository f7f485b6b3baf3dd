"""Looking for better settings: an Optuna study in a database file, stopped and gone on with at any time."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.train.search_plan import Range, Search
from ml.train.study_recipe import StudyRecipe
from ml.train.toml_values import read_toml

Tell = Callable[[int, float], None]
"""Epoch and figure, on the way."""

_APART = 1009
"""Between the seeds of two trials: each is drawn by one of its own, so that a search which was killed and
gone on with tries what one that was not would have tried."""

Run = Callable[[StudyRecipe, Tell], float]
"""Trains a recipe and returns the figure to make greatest; tells (epoch, figure) on the way."""


def read_search(path: Path) -> Search:
    """Read a TOML file of `[[ranges]]`. Raises `Problem`."""
    return read_toml(path, Search)


@dataclass(frozen=True)
class Told:
    """One finished trial."""

    study: str
    number: int
    value: float | None  # None: it did not come to its end
    parameters: Mapping[str, Any]
    state: Literal["complete", "pruned", "failed"] = "complete"  # pruned: weak, so that it was stopped early
    fixed: Mapping[str, Any] = field(default_factory=dict)  # its cell of the grid
    event: ClassVar[str] = "trial"

    def in_words(self) -> str:
        """One line for a person."""
        words = "stopped early" if self.state == "pruned" else "failed"
        found = words if self.value is None else f"{self.value:.4f}"
        settings = ", ".join(f"{key} {_short(value)}" for key, value in self.parameters.items())
        return f"{self.study}, trial {self.number + 1}: {found} with {settings}"


def tune(recipe: StudyRecipe, search: Search, database: Path, run: Run, progress: Progress) -> list[Told]:
    """Go through all studies; finished trials of an earlier run count. Raises `Cancelled`, `Problem`.

    A range that does not reach the recipe is refused before anything is trained: a search over what nobody
    reads ranks noise.
    """
    for cell in (*search.grid, *search.ranges):
        changed(recipe, {cell.key: _probe(cell, recipe)}, must_differ=True)
    optuna.logging.set_verbosity(logging.WARNING)
    storage = optuna.storages.RDBStorage(f"sqlite:///{database.absolute()}")
    told: list[Told] = []
    for number, fixed in enumerate(_cells(search.grid)):
        name = ", ".join(f"{key}={value}" for key, value in fixed.items()) or recipe.name
        study = optuna.create_study(
            storage=storage,
            study_name=name,
            load_if_exists=True,
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=search.startup, n_warmup_steps=1),
        )
        based = changed(recipe, fixed)
        _require_same(study, based, search)
        _drop_torn(study)
        while _finished(study) < search.trials:
            progress.check()
            progress.step(Step(f"Searching: {name}", _finished(study), search.trials))
            study.sampler = _sampler(search, recipe.seed + number + _APART * _finished(study))
            study.optimize(partial(_try, based, search.ranges, run, progress), n_trials=1)
            progress.part(_told(name, study.trials[-1], fixed))
        told += [_told(name, trial, fixed) for trial in study.trials if trial.state.is_finished()]
    return told


def importances(database: Path, study: str) -> dict[str, float]:
    """Which settings made the difference, adding up to 1 (fANOVA, Hutter et al. 2014); {} for few trials."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{database.absolute()}")
    loaded = optuna.load_study(study_name=study, storage=storage)
    values = [trial.value for trial in loaded.trials if trial.state is TrialState.COMPLETE]
    if len(values) < 4 or len(set(values)) < 2:
        return {}
    found = optuna.importance.get_param_importances(
        loaded, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0)
    )
    return {key: float(value) for key, value in found.items()}


def changed(recipe: StudyRecipe, values: Mapping[str, Any], *, must_differ: bool = False) -> StudyRecipe:
    """The recipe with values at places like "fit.rate". Raises `Problem` for one that it does not have."""
    made = recipe
    for key, value in values.items():
        after = _placed(made, key.split("."), value, key)
        if must_differ and after == made:
            raise Problem(f"The search varies {key}, which changes nothing.", "Take it out of the search.")
        made = after
    return made


def _placed(part: Any, way: list[str], value: Any, key: str) -> Any:
    if isinstance(part, Mapping):
        inner = value if len(way) == 1 else _placed(part[way[0]], way[1:], value, key)
        return {**part, way[0]: inner}
    if not is_dataclass(part) or way[0] not in {item.name for item in fields(part)}:
        raise Problem(f"The search varies {key}, which the recipe does not have.", "Mend its name.")
    inner = value if len(way) == 1 else _placed(getattr(part, way[0]), way[1:], value, key)
    return replace(part, **{way[0]: inner})  # type: ignore[type-var]


def _probe(cell: Range, recipe: StudyRecipe) -> Any:
    """A value of the range that the recipe does not have already."""
    now: Any = recipe
    for step in cell.key.split("."):
        now = now.get(step) if isinstance(now, Mapping) else getattr(now, step, None)
    values = cell.choices or (_of_kind(cell, cell.low), _of_kind(cell, cell.high))
    return next((value for value in values if value != now), values[0])


def _cells(grid: Iterable[Range]) -> Iterable[dict[str, Any]]:
    cells: list[dict[str, Any]] = [{}]
    for axis in grid:
        cells = [{**cell, axis.key: value} for cell in cells for value in axis.choices]
    return cells


def _try(recipe: StudyRecipe, ranges: Iterable[Range], run: Run, progress: Progress, trial: Trial) -> float:
    def tell(epoch: int, figure: float) -> None:
        progress.check()
        trial.report(figure, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned

    return run(changed(recipe, {cell.key: _suggested(trial, cell) for cell in ranges}), tell)


def _suggested(trial: Trial, cell: Range) -> Any:
    if cell.choices:
        return trial.suggest_categorical(cell.key, list(cell.choices))
    if cell.whole:
        return trial.suggest_int(cell.key, int(cell.low), int(cell.high), log=cell.log)
    return trial.suggest_float(cell.key, cell.low, cell.high, log=cell.log)


def _of_kind(cell: Range, value: float) -> float | int:
    return int(value) if cell.whole else value


def _sampler(search: Search, seed: int) -> optuna.samplers.BaseSampler:
    if search.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed)


def _finished(study: optuna.Study) -> int:
    return sum(trial.state in {TrialState.COMPLETE, TrialState.PRUNED} for trial in study.trials)


def _drop_torn(study: optuna.Study) -> None:
    """Trials that a kill left running never end: they are marked as failed and made again."""
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)


def _require_same(study: optuna.Study, based: StudyRecipe, search: Search) -> None:
    """Trials of another recipe, or of other ranges, cannot be compared with new ones."""
    told = repr((based, search.ranges))
    mark = hashlib.sha256(told.encode()).hexdigest()
    if study.user_attrs.setdefault("of", mark) != mark:
        raise Problem(
            "The database holds trials of another recipe or of other ranges.",
            "Give another folder, or the recipe and the search as they were.",
        )
    study.set_user_attr("of", mark)


_STATES: dict[TrialState, Literal["complete", "pruned"]] = {
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
}


def _told(study: str, trial: FrozenTrial, fixed: Mapping[str, Any]) -> Told:
    value = trial.value if trial.state is TrialState.COMPLETE else None
    return Told(study, trial.number, value, dict(trial.params), _STATES.get(trial.state, "failed"), fixed)


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
