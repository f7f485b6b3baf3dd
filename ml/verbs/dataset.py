"""`parfocal-ml dataset`: whether a recipe's data can be learned from, said before anything is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.progress import Progress
from ml.verbs.study import made_folder, study_of

if TYPE_CHECKING:
    from ml.train.census import Census


@dataclass(frozen=True)
class DatasetRequest:
    """Which recipe, which data, and where the findings go."""

    recipe: Path
    data: Path
    out: Path | None = None  # a folder for dataset.json and files.csv; None: they are only told


@dataclass(frozen=True)
class Checked:
    """What was found, and what was written."""

    census: Census
    files: tuple[Path, ...]


def check_dataset(request: DatasetRequest, progress: Progress) -> Checked:
    """Count, read and divide everything that the recipe names; tells one `Census` as a part.

    Missing and broken pictures, patients on two sides and near-duplicates are findings, not errors. Raises
    `Problem` for what makes counting impossible (no table, no such column, an unknown label), `Cancelled`.
    """
    recipe = study_of(request.recipe, request.data)
    from ml.train.census import count, write_census

    counted = count(recipe, request.data, progress)
    progress.part(counted.census)
    files: tuple[Path, ...] = ()
    if request.out is not None:
        files += write_census(counted, recipe.task, made_folder(request.out))
    return Checked(counted.census, files)
