"""The part of step 4 that is about slides: one of them with its patches, and sliders that move them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QWidget

from ml.errors import Problem
from ml.report.words import length, percent
from ml.train.slide_preview import Drawn, SlidePreview
from viewer.panels.labelled_slider import LabelledSlider
from viewer.panels.pieces import GRID, Notice, Text, column, named
from viewer.wizard.cases import slides_of
from viewer.wizard.plan import Plan
from viewer.wizard.slide_grid import SlideGrid
from viewer.work.previewing import Previewing, PreviewWish

_MOST = 200  # slides that can be chosen


class SlidePart(QWidget):
    """Tells the plan as it becomes by a slider."""

    changed = Signal(object)  # Plan

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.work = Previewing(self)
        self._plan = Plan()
        self.slides = QComboBox(self)
        named(self.slides, "Slide", "Which slide is shown")
        tip = "A patch with less tissue than this is not looked at"
        self.tissue = LabelledSlider("", tip, (0.0, 1.0), 0.01, parent=self)
        tip = "A patch belongs to a class when a box or outline covers at least so much of it"
        self.cover = LabelledSlider("", tip, (0.05, 1.0), 0.01, parent=self)
        self.told = Text(parent=self)
        self.notice = Notice(parent=self)
        self.grid = SlideGrid(self)
        self._form = QFormLayout()
        self._form.setSpacing(2 * GRID)
        self._form.addRow("Slide", self.slides)
        self._form.addRow("Least tissue", self.tissue)
        self._form.addRow("Least cover by what is drawn", self.cover)
        layout = column(self)
        layout.addLayout(self._form)
        for widget in (self.told, self.notice):
            layout.addWidget(widget)
        layout.addWidget(self.grid, 1)
        self.slides.activated.connect(lambda _: self.look())
        self.tissue.changed.connect(lambda value: self._move(tissue=value))
        self.cover.changed.connect(lambda value: self._move(cover=value))
        self.work.previewed.connect(self._show)
        self.work.failed.connect(self._fail)

    def show_plan(self, plan: Plan) -> None:
        """Show a slide of this plan, where it is about slides."""
        self.setVisible(plan.kind in {"boxes", "labelled_slides"})
        if self.isHidden():
            return
        if plan.data.folder != self._plan.data.folder or not self.slides.count():
            self._list(plan)
        self._plan = plan
        self.tissue.set_value(tissue_of(plan))
        self.cover.set_value(plan.cover)
        self._form.setRowVisible(self.cover, plan.kind == "boxes")
        self._thresholds()
        self.look()

    def look(self) -> None:
        """Look at the chosen slide."""
        plan, shown = self._plan, self.slides.currentData()
        spacing = plan.network.spacing
        if shown is None or not spacing:
            return
        data, boxes, drawn = plan.data, None, None
        if data.outlines:
            drawn = Drawn(shown.outlines, data.classes, data.classes[0] if data.classes else "")
        elif plan.kind == "boxes":
            boxes = Path(data.folder) / (data.table or "boxes.csv")
        self.work.preview(PreviewWish(shown.path, plan.network.size[0], spacing, data.spacing, boxes, drawn))

    def close_work(self) -> None:
        """Look no more."""
        self.work.close()

    def _list(self, plan: Plan) -> None:
        self.slides.clear()
        self.work.forget()
        for one in slides_of(plan)[:_MOST]:
            self.slides.addItem(one.path.name, one)

    def _move(self, **changes: float) -> None:
        plan = self._plan
        if "tissue" in changes and plan.kind == "labelled_slides":
            tiles = replace(plan.tiles, tissue=changes["tissue"], choose="tissue")
            plan = replace(plan, tiles=tiles)
        else:
            plan = replace(plan, **changes)  # type: ignore[arg-type]
        self._plan = plan
        self._thresholds()
        self.changed.emit(plan)

    def _thresholds(self) -> None:
        self.grid.set_thresholds(tissue_of(self._plan), self._plan.cover)
        self._say()

    def _show(self, preview: SlidePreview) -> None:
        self.notice.say("")
        self.grid.show_preview(preview)
        self._say()

    def _say(self) -> None:
        whole, taken, positive = self.grid.counts()
        if not whole:
            self.told.say("")
            return
        network = self._plan.network
        edge = length(network.size[0] * network.spacing)
        words = f"{taken:,} of {whole:,} patches of {edge} hold enough tissue (blue) and are looked at."
        if self._plan.kind == "boxes":
            what = "an outline" if self._plan.data.outlines else "a box"
            least = percent(self._plan.cover)
            words += f" {positive:,} of them belong to {what} (filled): at least {least} of each is covered."
        elif self._plan.tiles.choose == "dark":
            words += " As in the study, dark ones with contrast are chosen of them; the slider changes that."
        self.told.say(words)

    def _fail(self, problem: Problem) -> None:
        self.grid.show_preview(None)
        self.notice.say(str(problem), "refusal")


def tissue_of(plan: Plan) -> float:
    """The least tissue of a patch that is looked at."""
    return plan.tiles.tissue if plan.kind == "labelled_slides" else plan.tissue
