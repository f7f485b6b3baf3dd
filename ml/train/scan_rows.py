"""CT slices with their labels: DICOM series of a folder joined with a table, in the order of the series."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.train.scan_plan import Scans
from ml.train.study_recipe import Task
from ml.train.table import Row
from ml.volume.series import find_series
from ml.volume.slice import CtSlice

Labels = Mapping[str, NDArray[np.float32]]
"""(classes,) of each slice, by how the table names it."""

_YES = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0}


def read_scans(
    scans: Iterable[Scans], task: Task, neighbours: int, data: Path, progress: Progress
) -> tuple[Row, ...]:
    """All slices of all scans, series by series, with so many neighbours on either side.

    Raises `Problem` that counts and names files that cannot be read, slices without a label and labels
    without a slice; `Cancelled`. What the recipe allows to be left out is told as a note.
    """
    rows: dict[Path, Row] = {}
    for scan in scans:
        rows |= {row.path.resolve(): row for row in _rows(scan, task, neighbours, data, progress)}
    return tuple(rows.values())


def _rows(scan: Scans, task: Task, neighbours: int, data: Path, progress: Progress) -> list[Row]:
    folder = data / scan.path
    labels = read_labels(folder / scan.table, scan, task)
    found = find_series(folder, progress)
    if scan.broken == "stop":
        found.require_whole()
    notes = [f"Left out: {left.reason}" for left in (*found.broken, *found.others)]
    notes += [f"{series.patient}: {remark}" for series in found.series for remark in series.remarks]
    rows, unlabelled, used = [], [], set()
    for series in found.series:
        for number, slice_ in enumerate(series.slices):
            key = next((name for name in names_of(slice_, folder) if name in labels), None)
            if key is None:
                unlabelled.append(slice_.path.name)
                continue
            used.add(key)
            paths = tuple(near.path for near in series.around(number, neighbours))
            group = f"{scan.cohort or scan.name}: {slice_.patient or slice_.series}"
            rows.append(Row(slice_.path, labels[key], group, scan.name, slices=paths))
    absent = [name for name in labels if name not in used]
    _require_whole(scan, absent, unlabelled)
    notes += [f"Left out: {len(absent)} labels without a slice."] * bool(absent)
    notes += [f"Left out: {len(unlabelled)} slices without a label."] * bool(unlabelled)
    for note in notes:
        progress.step(Step("Reading headers", 0, 0, note=note))
    return rows


def _require_whole(scan: Scans, absent: list[str], unlabelled: list[str]) -> None:
    if scan.broken == "stop":
        _stop(absent, "labels have no slice", "Copy the files anew, or take their rows out of the table.")
    if scan.unlabelled == "stop":
        _stop(unlabelled, "slices have no label", "Add them to the table, or leave them out by `unlabelled`.")


def names_of(slice_: CtSlice, folder: Path) -> tuple[str, ...]:
    """How a table of this folder may call it, the most exact first; what lies elsewhere by its UID alone."""
    path = slice_.path
    if not path.is_relative_to(folder):
        return (slice_.uid,)
    return path.relative_to(folder).as_posix(), slice_.uid, path.name, path.stem


def _stop(names: list[str], words: str, remedy: str) -> None:
    if names:
        more = " …" if len(names) > 5 else ""
        raise Problem(f"{len(names)} {words}: {', '.join(names[:5])}{more}", remedy)


def read_labels(table: Path, scan: Scans, task: Task) -> Labels:
    """The labels of every slice that a table names. Raises `Problem` that says which cell is wrong."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except OSError:
        raise Problem(
            f"{scan.path} holds no {scan.table}.", "Give the folder with the training data by --data."
        ) from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise Problem(f"{scan.table} is not a table: {error}.", "Save it as CSV.") from None
    cells = _of_columns(lines, scan, task) if scan.form == "columns" else _of_long_form(lines, scan, task)
    any_at = task.classes.index(scan.any_class) if scan.any_class else -1
    labels = {}
    for name, found in cells.items():
        values = np.array([found.get(kind, np.nan) for kind in task.classes], dtype=np.float32)
        if any_at >= 0:
            others = np.nanmax(np.delete(values, any_at), initial=0)
            _check_any(name, values[any_at], others, scan)
            values[any_at] = others
        if np.isnan(values).any():
            missing = [kind for kind, value in zip(task.classes, values, strict=True) if np.isnan(value)]
            raise Problem(f"{name} has no label {', '.join(missing)} in {scan.table}.", "Mend the table.")
        labels[name] = values
    return labels


def _check_any(name: str, told: np.float32, others: np.float32, scan: Scans) -> None:
    if not np.isnan(told) and told != others:
        raise Problem(
            f"{name} contradicts itself in {scan.table}: {scan.any_class} is {told:g}, "
            f"its kinds say {others:g}.",
            "Mend the table.",
        )


def _of_columns(lines: list[list[str]], scan: Scans, task: Task) -> dict[str, dict[str, float]]:
    """A row a slice."""
    head = lines[0] if lines else []
    kinds = {place: scan.rename.get(name.strip(), name.strip()) for place, name in enumerate(head)}
    wanted = {place: kind for place, kind in kinds.items() if kind in task.classes}
    absent = [k for k in (*task.classes, scan.file) if k not in kinds.values() and k != scan.any_class]
    if absent:
        raise Problem(
            f"{scan.table} of {scan.path} has no column {', '.join(absent)}; it has {', '.join(head)}.",
            "Name the columns in the recipe.",
        )
    place = head.index(scan.file)
    cells: dict[str, dict[str, float]] = {}
    for number, line in enumerate(lines[1:], 2):
        if len(line) < len(head):
            raise Problem(f"Line {number} of {scan.table} is too short.", "Mend the table.")
        name = PurePosixPath(line[place].replace("\\", "/")).as_posix()
        _once(name in cells, name, scan)
        cells[name] = {kind: _value(line[at], number, scan) for at, kind in wanted.items()}
    return cells


def _of_long_form(lines: list[list[str]], scan: Scans, task: Task) -> dict[str, dict[str, float]]:
    """A row a slice and class, with or without a heading; five classes or six."""
    cells: dict[str, dict[str, float]] = {}
    for number, line in enumerate(lines, 1):
        words = line if len(line) == 3 else [*line[0].rpartition("_")[::2], line[-1]]
        if number == 1 and words[-1].strip() not in _YES:
            continue  # the heading
        name = words[0].strip().removesuffix(".dcm")
        kind = scan.rename.get(words[1].strip(), words[1].strip())
        if not name or kind not in task.classes:
            raise Problem(
                f"Line {number} of {scan.table}, “{','.join(line)}”, names none of the classes "
                f"{', '.join(task.classes)}.",
                "Mend the table, or say by `rename` in the recipe what it means.",
            )
        own = cells.setdefault(name, {})
        value = _value(words[2], number, scan)
        _once(kind in own and own[kind] != value, f"{name} ({kind})", scan)  # the challenge repeats some rows
        own[kind] = value
    return cells


def _once(again: bool, name: str, scan: Scans) -> None:
    if again:
        raise Problem(f"{name} is in {scan.table} twice.", "Take one of the rows out.")


def _value(cell: str, number: int, scan: Scans) -> float:
    value = _YES.get(cell.strip())
    if value is None:
        raise Problem(f"Line {number} of {scan.table} holds “{cell}”, neither 0 nor 1.", "Mend the table.")
    return value
