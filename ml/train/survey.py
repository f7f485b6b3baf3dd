"""What lies in a folder before anybody has said what to make of it: tables, pictures, labels, patients.

It reads and judges nothing: what is missing, broken or there twice is noted beside the picture it concerns.
"""

from __future__ import annotations

import csv
import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.train.table import PICTURES, lines_of

Holding = Literal["pictures", "labelled_slides", "boxes", "scans"]
"""What a folder is taken to hold."""

_USUAL = {
    "file": ("file", "filename", "file_name", "image", "image_id", "path", "name", "slide"),
    "label": ("label", "class", "diagnosis", "ground truth", "ground_truth", "target", "y"),
    "patient": ("patient", "patient_id", "patientid", "case", "case_id", "group", "specimen", "subject"),
    "site": ("site", "center_id", "centre", "center", "hospital", "scanner", "lab", "institution"),
}
_BOX = frozenset({"x1", "y1", "x2", "y2"})
_PLAUSIBLE_UM = (0.05, 20.0)  # µm/px; 72 dpi would be 353
_MOST_TABLE = 50_000_000  # bytes: no table of labels is larger


@dataclass(frozen=True)
class Layout:
    """How a folder is read. Without a table every folder in it is a class, named by its folder."""

    holds: Holding = "pictures"
    table: str = ""
    file: str = ""  # columns; empty: none
    label: str = ""
    patient: str = ""
    site: str = ""
    ending: str = ""  # added to names of slides that have none


@dataclass(frozen=True)
class TableSeen:
    """A table in the folder: its name, its columns, how many lines."""

    name: str
    columns: tuple[str, ...]
    lines: int


@dataclass(frozen=True)
class Seen:
    """One picture, slide or CT slice. `trouble` and `same_as` are empty where all is well."""

    path: Path
    label: str  # of several: parted by a semicolon
    patient: str = ""  # as the column says; empty: none is named
    site: str = ""
    width: int = 0  # px
    height: int = 0
    kind: str = ""  # "colour", "grey", "CMYK", "16 bit", …
    spacing: float = 0.0  # µm/px, where the file says something plausible
    trouble: str = ""
    same_as: str = ""  # the name of an earlier picture with the same bytes


