"""Choose a model of CT and which slices it looks at, and let it run."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from ml.progress import Step
from ml.report.words import count
from ml.zoo.card import ModelCard
from ml.zoo.store import ModelEntry
from viewer.panels.model_view import ModelView
from viewer.panels.number_field import WholeField
from viewer.panels.pieces import GRID, Heading, Page, PrimaryButton, Text, column, named, row, rule
from viewer.panels.run_view import Ending, RunView
from viewer.state.opened_series import OpenedSeries

_NONE = (
    "No model that looks at CT is installed. Train one with the recipe “hemorrhage” "
    "(parfocal-ml train), or import a bundle."
)


class CtAnalyzePanel(QWidget):
    """Model and its card, the range of slices, the button, progress and result."""

    analyze_wished = Signal()
    stop_wished = Signal()
    here_wished = Signal()  # the slice that is looked at, alone

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: OpenedSeries | None = None
        self._running = False
        self.model = ModelView(self)
        named(self.model.choice, "Model", "The model that looks at the slices")
        self.none = Text(_NONE, quiet=True, parent=self)
        self.first, self.last = WholeField(self), WholeField(self)
        named(self.first, "First slice", "The first slice that the model looks at")
        named(self.last, "Last slice", "The last slice that the model looks at")
        self.here, self.all = QPushButton("This slice", self), QPushButton("All", self)
        named(self.here, "This slice", "Only the slice that is looked at")
        named(self.all, "All slices", "From the first slice to the last one")
        self.slices_text = Text(quiet=True, parent=self)
        self.button = PrimaryButton("Analyze series", self)
        named(self.button, "Analyze series", "Let the model look at these slices (A)")
        self.run_view = RunView(self, "slices/s")
        self._lay_out()
        self.model.changed.connect(self._changed)
        for field in (self.first, self.last):
            field.valueChanged.connect(self._changed)
        self.here.clicked.connect(self.here_wished)
        self.all.clicked.connect(lambda: self.set_range(0, self.last.maximum() - 1))
        self.button.clicked.connect(self.analyze_wished)
        self.run_view.stop_wished.connect(self.stop_wished)
        self.set_models(())
        self.set_series(None)

    def _lay_out(self) -> None:
        page = Page(self)
        page.column.addWidget(Heading("Model", self))
        page.column.addWidget(self.none)
        page.column.addWidget(self.model)
        page.column.addWidget(rule())
        page.column.addWidget(Heading("Slices", self))
        line: QHBoxLayout = row(self.first, Text("to", quiet=True), self.last)
        line.addStretch(1)
        page.column.addLayout(line)
        page.column.addLayout(row(self.here, self.all))
        page.column.addWidget(self.slices_text)
        page.column.addStretch(1)
        foot = column(margin=3 * GRID)
        foot.addWidget(self.button)
        foot.addWidget(self.run_view)
        layout = column(self, gap=0)
        layout.addWidget(page, 1)
        layout.addWidget(rule())
        layout.addLayout(foot)

    @property
    def card(self) -> ModelCard | None:
        """The chosen model's."""
        return self.model.entry.card if self.model.entry else None

    @property
    def range(self) -> tuple[int, int]:
        """First and last slice, from 0."""
        return self.first.value() - 1, self.last.value() - 1

    def set_range(self, first: int, last: int) -> None:
        """Look at the slices from one to another, from 0."""
        self.first.setValue(first + 1)
        self.last.setValue(last + 1)

    def set_models(self, entries: tuple[ModelEntry, ...]) -> None:
        """Offer these: those that look at CT."""
        self.none.setVisible(not entries)
        self.model.setVisible(bool(entries))
        self.model.set_models(entries)

    def set_series(self, opened: OpenedSeries | None) -> None:
        """Another series, or none: all of its slices."""
        self._opened = opened
        slices = 1 if opened is None else len(opened.series)
        for field, value in ((self.first, 1), (self.last, slices)):
            field.setRange(1, slices)
            field.setValue(value)
        if not self._running:
            self.run_view.clear()
            if opened is not None and opened.outcome:
                self.run_view.end(opened.outcome, "finished")
        self._changed()

    def run_started(self) -> None:
        """A run begins."""
        self._running = True
        self.run_view.start("")
        self._changed()

    def show_step(self, step: Step) -> None:
        """Say how far it is."""
        self.run_view.step(step)

    def run_ended(self, text: str, kind: Ending) -> None:
        """Say how it ended."""
        self._running = False
        self.run_view.end(text, kind)
        self._changed()

    def _changed(self, _: object = None) -> None:
        first, last = self.range
        wrong = first > last
        words = (
            "The first slice lies after the last one." if wrong else f"{count(last - first + 1, 'slice')}."
        )
        self.slices_text.setText(words if self._opened is not None else "")
        self.button.setEnabled(
            self._opened is not None and self.card is not None and not self._running and not wrong
        )
        for widget in (self.model, self.first, self.last, self.here, self.all):
            widget.setEnabled(not self._running)
