"""Which pictures there are, what they are labelled, and whose they are: out of a table or of folders."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.geometry import Rect
from ml.train.manifest import MANIFEST, read_manifest
from ml.train.study_recipe import Source, Task

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})

GIVEN = "given"
"""The origin of a label that a person gave; whatever else stands there was made up by a program."""


@dataclass(frozen=True)
class Packed:
    """Where the bytes of a picture lie that was stored with others; `spacing` is of its pixels, µm/px."""

    shard: Path
    name: str
    offset: int
    length: int
    sha256: str
    spacing: float = 0.0  # 0: nobody knows, or it plays no part

    def read(self) -> bytes:
        """The bytes. Raises `Problem` where they are not those that were stored, `OSError`."""
        with self.shard.open("rb") as file:
            file.seek(self.offset)
            content = file.read(self.length)
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise Problem(f"{self.name} in {self.shard.name} is damaged.", "Copy the store anew.")
        return content


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
    between: bool = False  # a patch between those that lie edge to edge
    slices: tuple[Path, ...] = ()  # of CT: the slice among its neighbours, from below to above
    packed: Packed | None = None  # of a store: where the picture lies now; `path` only names what it was
    origin: str = GIVEN  # whence the label comes: from people, or from a method named here
    only_fit: bool = False  # learned from, but never chosen or reported on
    fold: int | None = None  # with `only_fit`: the only fold that may learn from it; None: all

    @property
    def file(self) -> Path:
        """The file that must be there."""
        return self.path if self.packed is None else self.packed.shard

    @property
    def label(self) -> int:
        """The class of a softmax task; of a sigmoid task the first that holds, or -1."""
        return int(self.labels.argmax()) if self.labels.any() else -1


def read_rows(sources: Iterable[Source], task: Task, data: Path) -> tuple[Row, ...]:
    """All rows of all sources, in the order of the tables.

    Raises `Problem` where a table, a column, a label or a picture is missing, all of them named.
    """
    rows = list_rows(sources, task, data)
    missing = [row.path for row in rows if not row.file.is_file()]
    if missing:
        names = ", ".join(path.name for path in missing[:5])
        raise Problem(
            f"{len(missing)} of {len(rows)} pictures are missing: {names}{' …' if len(missing) > 5 else ''}",
            "Copy them anew, or take their rows out of the table.",
        )
    if not rows:
        raise Problem("There are no pictures to learn from.", "Check the paths in the recipe and --data.")
    return rows


def list_rows(sources: Iterable[Source], task: Task, data: Path) -> tuple[Row, ...]:
    """The same whether or not the pictures are there. Raises `Problem` for a table, a column or a label."""
    rows: list[Row] = []
    for source in sources:
        found = list(_listed(source, task, data))
        if source.most and len(found) > source.most:
            found = [found[n] for n in np.linspace(0, len(found) - 1, source.most).round().astype(int)]
        rows += found
    return tuple(rows)


def _listed(source: Source, task: Task, data: Path) -> Iterator[Row]:
    if not source.table:
        return _of_folders(source, task, data)
    if Path(source.table).name == MANIFEST:
        return _of_store(source, task, data)
    return _of_table(source, task, data)


def _of_store(source: Source, task: Task, data: Path) -> Iterator[Row]:
    """Patches that were written once (`ml.train.patch_store`), in the order of the manifest."""
    path = data / source.path / source.table
    made = read_manifest(path)
    for patch in made.patches:
        text = task.separator.join(patch.labels) or task.negative
        labels = labels_of(text, source.rename, task, f"{patch.name} of {source.path}")
        shard = path.parent / patch.shard
        packed = Packed(shard, patch.name, patch.offset, patch.length, patch.sha256, made.spacing)
        known = (f"{source.name}: {patch.patient}", source.name, patch.site)
        yield Row(Path(patch.source), labels, *known, rect=patch.rect, cell=patch.cell, packed=packed)


def _of_table(source: Source, task: Task, data: Path) -> Iterator[Row]:
    table = data / source.path / source.table
    columns = [source.file, source.label, *(c for c in _also(source) if c)]
    for number, line in enumerate(lines_of(table, source.path, columns), 2):
        place = f"line {number} of {source.table} in {source.path}"
        path = table.parent / line[source.file]
        group = line[source.group] if source.group else _group_of(path.name, source)
        site = line[source.site] if source.site else ""
        row = _row(source, task, path, line[source.label], group, site, place)
        origin = (line[source.origin].strip() if source.origin else "") or GIVEN
        fold = _fold_of(line[source.fold] if source.fold else "", place)
        only_fit = source.only_fit or origin != GIVEN
        if fold is not None and not only_fit:
            raise Problem(f"The row in {place} names a fold, but is to be reported on.", "Mend the table.")
        yield replace(row, origin=origin, only_fit=only_fit, fold=fold)


def _also(source: Source) -> tuple[str, ...]:
    """Columns that a source may have beside picture and label; empty names among them."""
    return source.group, source.site, source.origin, source.fold


def _fold_of(cell: str, place: str) -> int | None:
    if not cell.strip():
        return None
    if not cell.strip().isdecimal():
        raise Problem(f"“{cell}” in {place} is not the number of a fold.", "They count from 0.")
    return int(cell)


def lines_of(table: Path, folder: str, columns: Iterable[str]) -> list[dict[str, str]]:
    """The lines of a CSV file (comma, semicolon or tab) that has these columns.

    Raises `Problem` where it is not there, is no table, or lacks a column; `folder` is named in it.
    """
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            several = any(mark in head for mark in ",;\t")  # the sniffer knows no table of one column
            dialect = csv.Sniffer().sniff(head, ",;\t") if several else csv.excel
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
    patient = f"{source.cohort or source.name}: {group}"
    return Row(path, labels, patient, source.name, site, only_fit=source.only_fit)


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


def label_in_words(row: Row, task: Task) -> str:
    """The labels of a row as a table has them; empty where there is none."""
    held = [name for name, value in zip(task.classes, row.labels, strict=True) if value > 0.5]
    return task.separator.join(held) or task.negative
