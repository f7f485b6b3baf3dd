"""Cases of the library as labelled data: a table, and what was drawn, beside the plan. No window."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ml.annotation.geojson import write_geojson
from ml.annotation.shapes import Annotation
from ml.errors import Problem
from ml.report.atomic import cannot_write, whole_file
from ml.train.survey import Holding, Layout
from viewer.cases.values import CaseRow, Item

if TYPE_CHECKING:
    from viewer.cases.library import Library

LabelledBy = Literal["tag", "status", "class", "drawn"]
"""What of a case says the label: its tag, its status, the one class of its annotations, or, patch by patch,
what was drawn on the slide."""

LIBRARY = "library"  # folder in that of a training
TABLE = "slides.csv"
UNNAMED = "outlined"  # the class of what was drawn without one


@dataclass(frozen=True)
class CaseChoice:
    """Which cases, and what labels them. `tags`: with "tag", those that are labels."""

    cases: tuple[int, ...]
    labelled_by: LabelledBy
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What lies in the folder now, how it is read, and which slides were left out and why."""

    folder: Path
    layout: Layout
    count: int
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Slide:
    """One slide of a case: its label, or why it has none."""

    item: Item
    case: str
    label: str
    drawn: tuple[Annotation, ...] = ()
    why: str = ""


def take(library: Library, choice: CaseChoice, folder: Path, holds: Holding) -> Taken:
    """Write the table into `folder`/library: file, label, patient (the case), outlines.

    A case stands for a patient. Annotations stay in the library as they are; a copy is learned from, so that
    the training can be repeated. Raises `Problem` where nothing is left, or the folder cannot be written.
    """
    slides = tuple(_checked(_slides(library, choice)))
    used = [one for one in slides if not one.why]
    left_out = tuple(f"{one.item.name}: {one.why}" for one in slides if one.why)
    if not used:
        raise Problem(
            f"None of the slides has a label. {'; '.join(left_out[:3])}".rstrip() + ".",
            "Choose other cases, or another way to label them.",
        )
    place = folder / LIBRARY
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(place.name, error) from error
    with whole_file(place / TABLE) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "patient", "outlines"])
        for one in used:
            table.writerow([str(one.item.path), one.label, one.case, _outlines(one, place)])
    layout = Layout(holds, TABLE, "file", "label", "patient")
    return Taken(place, layout, len(used), left_out)


def _outlines(one: _Slide, place: Path) -> str:
    if not one.drawn:
        return ""
    name = f"{one.item.id}.geojson"
    write_geojson(one.drawn, place / name)
    return name


def _slides(library: Library, choice: CaseChoice) -> Iterator[_Slide]:
    wanted = set(choice.cases)
    for case in sorted((row for row in library.cases() if row.id in wanted), key=lambda row: row.id):
        for item in library.items(case.id):
            if choice.labelled_by in {"tag", "status"}:
                yield _by_case(item, case, choice)
            else:
                yield _by_drawn(item, case, library.annotations(item.id), choice.labelled_by)


def _by_case(item: Item, case: CaseRow, choice: CaseChoice) -> _Slide:
    """Labelled by what is said of the whole case."""
    if choice.labelled_by == "status":
        return _Slide(item, case.name, case.status)
    own = [tag for tag in case.tags if tag in choice.tags]
    why = "" if len(own) == 1 else f"its case has {'several of the' if own else 'none of the'} tags"
    return _Slide(item, case.name, own[0] if own else "", why=why)


def _by_drawn(item: Item, case: CaseRow, found: Iterable[Annotation], by: LabelledBy) -> _Slide:
    """Labelled by the annotations of the slide."""
    kept = tuple(one for one in found if by == "class" or one.shape.is_area)
    if by == "class":
        names = sorted({one.class_name for one in kept if one.class_name})
        why = (
            ""
            if len(names) == 1
            else "annotations of several classes"
            if names
            else "no classified annotation"
        )
        return _Slide(item, case.name, names[0] if names else "", why=why)
    drawn = tuple(one if one.class_name else one.but(class_name=UNNAMED) for one in kept)
    label = ";".join(sorted({one.class_name for one in drawn}))
    return _Slide(item, case.name, label, drawn, "" if drawn else "nothing is drawn on it")


def _checked(slides: Iterable[_Slide]) -> Iterator[_Slide]:
    """Those that cannot be read are left out, too."""
    taken: set[str] = set()
    for one in slides:
        why = one.why
        if one.item.kind != "slide":
            why = "a CT series"
        elif not one.item.path.exists():
            why = "the file is not there"
        elif not why and one.item.path.name in taken:
            why = "another slide has the same name"
        if not why:
            taken.add(one.item.path.name)
        yield _Slide(one.item, one.case, one.label, one.drawn, why)
