"""What a recipe's data are before anything is learned from them: counted, divided, checked."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.report.atomic import whole_file
from ml.train.balance import balance_of
from ml.train.folds import Rows, fold_numbers
from ml.train.leakage import LeakageReport, inspect, refuse
from ml.train.lookalike import joined_where_wished
from ml.train.pictures import Broken, Pictures, read_pictures
from ml.train.study_recipe import StudyRecipe, Task
from ml.train.study_run import rows_for
from ml.train.table import Row, label_in_words, list_rows

NONE = "none of them"
"""What pictures are counted under whose labels all do not hold."""


@dataclass(frozen=True)
class Count:
    """Pictures of one kind, whose they are, and how many of them each fold reports on."""

    pictures: int
    patients: int
    folds: tuple[int, ...]  # empty: the pictures cannot be divided


@dataclass(frozen=True)
class Census:
    """What was found. `faults` are sentences; without one the data can be learned from."""

    listed: int  # rows, whether or not their pictures are there
    missing: tuple[str, ...]
    broken: tuple[str, ...]  # names with their reasons
    pictures: int
    patients: int
    pictures_each: tuple[int, int, int]  # of a patient: fewest, median, most
    classes: Mapping[str, Count]
    sources: Mapping[str, Count]
    balance: str  # what the recipe does about rare classes, in words
    leakage: Mapping[str, object]
    faults: tuple[str, ...]
    event: ClassVar[str] = "dataset"

    @property
    def is_sound(self) -> bool:
        """Whether a run would begin to learn."""
        return not self.faults

    def in_words(self) -> str:
        """Some lines for a person."""
        fewest, median, most = self.pictures_each
        wide = max(len(name) for name in (*self.classes, *self.sources))
        lines = [
            f"{self.listed:,} rows: {self.pictures:,} pictures of {self.patients:,} patients (or groups), "
            f"{fewest} to {most} each, median {median}.",
            *(_line(name, count, wide) for name, count in self.classes.items()),
            *(_line(name, count, wide) for name, count in self.sources.items() if len(self.sources) > 1),
            f"To learn from: {self.balance}",
            *map(str, self.leakage["in_words"]),  # type: ignore[call-overload]
            *(f"Missing: {name}" for name in self.missing[:20]),
            *(f"Broken: {name}" for name in self.broken[:20]),
            *(f"Not sound: {fault}" for fault in self.faults),
        ]
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class Counted:
    """A census with what it was taken of, for whoever goes on with it."""

    census: Census
    pictures: Pictures
    folds: Rows  # (n,); -1 where they cannot be divided


def count(recipe: StudyRecipe, data: Path, progress: Progress) -> Counted:
    """Read everything that the recipe names. Missing and broken pictures are listed, not raised.

    Raises `Problem` for what makes counting impossible (a table, a column, a label, a slide), `Cancelled`.
    """
    listed, missing = _listed(recipe, data, progress)
    gone = {id(row) for row in missing}
    left_out: list[Broken] = []
    there = [row for row in listed if id(row) not in gone]
    if not there:
        raise Problem(
            f"None of the {len(listed):,} pictures is there.", "Check the paths in the recipe and --data."
        )
    pictures = read_pictures(there, recipe.network, progress, left_out)
    progress.step(Step("Checking the division", 0, 0))
    pictures, notes = joined_where_wished(pictures, recipe.division)
    folds, found, faults = _division(recipe, pictures)
    found = replace(found, notes=notes)
    broken = tuple(f"{one.row.path.name}: {one.why}" for one in left_out)
    if broken:
        faults.insert(0, f"{len(broken)} pictures cannot be read.")
    if missing:
        faults.insert(0, f"{len(missing)} pictures are missing.")
    each = np.unique(np.array(pictures.groups), return_counts=True)[1]
    census = Census(
        listed=len(listed),
        missing=tuple(row.path.name for row in missing),
        broken=broken,
        pictures=len(pictures),
        patients=len(each),
        pictures_each=(int(each.min()), int(np.median(each)), int(each.max())),
        classes=_by_class(recipe.task, pictures, folds),
        sources=_by_source(pictures, folds),
        balance=balance_of(recipe.fit, recipe.task, pictures.labels).words,
        leakage=found.as_facts() | {"in_words": found.in_words()},
        faults=tuple(faults),
    )
    return Counted(census, pictures, folds)


def _listed(recipe: StudyRecipe, data: Path, progress: Progress) -> tuple[Sequence[Row], list[Row]]:
    """All rows, and those whose picture is missing; of slides and series a missing file is raised."""
    if recipe.slides or not recipe.sources:
        return rows_for(recipe, data, progress), []
    rows = list_rows(recipe.sources, recipe.task, data)
    return rows, [row for row in rows if not row.file.is_file()]


def write_census(counted: Counted, task: Task, folder: Path) -> tuple[Path, ...]:
    """`dataset.json`, and `files.csv` with one row a picture. Raises `Problem` when it cannot."""
    facts = asdict(counted.census) | {"sound": counted.census.is_sound}
    with whole_file(folder / "dataset.json") as part:
        part.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    pictures = counted.pictures
    head = ["file", "label", "patient", "source", "site", "fold", "width", "height", "sha256"]
    with whole_file(folder / "files.csv") as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        for number, row in enumerate(pictures.rows):
            width, height = map(int, pictures.sizes[number])
            place = (row.source, row.site, int(counted.folds[number]), width, height)
            label = label_in_words(row, task)
            table.writerow([row.path.name, label, row.group, *place, pictures.sha256[number]])
    return folder / "dataset.json", folder / "files.csv"


def _division(recipe: StudyRecipe, pictures: Pictures) -> tuple[Rows, LeakageReport, list[str]]:
    """The fold of every picture, what was found across folds, and what would stop a run."""
    faults = []
    try:
        folds = fold_numbers(pictures, recipe.task, recipe.division)
    except Problem as problem:
        faults.append(problem.what)
        folds = np.full(len(pictures), -1, dtype=np.intp)
    found = inspect(pictures, folds)
    if recipe.division.by in {"group", "site"}:
        try:
            refuse(found, duplicates_too=recipe.division.duplicates != "warn")
        except Problem as problem:
            faults.append(problem.what)
    return folds, found, faults


def _by_class(task: Task, pictures: Pictures, folds: Rows) -> dict[str, Count]:
    held = pictures.labels > 0.5
    made = {name: _count(np.flatnonzero(held[:, c]), pictures, folds) for c, name in enumerate(task.classes)}
    nothing = np.flatnonzero(~held.any(axis=1))
    return made | ({task.negative or NONE: _count(nothing, pictures, folds)} if len(nothing) else {})


def _by_source(pictures: Pictures, folds: Rows) -> dict[str, Count]:
    names = np.array([row.source for row in pictures.rows])
    return {str(n): _count(np.flatnonzero(names == n), pictures, folds) for n in dict.fromkeys(names)}


def _count(rows: Sequence[int] | Rows, pictures: Pictures, folds: Rows) -> Count:
    several = range(int(folds.max()) + 1) if folds.min() >= 0 else ()
    in_folds = tuple(int((folds[rows] == fold).sum()) for fold in several)
    return Count(len(rows), len({pictures.groups[row] for row in rows}), in_folds)


def _line(name: str, count: Count, wide: int) -> str:
    folds = f"   by fold: {', '.join(map(str, count.folds))}" if count.folds else ""
    return f"  {name:{wide}}  {count.pictures:6,} pictures  {count.patients:5,} patients{folds}"
