"""`parfocal-ml tune`: look for better settings of a recipe, a search that is stopped and gone on with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.verbs.study import made_folder, study_of

if TYPE_CHECKING:
    from ml.train.tune import Told

DATABASE = "search.db"


@dataclass(frozen=True)
class TuneRequest:
    """Which recipe, what is searched (`resources/searches`), which data, where to."""

    recipe: Path
    search: Path
    data: Path
    out: Path  # a folder: `search.db` in it holds every trial
    trials: int | None = None  # of each study; None: as the search says


@dataclass(frozen=True)
class Tuned:
    """All trials, those of earlier runs too."""

    told: tuple[Told, ...]
    best: Told | None  # None: none has come to its end
    files: tuple[Path, ...]


def tune(request: TuneRequest, progress: Progress) -> Tuned:
    """Go through the grid, and within each of its cells search the ranges; tells a `Told` after each trial.

    Trials are judged on the side to choose on of the first fold: patients to report on are never looked at.
    The same call goes on where it was stopped. Raises `Problem` for a search that does not reach the network,
    or another one than the database holds; `Cancelled`.
    """
    from dataclasses import replace

    recipe = study_of(request.recipe, request.data)
    from ml.train.divided import read_divided
    from ml.train.search_report import best_of, write_search
    from ml.train.trial import require_reached, trial_on
    from ml.train.tune import read_search
    from ml.train.tune import tune as go_through

    search = read_search(request.search)
    if request.trials is not None:
        search = replace(search, trials=request.trials)
    if not search.ranges and not search.grid:
        raise Problem(f"{request.search.name} varies nothing.", "Write [[ranges]] into it.")
    require_reached(search)
    out = made_folder(request.out)
    divided = read_divided(recipe, request.data, progress)
    run = trial_on(divided.pictures, divided.folds[0], request.data, progress)
    told = go_through(recipe, search, out / DATABASE, run, progress)
    progress.step(Step("Writing the search", 0, 0))
    files = write_search(recipe, told, out / DATABASE, out)
    return Tuned(tuple(told), best_of(told), (out / DATABASE, *files))
