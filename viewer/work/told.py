"""What people said of slides in the case library, gathered for a training; for the library's own thread."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect, Spacing
from ml.results.analysis import Analysis
from ml.results.boxes import BoxRule, find_boxes
from ml.train.corrected import CORRECTION, PSEUDO, Question, Said, SlideSaid, said_of, said_of_box
from viewer.cases.values import AnalysisRow, Item, Json
from viewer.state.kept import box_of, readable, rule_of, spacing_of
from viewer.state.learning import MadeUp, read_notes
from viewer.work.told_drawn import drawn_on

_NOWHERE = Shape.rectangle(Rect(0, 0, 1, 1))

if TYPE_CHECKING:
    from viewer.cases.library import Library


@dataclass(frozen=True)
class Told:
    """A slide with what people said of it, and what was made up. Its patient is the name of the case."""

    slide: SlideSaid
    made_up: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Found:
    """What an analysis found on a slide: boxes by key, with the number of their class, and verdicts."""

    boxes: Mapping[str, tuple[int, Rect]]
    verdicts: Mapping[str, str]
    class_names: tuple[str, ...]
    model: str
    run: str  # when it began
    region: Shape | None = None  # that was analyzed; None: all of it, or it is not known here


@dataclass(frozen=True)
class OnTable:
    """Of a slide that is open: what is there now, whether or not it is written yet."""

    annotations: tuple[Annotation, ...]
    made_up: tuple[MadeUp, ...]
    found: Found | None = None  # None: nothing was analyzed


def told_in(library: Library, question: Question, open_slides: Mapping[Path, OnTable]) -> tuple[Told, ...]:
    """Every slide of the library whose file is there. Raises `Problem`s."""
    return tuple(
        _told(library, item, row.name, question, open_slides.get(item.path))
        for row in library.cases()
        for item in library.items(row.id)
        if item.kind == "slide" and item.path.exists()
    )


def _told(library: Library, item: Item, case: str, question: Question, here: OnTable | None) -> Told:
    annotations = here.annotations if here is not None else library.annotations(item.id)
    notes = readable(library.state(item.id, "learning"), read_notes)
    made_up = here.made_up if here is not None else notes[1] if notes is not None else ()
    rows = library.analyses(item.id)
    drawn = _drawn(library, item, annotations, question, rows, here)
    boxes = {one.metadata["Key"] for one in annotations if "Key" in one.metadata}
    last = max(rows, key=lambda row: row.id, default=None)
    said = _verdicts(library, item, question, last, boxes, [one.shape.bounds for one in drawn], here)
    said = (*drawn, *said, *said_of(annotations, question))
    spacing = readable(library.state(item.id, "spacing"), spacing_of)
    return Told(SlideSaid(item.path, case, said, spacing), tuple(map(_made_up, made_up)))


def _made_up(label: MadeUp) -> Said:
    return Said(
        Shape.rectangle(label.rect), label.label, PSEUDO, at=label.at, worth=f"{label.confidence:.4f}"
    )


def _drawn(
    library: Library,
    item: Item,
    annotations: tuple[Annotation, ...],
    question: Question,
    rows: Sequence[AnalysisRow],
    here: OnTable | None,
) -> tuple[Said, ...]:
    """What people drew on a slide that was analyzed; elsewhere nobody said that anything was missed."""
    found = here.found if here is not None else None
    if found is None and not rows:
        return ()
    region = found.region if found is not None else None
    return drawn_on(library, item, annotations, question, rows, () if region is None else (region,))


def _verdicts(
    library: Library,
    item: Item,
    question: Question,
    last: AnalysisRow | None,
    kept_as: set[str],
    drawn: Sequence[Rect],
    here: OnTable | None,
) -> tuple[Said, ...]:
    """Boxes of the last analysis that were accepted or rejected; those in `kept_as` are annotations by now.

    `drawn`: what people drew, and what is therefore not nothing.
    """
    found = here.found if here is not None else None
    if found is None and last is not None:
        found = _found(library, item, last)
    if found is None or not any(verdict != "open" for verdict in found.verdicts.values()):
        return ()
    kept = last is not None and last.summary.get("started") == found.run
    decided = library.decided(last.id) if last is not None and kept else {}
    now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    standing = [rect for key, (_, rect) in found.boxes.items() if found.verdicts.get(key) != "rejected"]
    standing += drawn
    said = []
    for key, (index, rect) in found.boxes.items():
        verdict = found.verdicts.get(key, "open")
        others = standing if verdict == "rejected" and question.sought else ()
        if key in kept_as or any(not rect.intersection(other).is_empty for other in others):
            continue  # what stands there was found or drawn, too: the place is not nothing
        written = decided.get(key)  # not yet, where it was decided a moment ago
        by, at = (library.author, now) if written is None else (written.author, written.at)
        told = Said(_NOWHERE, "", CORRECTION, by, at, found.model, run=found.run)
        said.append(said_of_box(rect, found.class_names[index], verdict, question, told))
    return tuple(one for one in said if one is not None)


def _found(library: Library, item: Item, last: AnalysisRow) -> Found | None:
    """The same of a slide that is closed."""
    model = library.state(item.id, "model")
    if not last.verdicts or not isinstance(model, dict):
        return None
    analysis, rule = library.analysis(last.id), readable(model.get("rule"), rule_of)
    if not isinstance(analysis, Analysis) or rule is None:
        return None
    made, boxes = analysis.provenance, _boxes(analysis, rule, model)
    return Found(boxes, last.verdicts, analysis.scores.class_names, made.model_name, made.started)


def _boxes(analysis: Analysis, rule: BoxRule, model: Mapping[str, Json]) -> dict[str, tuple[int, Rect]]:
    spacing: Spacing = analysis.provenance.spacing.spacing
    kept = readable(model.get("accepted"), lambda boxes: tuple(map(box_of, boxes))) or ()
    boxes = (*kept, *find_boxes(analysis.scores, rule, spacing))
    return {box.key: (box.class_index, box.rect) for box in boxes}
