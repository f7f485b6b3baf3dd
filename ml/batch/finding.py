"""Which slides and series are meant by files, folders and tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ml.batch.item import Item, Kind
from ml.errors import Problem
from ml.progress import Progress, Step
from ml.slide.opening import PICTURE_SUFFIXES, SLIDE_SUFFIXES
from ml.volume.sources import LeftOut

COLUMNS = ("slide", "name", "spacing", "region", "outline", "series")
_FORBIDDEN = '<>:"/\\|?*'  # in a file's name, on one system or another


@dataclass(frozen=True, slots=True)
class Found:
    """What a cohort consists of."""

    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...] = ()


def find_items(inputs: Iterable[Path], kind: Kind, progress: Progress) -> Found:
    """All items behind these paths, in the order of the inputs, each once; of a folder by name.

    A table (`.csv`) names one item a row; its columns are `COLUMNS`, only `slide` must be there, and paths in
    it begin at the table's own folder. A folder is searched with all folders in it: for slides by the endings
    of their names (a folder of DICOM files is one slide), for CT by what the files hold. Raises `Problem` for
    an input that is not there or a table that cannot be read, `Cancelled`.
    """
    items: dict[str, Item] = {}
    left_out: list[LeftOut] = []
    for path in inputs:
        progress.check()
        if not path.exists():
            raise Problem(f"{path.name} is not there.", "Check the path.", path=path)
        progress.step(Step("Looking for slides" if kind == "slide" else "Looking for series", len(items), 0))
        for item in _items_of(path.absolute(), kind, left_out, progress):
            items.setdefault(item.id, replace(item, name=_plain(item.name)))
    return Found(tuple(items.values()), tuple(left_out))


def _items_of(path: Path, kind: Kind, left_out: list[LeftOut], progress: Progress) -> Iterator[Item]:
    if path.is_file() and path.suffix.lower() == ".csv":
        yield from _rows_of(path, kind)
    elif kind == "ct":
        yield from _series_of(path, left_out, progress)
    elif path.is_dir():
        yield from _slides_of(path, progress)
    else:
        yield Item("slide", path, path.stem)


def _slides_of(folder: Path, progress: Progress) -> Iterator[Item]:
    """By name; what begins with a dot is not looked at, a folder of DICOM files is one slide."""
    progress.check()
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    files = [entry for entry in entries if entry.is_file()]
    if any(file.suffix.lower() == ".dcm" or file.name == "DICOMDIR" for file in files):
        yield Item("slide", folder, folder.name)
        files = [file for file in files if file.suffix.lower() != ".dcm" and file.name != "DICOMDIR"]
    known = (*SLIDE_SUFFIXES, *PICTURE_SUFFIXES)
    yield from (Item("slide", file, file.stem) for file in files if file.suffix.lower() in known)
    mirax = {file.stem for file in files if file.suffix.lower() == ".mrxs"}  # the folder beside is its data
    for entry in entries:
        if entry.is_dir() and entry.name not in mirax:
            yield from _slides_of(entry, progress)


def _series_of(path: Path, left_out: list[LeftOut], progress: Progress) -> Iterator[Item]:
    from ml.volume.opening import open_ct

    found = open_ct(path, progress)
    left_out += [*found.broken, *found.others]
    for series in found.series:
        yield Item("ct", path, series.description or "series", series.key)


def _rows_of(table: Path, kind: Kind) -> Iterator[Item]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Problem(
            f"{table.name} cannot be read as a table: {error}.", "Save it as CSV in UTF-8."
        ) from error
    if not rows or "slide" not in rows[0]:
        raise Problem(
            f"{table.name} has no column “slide”." if rows else f"{table.name} has no rows.",
            f"Its first line names the columns: {', '.join(COLUMNS)}; only slide must be there.",
        )
    for number, row in enumerate(rows, start=2):
        yield _item(table, number, {key: (row.get(key) or "").strip() for key in COLUMNS}, kind)


def _item(table: Path, line: int, row: Mapping[str, str], kind: Kind) -> Item:
    """Raises `Problem` naming the line."""
    where = f"{table.name}, line {line}"
    if not row["slide"]:
        raise Problem(f"{where}: no slide is named.", "Fill the column “slide”, or take the line out.")
    path = table.parent / row["slide"]
    if row["outline"] and not (table.parent / row["outline"]).is_file():
        raise Problem(f"{where}: the outline {row['outline']} is not there.", "Check its path.")
    try:
        spacing = float(row["spacing"]) if row["spacing"] else None
    except ValueError:
        raise Problem(
            f"{where}: “{row['spacing']}” is no size of a pixel.", "Give µm per pixel, for example 0.25."
        ) from None
    outline = (table.parent / row["outline"]).absolute() if row["outline"] else None
    name = row["name"] or path.stem
    return Item(kind, path.absolute(), name, row["series"], spacing, row["region"], outline)


def _plain(name: str) -> str:
    """A name that a folder can have on every system."""
    return "".join("_" if c in _FORBIDDEN or ord(c) < 32 else c for c in name).strip(" .") or "slide"
