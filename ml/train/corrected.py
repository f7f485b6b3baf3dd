"""What people said while looking at what a model found, as patches to learn from, with their origin.

Three things are learned from: answers of the label queue, annotations that a model found and a person
accepted, corrected or rejected, and boxes with a verdict. A rejected finding says what a place is not: with
two classes it is the other one, with more nobody knows, and it is left out. What a model found and nobody
looked at is never learned from.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ml.annotation.answers import ANSWER, ANSWERED_AT, ANSWERED_BY, GIVEN, is_answer
from ml.annotation.corrections import (
    CLASS_BEFORE,
    CORRECTED,
    VERDICT,
    is_of_model,
    is_rejected,
)
from ml.annotation.shapes import Annotation, Shape
from ml.errors import SpacingUnknown
from ml.geometry import Rect, Size
from ml.patches import PatchGrid
from ml.progress import Progress, Step
from ml.report.atomic import whole_file
from ml.slide.opening import open_slide
from ml.slide.region import read_region
from ml.slide.slide import KnownSpacing, Slide

QUEUE, CORRECTION, PSEUDO = "labelled in queue", "corrected by person", "pseudo"
"""The sources of a label; the last one is no person's."""

TABLE = "cases.csv"
COLUMNS = (
    *("file", "label", "patient", "site", "source", "slide", "x", "y", "width", "height"),
    *("by", "at", "model", "worth"),
)

_MOST = 64  # patches of one annotation, evenly taken: a large box shall not outweigh all others


@dataclass(frozen=True)
class Said:
    """A place of a slide and what a person said of it."""

    shape: Shape
    label: str
    source: str
    by: str = ""
    at: str = ""
    model: str = ""  # whose finding it was, or which asked
    worth: str = ""  # why it was asked


@dataclass(frozen=True)
class SlideSaid:
    """All that was said of one slide. `patient` is never told apart from other slides of the same name."""

    path: Path
    patient: str
    said: tuple[Said, ...]
    spacing: KnownSpacing | None = None  # as a person said; None: as the file says


@dataclass(frozen=True)
class Cut:
    """How patches are cut: `edge` px at `spacing` µm/px."""

    edge: int
    spacing: float


def said_of(annotations: Iterable[Annotation], classes: Sequence[str]) -> tuple[Said, ...]:
    """What people said in a document about these classes, in its order."""
    found = (_said(one, classes) for one in annotations if one.shape.is_area)
    return tuple(one for one in found if one is not None)


def said_of_box(rect: Rect, name: str, verdict: str, classes: Sequence[str], model: str) -> Said | None:
    """The same of a box that was "accepted" or "rejected"; None where nothing follows from it."""
    label = _label_of(name, verdict, classes)
    return Said(Shape.rectangle(rect), label, CORRECTION, model=model) if label else None


def _said(one: Annotation, classes: Sequence[str]) -> Said | None:
    told = one.metadata
    if is_answer(one):
        if told.get(ANSWER) != GIVEN or one.class_name not in classes:
            return None
        who = (told.get(ANSWERED_BY, ""), told.get(ANSWERED_AT, ""))
        return Said(one.shape, one.class_name, QUEUE, *who, told.get("Model", ""), told.get("Worth", ""))
    if not is_of_model(one):
        return None
    verdict = "corrected" if told.get(CORRECTED) == "yes" else told.get(VERDICT, "open")
    name = told.get(CLASS_BEFORE, "") if is_rejected(one) else one.class_name
    label = _label_of(name, "rejected" if is_rejected(one) else verdict, classes)
    return Said(one.shape, label, CORRECTION, model=told.get("Model", "")) if label else None


def _label_of(name: str, verdict: str, classes: Sequence[str]) -> str:
    """Empty where nobody can know."""
    if name not in classes or verdict == "open":
        return ""
    if verdict != "rejected":
        return name
    others = [other for other in classes if other != name]
    return others[0] if len(others) == 1 else ""


def places_of(shape: Shape, slide: Size, edge: Size) -> tuple[Rect, ...]:
    """Patches of `edge` level-0 px to learn from, of a shape: at least one, at most 64, evenly taken."""
    bounds = shape.bounds
    if max(bounds.width / edge.width, bounds.height / edge.height) < 1.5:
        center = bounds.center
        return (Rect(round(center.x - edge.width / 2), round(center.y - edge.height / 2), *_sides(edge)),)
    grid = PatchGrid.over(shape, slide, edge, 1)
    cells = [grid.rect(int(r), int(c)) for r, c in zip(*grid.inside.nonzero(), strict=True)]
    step = max(1, -(-len(cells) // _MOST))
    return tuple(cells[::step])


def mark_of(slide: Path) -> str:
    """How the names of all patches of a slide begin."""
    return hashlib.sha256(str(slide).encode()).hexdigest()[:8]


def _sides(edge: Size) -> tuple[float, float]:
    return edge.width, edge.height


def write_patches(slides: Sequence[SlideSaid], cut: Cut, folder: Path, progress: Progress) -> int:
    """Cut all that was said into PNG files, with their table `cases.csv`; how many there are.

    A place that was told twice is one patch, with what was said last. Raises `Problem`s, `Cancelled`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {}
    for number, one in enumerate(slides):
        progress.step(Step("Cutting labelled patches", number, len(slides)))
        with open_slide(one.path) as slide:
            lines |= dict(_cut(slide, one, cut, folder, progress))
    with whole_file(folder / TABLE) as part, part.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(lines.values())
    return len(lines)


def _cut(
    slide: Slide, one: SlideSaid, cut: Cut, folder: Path, progress: Progress
) -> Iterator[tuple[str, list[str]]]:
    known = one.spacing or slide.info.spacing
    if known is None:
        raise SpacingUnknown(
            f"{one.path.name} does not say how large a pixel is.", "Open it and type its pixel size."
        )
    across, down = (round(cut.edge * cut.spacing / um) for um in (known.spacing.x, known.spacing.y))
    mark = mark_of(one.path)
    for said in one.said:
        for rect in places_of(said.shape, slide.info.size, Size(across, down)):
            progress.check()
            name = f"{mark}_{rect.x:.0f}_{rect.y:.0f}_{across}.png"
            if not (folder / name).is_file():
                with whole_file(folder / name) as part:
                    pixels = read_region(slide, rect, Size(cut.edge, cut.edge))
                    Image.fromarray(pixels).save(part, format="PNG")
            place = [f"{value:.0f}" for value in (rect.x, rect.y, rect.width, rect.height)]
            told = [said.by, said.at, said.model, said.worth]
            yield name, [name, said.label, one.patient, "", said.source, str(one.path), *place, *told]
