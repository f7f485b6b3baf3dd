"""How long a training takes, out of what was measured for a second."""

from __future__ import annotations

from dataclasses import dataclass

from ml.train.study_recipe import StudyRecipe, Vary


@dataclass(frozen=True)
class Rates:
    """Pictures a second on this computer."""

    reading: float  # from the disk, prepared
    learning: float  # seen and learned from
    seeing: float  # only seen


def keeps_features(recipe: StudyRecipe) -> bool:
    """Whether every picture goes through the frozen layers once, and not in every epoch."""
    return recipe.network.learns == "head" and recipe.network.keep_features and recipe.vary == Vary()


def seconds_of(recipe: StudyRecipe, pictures: int, rates: Rates) -> float:
    """Seconds of the whole training, roughly: reading once, then fold after fold.

    Of the first fold all pictures are seen once more: what the model is familiar with.
    """
    folds = recipe.division.folds
    run = recipe.division.run or folds
    fit_count, choose_count = pictures * max(folds - 2, 1) / folds, pictures / folds
    begun = pictures / rates.reading + pictures / rates.seeing
    if keeps_features(recipe):
        return begun + pictures / rates.seeing + run * 2 * choose_count / rates.seeing
    epoch = (recipe.fit.drawn or fit_count) / rates.learning + choose_count / rates.seeing
    members = run * (1 + len(recipe.network.also))
    return begun + members * (recipe.fit.epochs * epoch + choose_count / rates.seeing)
