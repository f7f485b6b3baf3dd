"""A search for better settings as the first part of a training: with its best the folds are learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ml.progress import Progress, Step
from ml.train.duration import SEARCHING
from ml.train.folds import Fold
from ml.train.pictures import Pictures
from ml.train.search_plan import settings_in_words
from ml.train.study_recipe import StudyRecipe

FOLDER, DATABASE = "search", "search.db"
"""The folder within that of the folds, as what is found is part of what was learned; its trials."""


def searched(
    recipe: StudyRecipe, pictures: Pictures, fold: Fold, data: Path, folds: Path, progress: Progress
) -> tuple[StudyRecipe, dict[str, object]]:
    """The recipe with the settings that did best, and what was found, for report.json.

    Trials are judged on the side to choose on of the first fold; finished ones of an earlier run count.
    Without a search, and where no trial came to its end, the recipe stays. Raises `Problem`s, `Cancelled`.
    """
    search = recipe.search
    if search is None:
        return recipe, {}
    from ml.train.search_report import best_of, best_recipe
    from ml.train.trial import require_reached, trial_on
    from ml.train.tune import tune

    require_reached(search)
    folder = folds / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    plain = replace(recipe, search=None)
    short = replace(plain, fit=replace(plain.fit, epochs=search.passes or plain.fit.epochs))
    inner = _counted(progress, search.trials)
    told = tune(short, search, folder / DATABASE, trial_on(pictures, fold, data, inner), inner)
    best = best_of(told)
    if best is None:
        progress.step(Step(SEARCHING, len(told), len(told), note="No settings could be tried to the end."))
        return recipe, {}
    found = settings_in_words(best.parameters)
    note = (
        f"Better settings were looked for. The best of {len(told)} has AUROC {best.value:.3f} with {found}."
    )
    progress.step(Step(SEARCHING, len(told), len(told), note=note))
    made = best_recipe(plain, best)
    facts = {"tried": len(told), "auroc": round(best.value or 0.0, 4), "settings": dict(best.parameters)}
    return replace(made, search=search), {"search": facts}


def _counted(progress: Progress, total: int) -> Progress:
    """The same run, whose steps count the trials: how far one of them is tells nobody anything."""

    def step(made: Step) -> None:
        progress.check()
        if made.phase.startswith("Searching"):
            progress.step(Step(SEARCHING, made.done, total, note=made.note))

    return Progress(step, progress.part)
