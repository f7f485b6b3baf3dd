"""Which pictures there are, what they are labelled, and whose they are: out of a table or of folders."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.geometry import Rect
from ml.train.study_recipe import Source, Task

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})


@dataclass(frozen=True, eq=False)
class Row:
    """One picture with its labels: (classes,) float32, one 1 (softmax) or any number of them (sigmoid)."""

    path: Path
    labels: NDArray[np.float32]
    group: str  # the patient, with the name of the source before it
    source: str
    site: str = ""
    rect: Rect | None = None  # of a slide: the patch, level-0 px; None: the whole picture
    cell: tuple[int, int] = (0, 0)  # row and column of the patch in its slide's grid
    slices: tuple[Path, ...] = ()  # of CT: the slice among its neighbours, from below to above

    @property
    def label(self) -> int:
        """The class of a softmax task; of a sigmoid task the first that holds, or -1."""
        return int(self.labels.argmax()) if self.labels.any() else -1


def read_rows(sources: Iterable[Source], task: Task, data: Path) -> tuple[Row, ...]:
    """All rows of all sources, in the order of the tables.

    Raises `Problem` where a table, a column, a label or a picture is missing, all of them named.
    """
    rows: list[Row] = []
    for source in sources:
        found = list(_of_table(source, task, data) if source.table else _of_folders(source, task, data))
        if source.most and len(found) > source.most:
            found = [found[n] for n in np.linspace(0, len(found) - 1, source.most).round().astype(int)]
        rows += found
    missing = [row.path for row in rows if not row.path.is_file()]
    if missing:
        names = ", ".join(path.name for path in missing[:5])
        raise Problem(
            f"{len(missing)} of {len(rows)} pictures are missing: {names}{' …' if len(missing) > 5 else ''}",
            "Copy them anew, or take their rows out of the table.",
        )
    if not rows:
        raise Problem("There are no pictures to learn from.", "Check the paths in the recipe and --data.")
    return tuple(rows)


def _of_table(source: Source, task: Task, data: Path) -> Iterator[Row]:
    table = data / source.path / source.table
    columns = [source.file, source.label, *(c for c in (source.group, source.site) if c)]
    for number, line in enumerate(lines_of(table, source.path, columns), 2):
        place = f"line {number} of {source.table} in {source.path}"
        path = table.parent / line[source.file]
        group = line[source.group] if source.group else _group_of(path.name, source)
        site = line[source.site] if source.site else ""
        yield _row(source, task, path, line[source.label], group, site, place)


def lines_of(table: Path, folder: str, columns: Iterable[str]) -> list[dict[str, str]]:
    """The lines of a CSV file (comma, semicolon or tab) that has these columns.

    Raises `Problem` where it is not there, is no table, or lacks a column; `folder` is named in it.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            dialect = csv.Sniffer().sniff(file.readline(), ",;\t")
            file.seek(0)
            lines = list(csv.DictReader(file, dialect=dialect))
    except FileNotFoundError:
        raise Problem(
            f"{folder} holds no {table.name}.", "Give the folder with the training data by --data."
        ) from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise Problem(f"{table.name} of {folder} is not a table: {error}.", "Save it as CSV.") from None
    absent = [column for column in columns if lines and column not in lines[0]]
    if absent:
        raise Problem(
            f"{table.name} of {folder} has no column {', '.join(absent)}.",
            f"It has {', '.join(lines[0])}: name those in the recipe.",
        )
    return lines


def _of_folders(source: Source, task: Task, data: Path) -> Iterator[Row]:
    """A folder a class; pictures in a fixed order."""
    root = data / source.path
    if not root.is_dir():
        raise Problem(f"The folder {source.path} is not there.", "Give the training data by --data.")
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURES):
            yield _row(source, task, path, folder.name, _group_of(path.name, source), "", folder.name)


def _row(source: Source, task: Task, path: Path, label: str, group: str, site: str, place: str) -> Row:
    labels = labels_of(label, source.rename, task, place)
    return Row(path, labels, f"{source.name}: {group}", source.name, site)


def _group_of(name: str, source: Source) -> str:
    if not source.group_pattern:
        return name
    found = re.search(source.group_pattern, name)
    if found is None:
        raise Problem(
            f"The name {name} does not fit group_pattern {source.group_pattern!r}.",
            "Mend the pattern: its first group is the patient.",
        )
    return found.group(1)


def labels_of(text: str, rename: Mapping[str, str], task: Task, place: str) -> NDArray[np.float32]:
    """The labels of a cell. Raises `Problem` for one that is no class."""
    parts = text.split(task.separator) if task.output == "sigmoid" else [text]
    labels = np.zeros(len(task.classes), dtype=np.float32)
    for part in (rename.get(p.strip(), p.strip()) for p in parts):
        if part in task.classes:
            labels[task.classes.index(part)] = 1
        elif task.output == "softmax" or part not in {task.negative, ""}:
            raise Problem(
                f"“{part}” in {place} is not one of the classes {', '.join(task.classes)}.",
                "Mend the table, or say by `rename` in the recipe what it means.",
            )
    return labels
