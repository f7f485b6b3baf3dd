"""What the commands of a study have in common: its recipe, its data, the folder for what comes out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import Problem
from ml.report.atomic import cannot_write

if TYPE_CHECKING:
    from ml.train.study_recipe import StudyRecipe


def is_study(recipe: Path) -> bool:
    """Whether it has a [task]; what is wrong with a file is said by whoever reads it whole."""
    try:
        return "task" in tomllib.loads(recipe.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False


def study_of(path: Path, data: Path) -> StudyRecipe:
    """The recipe, where its data folder is there too. Raises `Problem`."""
    from ml.train.study_recipe import read_study_recipe

    if path.is_file() and not is_study(path):
        try:
            tomllib.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            read_study_recipe(path)  # says what is wrong with the file
        raise Problem(
            f"The recipe {path.name} is not one for labelled pictures: it has no [task].",
            "Give a recipe with a [task]; only `train` takes others.",
        )
    recipe = read_study_recipe(path)
    require_folder(data)
    return recipe


def require_folder(data: Path) -> None:
    """Raise `Problem` where the folder with the data is not there."""
    if not data.is_dir():
        raise Problem(f"The folder {data.name} is not there.", "Give the folder with the data by --data.")


def made_folder(out: Path) -> Path:
    """The folder, made when it is missing. Raises `Problem`."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(out.name, error) from error
    return out
