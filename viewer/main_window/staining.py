"""How much stain the selected areas hold: measured in the background, kept with them as measurements."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from ml.annotation.document import Change
from ml.annotation.edits import titled
from ml.annotation.shapes import Annotation
from ml.errors import Problem
from ml.progress import Step
from ml.report.words import count
from ml.slide.slide import Slide
from ml.slide.stains import PRESETS, Vectors
from viewer.actions.command import Bound
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.state.opened_slide import OpenedSlide

_MOST = 5000  # at once: it takes some milliseconds each
Means = dict[str, dict[str, float]]
"""What was measured, by the id of the annotation and the name of the measurement."""


class Staining(QObject):
    """One step that can be undone, whatever else was edited meanwhile."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine) -> None:
        super().__init__(frame)
        self._parts, self._status = parts, status

    def bounds(self) -> dict[str, Bound]:
        """What the command does."""

        def ready() -> bool:
            opened = self._parts.session.slide
            return opened is not None and bool(opened.selection) and not self._parts.annotation_files.busy

        return {"measure_stains": Bound(self.measure, ready)}

    def measure(self) -> None:
        """Measure what is selected, by the stains of the Image panel, else hematoxylin, eosin and DAB."""
        opened = self._parts.session.slide
        if opened is None:
            return
        if len(opened.selection) > _MOST:
            what = (
                f"{len(opened.selection):,} annotations are selected; {_MOST:,} at most are measured at once."
            )
            self.refused.emit(Problem(what, "Select fewer."))
            return
        areas = tuple(one for one in opened.selected_all if one.shape.is_area and not one.locked)
        look = opened.look.stain
        vectors = PRESETS["H&E and DAB"] if look is None else look.vectors
        work = self._parts.annotation_files
        job = partial(_measured, opened.slide, areas, vectors, work.tell)
        work.do("Measuring stains", job, partial(self._put, opened))
        self.changed.emit()

    def _put(self, opened: OpenedSlide, means: Means) -> None:
        there = [opened.annotations[one] for one in means if one in opened.annotations]
        pairs = [(one, one.but(measurements={**one.measurements, **means[one.id]})) for one in there]
        pairs = [(before, after) for before, after in pairs if before != after]
        if pairs and opened in self._parts.session.slides:
            removed, added = zip(*pairs, strict=True)
            opened.edit(Change(removed, added, titled("Measure stains", len(pairs))))
        self._status.end_work(f"Stains measured in {count(len(means), 'area')}.")
        self.changed.emit()


def _measured(
    slide: Slide, areas: tuple[Annotation, ...], vectors: Vectors, tell: Callable[[Step], None]
) -> Means:
    from ml.stain_measure import stain_means

    began = time.monotonic()
    found: Means = {}
    for number, area in enumerate(areas):
        means = stain_means(slide, area.shape, vectors)
        if means:
            found[area.id] = {f"{name} OD mean": value for name, value in means.items()}
        tell(Step("Measuring stains", number + 1, len(areas), time.monotonic() - began))
    return found
