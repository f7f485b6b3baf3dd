"""What people said while looking at what a model found, as patches to learn from, with their origin.

Four things are learned from: answers of the label queue, annotations that a model found and a person
accepted, corrected or rejected, boxes with a verdict, and what a person drew because the model had missed it.
A rejected finding says what a place is not: with
two classes it is the other one, with more nobody knows, and it is left out. Where boxes are sought it is
nothing of what is sought: a hard negative. What a model found and nobody looked at is never learned from.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from ml.annotation.answers import (
    ANSWER,
    ANSWERED_AT,
    ANSWERED_BY,
    GIVEN,
    NONE_OF_THEM,
    TOGETHER,
    is_answer,
)
from ml.annotation.corrections import (
    CLASS_BEFORE,
    CORRECTED,
    SOURCE,
    VERDICT,
    is_of_model,
    is_rejected,
)
from ml.annotation.measured import means_of
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
REJECTION, DRAWN = "rejected by person", "drawn by person"
"""The sources of a label; "pseudo" is no person's."""

TABLE = "cases.csv"
COLUMNS = (
    *("file", "label", "patient", "site", "source", "slide", "x", "y", "width", "height"),
    *("by", "at", "model", "worth", "run"),
)

_MOST = 64  # patches of one annotation, evenly taken: a large box shall not outweigh all others


@dataclass(frozen=True)
class Question:
    """What a model tells apart. `several`: classes may hold together, and each stands for itself.

    `sought`: it looks for them in whole slides, so that what a person rejects is nothing of them.
    """

    classes: tuple[str, ...]
    several: bool = False
    sought: bool = False

    def labels_in(self, name: str) -> str | None:
        """The class of an annotation as a table has it (a;b); empty: none of them; None: something else."""
        parts = (name,) if name in self.classes else tuple(name.split(TOGETHER)) if self.several else ()
        if self.several and name == NONE_OF_THEM:
            return ""
        return ";".join(parts) if parts and set(parts) <= set(self.classes) else None


@dataclass(frozen=True)
class Said:
    """A place of a slide and what a person said of it."""

    shape: Shape
    label: str  # several are parted by ";", empty: none of the classes
    source: str
    by: str = ""
    at: str = ""
    model: str = ""  # whose finding it was, or which asked
    worth: str = ""  # why it was asked
    run: str = ""  # of which analysis: when that began
    drawn: str = ""  # id of the annotation that a person drew; empty: something was found, or asked about


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


def said_of(annotations: Iterable[Annotation], question: Question) -> tuple[Said, ...]:
    """What people said in a document about these classes, in its order."""
    found = (_said(one, question) for one in annotations if one.shape.is_area)
    return tuple(one for one in found if one is not None)


def said_of_box(rect: Rect, name: str, verdict: str, question: Question, told: Said) -> Said | None:
    """The same of a box that was "accepted" or "rejected"; None where nothing follows from it.

    `told` says the rest: by whom, when, of which model and which analysis.
    """
    label = _label_of(name, verdict, question)
    if label is None:
        return None
    return replace(told, shape=Shape.rectangle(rect), label=label, source=_source_of(verdict))


def drawn_of(one: Annotation, question: Question) -> Said | None:
    """What follows from an outline that a person drew; None: it is no such thing, or nothing follows.

    A place with a class of the model says what an accepted finding says. By whom, and when, others know.
    """
    if SOURCE in one.metadata or means_of(one) or not one.shape.is_area:
        return None
    label = _label_of(one.class_name, "accepted", question)
    return None if label is None else Said(one.shape, label, DRAWN, drawn=one.id)


def _said(one: Annotation, question: Question) -> Said | None:
    told = one.metadata
    model, run = told.get("Model", ""), told.get("Run", "")
    if is_answer(one):
        label = question.labels_in(one.class_name) if told.get(ANSWER) == GIVEN else None
        if label is None:
            return None
        who = (told.get(ANSWERED_BY, ""), told.get(ANSWERED_AT, ""))
        return Said(one.shape, label, QUEUE, *who, model, told.get("Worth", ""), run)
    if not is_of_model(one):
        return None
    verdict = "corrected" if told.get(CORRECTED) == "yes" else told.get(VERDICT, "open")
    if is_rejected(one):
        verdict = "rejected"
    name = told.get(CLASS_BEFORE, "") if verdict == "rejected" else one.class_name
    label = _label_of(name, verdict, question)
    return None if label is None else Said(one.shape, label, _source_of(verdict), model=model, run=run)


def _source_of(verdict: str) -> str:
    return REJECTION if verdict == "rejected" else CORRECTION


def _label_of(name: str, verdict: str, question: Question) -> str | None:
    """As a table has it; None where nobody can know."""
    classes = question.classes
    if name not in classes or verdict == "open":
        return None
    alone = question.sought or not question.several or len(classes) == 1  # it says nothing of other classes
    if verdict != "rejected":
        return name if alone else None
    if question.several or question.sought:
        return "" if alone else None
    others = [other for other in classes if other != name]
    return others[0] if len(others) == 1 else None


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
            told = [said.by, said.at, said.model, said.worth, said.run]
            yield name, [name, said.label, one.patient, "", said.source, str(one.path), *place, *told]
