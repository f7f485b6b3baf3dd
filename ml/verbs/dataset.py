"""`parfocal-ml dataset`: whether a recipe's data can be learned from, said before anything is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ml.errors import Problem
from ml.progress import Progress
from ml.verbs.study import made_folder, study_of

if TYPE_CHECKING:
    from ml.train.census import Census, Counted
    from ml.train.study_recipe import StudyRecipe


@dataclass(frozen=True)
class DatasetRequest:
    """Which recipe, which data, and where the findings go."""

    recipe: Path
    data: Path
    out: Path | None = None  # a folder for dataset.json and files.csv; None: they are only told
    store: Path | None = None  # a folder to write all pictures and patches into, once; None: nothing
    encoding: Literal["jpeg", "png"] = "jpeg"  # of patches in the store


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
    if request.store is not None:
        files += (_stored(request, recipe, counted, progress),)
    return Checked(counted.census, files)


def _stored(request: DatasetRequest, recipe: StudyRecipe, counted: Counted, progress: Progress) -> Path:
    from ml.train.manifest import MANIFEST
    from ml.train.patch_store import write_store

    assert request.store is not None
    census = counted.census
    if census.missing or census.broken:
        raise Problem(
            f"{len(census.missing)} pictures are missing and {len(census.broken)} cannot be read: "
            f"{', '.join((*census.missing, *census.broken)[:5])}.",
            "Copy them anew, or take their rows out of the table. Nothing was stored.",
        )
    write_store(counted.pictures.rows, recipe, request.store, request.encoding, progress)
    return request.store / MANIFEST