@dataclass(frozen=True)
class Survey:
    """All of it, in the order of the table or of the names."""

    folder: Path
    layout: Layout
    tables: tuple[TableSeen, ...]
    seen: tuple[Seen, ...]

    @property
    def labels(self) -> Mapping[str, int]:
        """How many of each label, the most frequent first; those that cannot be read are not counted."""
        counts: dict[str, int] = {}
        for one in self.seen:
            if not one.trouble:
                counts[one.label] = counts.get(one.label, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def tables_in(folder: Path) -> tuple[TableSeen, ...]:
    """The CSV files right in a folder, those that can be read."""
    found = []
    for path in sorted(folder.glob("*.csv")):
        try:
            if path.stat().st_size > _MOST_TABLE:
                continue
            lines = lines_of(path, folder.name, ())
        except (Problem, OSError):
            continue
        if lines:
            found.append(TableSeen(path.name, tuple(filter(None, lines[0])), len(lines)))
    return tuple(found)


def guessed(tables: Sequence[TableSeen], holds: Holding) -> Layout:
    """The layout that a folder most likely has: the table with the most columns of usual names."""

    def worth(table: TableSeen) -> tuple[bool, int]:
        layout = _columns(table, holds)
        named = (layout.file, layout.label, layout.patient)
        return bool(layout.file and (layout.label or holds == "scans")), sum(map(bool, named))

    fitting = [t for t in tables if (set(t.columns) >= _BOX) == (holds == "boxes")]
    best = max(fitting, key=worth, default=None)
    return Layout(holds) if best is None or not any(worth(best)) else _columns(best, holds)


def _columns(table: TableSeen, holds: Holding) -> Layout:
    named = {column.strip().lower(): column for column in table.columns}
    found = {
        role: next((named[name] for name in names if name in named), "") for role, names in _USUAL.items()
    }
    return Layout(holds, table.name, **found)


def survey(folder: Path, layout: Layout, progress: Progress, more: Sequence[Path] = ()) -> Survey:
    """Look at everything that the layout names, in further folders too; of pictures every byte is read.

    Raises `Problem` where the folder, its table or a column is not there, or nothing lies in it; `Cancelled`.
    """
    tables = tables_in(folder)
    listed = [one for place in (folder, *more) for one in _listed(place, layout)]
    look = {"pictures": _look_at_picture, "scans": _look_at_slice}.get(layout.holds, _look_at_file)
    seen: list[Seen] = []
    first: dict[str, str] = {}
    began = time.perf_counter()
    for number, (path, label, patient, site) in enumerate(listed):
        progress.check()
        progress.step(Step("Looking at files", number, len(listed), time.perf_counter() - began))
        facts = look(path)
        whose = str(facts.pop("patient", patient))
        sha256 = str(facts.pop("sha256", ""))
        before = first.setdefault(sha256, path.name) if sha256 else path.name
        same = before if sha256 and before != path.name else ""
        # What a look finds has the names of the fields, which mypy cannot follow.
        seen.append(Seen(path, label, whose, site, same_as=same, **facts))  # type: ignore[arg-type]
    progress.step(Step("Looking at files", len(listed), len(listed)))
    return Survey(folder, layout, tables, tuple(seen))


def _listed(folder: Path, layout: Layout) -> list[tuple[Path, str, str, str]]:
    if not folder.is_dir():
        raise Problem(f"The folder {folder.name} is not there.", "Choose another one.")
    found = list(_of_table(folder, layout) if layout.table else _of_folders(folder))
    if not found:
        raise Problem(*_nothing(folder, layout))
    return found


def _nothing(folder: Path, layout: Layout) -> tuple[str, str]:
    if layout.table:
        return f"The table {layout.table} names no files.", "Choose another table or another folder."
    return (
        f"The folder {folder.name} holds no pictures in folders of their own.",
        "Put the pictures of each class into a folder named like the class, or choose a table with labels.",
    )


def _of_folders(folder: Path) -> Iterator[tuple[Path, str, str, str]]:
    """A folder a class; path, label, patient and site of each picture."""
    for inner in sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."):
        for path in sorted(p for p in inner.rglob("*") if p.suffix.lower() in PICTURES):
            yield path, inner.name, "", ""


def _of_table(folder: Path, layout: Layout) -> Iterator[tuple[Path, str, str, str]]:
    named = (layout.file, layout.label, layout.patient, layout.site)
    if not layout.file:
        raise Problem(f"Nobody has said which column of {layout.table} names the file.", "Choose the column.")
    lines = lines_of(folder / layout.table, folder.name, [name for name in named if name])
    for line in lines:
        cells = ((line[name] or "").strip() if name else "" for name in named)
        file, label, patient, site = cells
        path = folder / file
        if layout.ending and not path.suffix:
            path = path.with_name(path.name + layout.ending)
        if layout.holds == "scans":
            label = ";".join(name for name, cell in line.items() if name not in named and cell == "1")
        yield path, label, patient, site


def _look_at_picture(path: Path) -> dict[str, object]:
    """Size, kind and hash of a picture that was decoded as a whole; what is wrong with it, in words."""
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            with Image.open(file) as image:
                width, height = image.size
                facts = {"width": width, "height": height, "kind": _kind(image), "spacing": _spacing(image)}
                image.draft("RGB", (64, 64))  # a JPEG is read to its end, but not in full size
                image.load()
    except FileNotFoundError:
        return {"trouble": "missing"}
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return {"trouble": f"cannot be read: {error}".rstrip(".")}
    return facts | {"sha256": sha256}


def _look_at_slice(path: Path) -> dict[str, object]:
    """Of CT whether the file is there, and whose it is, as the training reads it (`ml.volume.ct_slice`).

    A name without an ending is a SOPInstanceUID, found later.
    """
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    if not path.is_file():
        return {} if not path.suffix or path.suffix[1:].isdecimal() else {"trouble": "missing"}
    try:
        header = dcmread(path, stop_before_pixels=True, specific_tags=["PatientID", "StudyInstanceUID"])
    except (InvalidDicomError, OSError):
        return {"trouble": "cannot be read: no DICOM file"}
    return {"patient": str(header.get("PatientID") or header.get("StudyInstanceUID") or "")}


def _look_at_file(path: Path) -> dict[str, object]:
    """Of a slide: size and spacing by its reader; of anything else only whether it is there."""
    from ml.slide.opening import open_slide, supported_suffixes

    if not path.exists():
        return {"trouble": "missing"}
    if path.suffix.lower() not in supported_suffixes():
        return {}
    try:
        with open_slide(path) as slide:
            known, size = slide.info.spacing, slide.info.size
            spacing = known.spacing.mean if known else 0.0
            return {"width": size.width, "height": size.height, "kind": "slide", "spacing": spacing}
    except (Problem, OSError) as error:
        return {"trouble": f"cannot be read: {error}"}


def _kind(image: Image.Image) -> str:
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        return "16 bit"
    return {"L": "grey", "1": "black and white", "CMYK": "CMYK", "RGB": "colour", "P": "palette"}.get(
        image.mode, image.mode
    )


def _spacing(image: Image.Image) -> float:
    """What the resolution of a TIFF or PNG comes to, where that could be a microscope's."""
    dpi = image.info.get("dpi")
    try:
        um = 25_400 / float(dpi[0]) if dpi else 0.0
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0
    return um if _PLAUSIBLE_UM[0] <= um <= _PLAUSIBLE_UM[1] else 0.0


def write_survey(made: Survey, path: Path) -> None:
    """As a table, one line a picture."""
    head = [
        *("file", "label", "patient", "site", "width", "height"),
        *("kind", "spacing", "trouble", "same_as"),
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(head)
        table.writerows([str(one.path), *(getattr(one, name) for name in head[1:])] for one in made.seen)
