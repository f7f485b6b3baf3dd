"""A search for better settings as the first part of a training: with its best the folds are learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ml.progress import Progress, Step
from ml.report.words import count
from ml.train.duration import SEARCHING
from ml.train.folds import Fold
from ml.train.pictures import Pictures
from ml.train.search_plan import Search, settings_in_words, tried_and_taken
from ml.train.study_recipe import StudyRecipe

if TYPE_CHECKING:
    from ml.train.tune import Told

FOLDER, DATABASE = "search", "search.db"
"""The folder within that of the folds, as what is found is part of what was learned; its trials."""


def searched(
    recipe: StudyRecipe, pictures: Pictures, folds: Sequence[Fold], data: Path, kept: Path, progress: Progress
) -> tuple[StudyRecipe, dict[str, object]]:
    """The recipe with the settings that did best, and what was found, for report.json.

    Trials are judged on the side to choose on of the first of `folds`; finished ones of an earlier run, which
    lie in `kept`, count. Without a search, and where no trial came to its end, the recipe stays. Raises
    `Problem`s, `Cancelled`.
    """
    search = recipe.search
    if search is None:
        return recipe, {}
    from ml.train.search_report import best_of, best_recipe
    from ml.train.trial import require_reached, trial_on
    from ml.train.tune import tune

    require_reached(search)
    fold, folder = folds[0], kept / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    plain = replace(recipe, search=None)
    short = replace(plain, fit=replace(plain.fit, epochs=search.passes or plain.fit.epochs))
    inner = _counted(progress, search.trials)
    told = tune(short, search, folder / DATABASE, trial_on(pictures, fold, data, inner), inner)
    best = best_of(told)
    if best is None:
        progress.step(Step(SEARCHING, len(told), len(told), note="No settings could be tried to the end."))
        words = f"None of {len(told)} could be tried to the end: it learned with the settings of the recipe."
        return recipe, {"search": {"tried": len(told), "in_words": words}}
    found = settings_in_words(best.parameters)
    note = (
        f"Better settings were looked for. The best of {len(told)} has AUROC {best.value:.3f} with {found}."
    )
    progress.step(Step(SEARCHING, len(told), len(told), note=note))
    made = best_recipe(plain, best)
    facts = _facts(search, told, best, _judged_by(pictures, folds))
    return replace(made, search=search), {"search": facts}


def _facts(search: Search, told: Sequence[Told], best: Told, judged_by: str) -> dict[str, object]:
    """What was tried, what was taken, and who decided: for report.json and the report that people read."""
    ended = sum(one.value is not None for one in told)
    return {
        "tried": len(told),
        "auroc": round(best.value or 0.0, 4),
        "settings": dict(best.parameters),
        "lines": tried_and_taken(search, {**best.fixed, **best.parameters}),
        "in_words": f"{len(told)} were tried, {ended} of them to the end. {judged_by}",
    }


def _judged_by(pictures: Pictures, folds: Sequence[Fold]) -> str:
    """Who decided, and whether the same patients are reported on."""
    deciding = {pictures.groups[row] for row in folds[0].choose}
    reported = {pictures.groups[row] for fold in folds for row in fold.report}
    both = len(deciding & reported)
    patients = count(len(deciding), "patient")
    who = f"Taken was what told {patients} (or groups) apart best, none of them learned from."
    if not both:
        return f"{who} None of these is among those that are reported on."
    return (
        f"{who} {both:,} of these are reported on too, by other networks that had not seen them: their part "
        "of the figures may be a little too good."
    )


def _counted(progress: Progress, total: int) -> Progress:
    """The same run, whose steps count the trials: how far one of them is tells nobody anything."""

    def step(made: Step) -> None:
        progress.check()
        if made.phase.startswith("Searching"):
            progress.step(Step(SEARCHING, made.done, total, note=made.note))

    return Progress(step, progress.part)
