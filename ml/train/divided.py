"""A recipe's pictures with their folds, for whatever is done with them beside a whole study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ml.errors import Problem
from ml.progress import Progress
from ml.train import leakage
from ml.train.folds import Fold, fold_numbers, folds_of
from ml.train.lookalike import joined_where_wished
from ml.train.pictures import Pictures, read_pictures
from ml.train.study_recipe import StudyRecipe
from ml.train.study_run import rows_for


@dataclass(frozen=True, eq=False)
class Divided:
    """Read, divided, and found to know nothing of each other across the sides."""

    pictures: Pictures
    folds: tuple[Fold, ...]

    def fold(self, number: int) -> Fold:
        """The fold of that number, from 0. Raises `Problem` where there is none."""
        found = next((fold for fold in self.folds if fold.number == number), None)
        if found is None:
            raise Problem(f"There is no fold {number}.", f"The recipe has {len(self.folds)}, counted from 0.")
        return found


def read_divided(recipe: StudyRecipe, data: Path, progress: Progress) -> Divided:
    """As `run_study` reads and divides them. Raises `Problem` for what would stop it, `Cancelled`."""
    pictures = read_pictures(rows_for(recipe, data, progress), recipe.network, progress)
    pictures, _ = joined_where_wished(pictures, recipe.division)
    numbers = fold_numbers(pictures, recipe.task, recipe.division)
    if recipe.division.by in {"group", "site"}:
        found = leakage.inspect(pictures, numbers)
        leakage.refuse(found, duplicates_too=recipe.division.duplicates != "warn")
    return Divided(pictures, tuple(folds_of(numbers, recipe.division)))
