"""Many slides with one model: what is asked, how far it is, what could not be done, what came out."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ml.report.words import count
from ml.zoo.store import ModelEntry
from viewer.panels.model_view import ModelView
from viewer.panels.pieces import GRID, Heading, Notice, Page, PrimaryButton, Text, clear, column, named, row
from viewer.panels.run_options import RunOptions
from viewer.panels.symbols import Sign

_LATER = "You may close this window, and Parfocal too: it goes on, and the results are with the slides then."


class CohortDialog(QDialog):
    """Two pages: before, and from the start on."""

    begin_wished = Signal(object)  # AnalyzeOptions
    stop_wished = Signal()
    go_on_wished = Signal()
    retry_wished = Signal()
    anew_wished = Signal()
    table_wished = Signal()
    sheet_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Analyze all")
        self.chosen = Text(parent=self)
        self.left_out = Text("", quiet=True, parent=self)
        self.model, self.options = ModelView(self), RunOptions(self)
        self.options.leave_out_batch()
        self.begin = PrimaryButton("Analyze all", self)
        self.notice = Notice(parent=self)
        self.phase = Text(parent=self)
        self.bar = QProgressBar(self)
        named(self.bar, "Progress", "How many slides are through")
        self.failures = Page(self)
        self._listed: dict[str, str] = {}
        self.failed = Heading("Not analyzed", self)
        self.stop = _button("Stop", "Stop soon; what is done stays")
        self.go_on = _button("Go on", "Go on with the slides that are not done")
        self.retry = _button("Try these again", "Try the slides again that could not be analyzed")
        self.table = _button("Open table", "One row a slide, in the program that opens CSV")
        self.sheet = _button("Open contact sheet", "Small pictures of all slides, in the browser")
        self.anew = _button("Analyze others…", "Choose slides and a model anew")
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._before())
        self._stack.addWidget(self._after())
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.rejected.connect(self.close)
        layout = column(self, margin=3 * GRID)
        layout.addWidget(self._stack, 1)
        layout.addWidget(close)
        self.resize(140 * GRID, 120 * GRID)
        self._connect()

    def show_models(self, entries: tuple[ModelEntry, ...], chosen: str) -> None:
        """Those that look at slides."""
        self.model.set_models(tuple(e for e in entries if e.card is not None and not e.card.looks_at_ct))
        self.model.choose(chosen)

    def show_chosen(self, slides: int, cases: int, left_out: str) -> None:
        """What would be looked at. Without a slide nothing can be begun."""
        self._stack.setCurrentIndex(0)
        of = count(cases, "case")
        self.chosen.say(
            f"{count(slides, 'slide')} of {of}."
            if slides
            else "Mark cases with slides in the list of all cases, then try again."
        )
        self.left_out.say(left_out)
        self.begin.setText(f"Analyze {count(slides, 'slide')}")
        self.begin.setEnabled(bool(slides) and self.model.entry is not None)

    def show_run(
        self,
        state: str,
        phase: str,
        share: tuple[int, int],
        notice: tuple[str, Sign],
        failures: Mapping[str, str],
    ) -> None:
        """How it stands; `share` is how many of how many."""
        self._stack.setCurrentIndex(1)
        running = state == "running"
        self.phase.say(phase)
        self.bar.setRange(0, share[1])
        self.bar.setValue(share[0])
        self.bar.setVisible(running)
        self.later.setVisible(running)
        self.notice.say(*notice)
        self._list(failures)
        self.stop.setVisible(running)
        self.go_on.setVisible(state in {"stopped", "killed", "failed"})
        self.retry.setVisible(state == "done" and bool(failures))
        self.anew.setVisible(not running)

    def show_results(self, there: bool) -> None:
        """Whether table and sheet are written."""
        self.table.setVisible(there)
        self.sheet.setVisible(there)

    def _list(self, failures: Mapping[str, str]) -> None:
        self.failed.setVisible(bool(failures))
        self.failures.setVisible(bool(failures))
        if self._listed == failures:
            return
        self._listed = dict(failures)
        clear(self.failures.column)
        for name, reason in failures.items():
            self.failures.column.addWidget(Text(f"{name}: {reason}"))
        self.failures.column.addStretch(1)

    def _before(self) -> QWidget:
        page = Page(self)
        page.column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.chosen, self.left_out, self.model, self.options):
            page.column.addWidget(widget)
        page.column.addStretch(1)
        whole = QWidget(self)
        layout = column(whole)
        layout.addWidget(page, 1)
        layout.addWidget(self.begin)
        return whole

    def _after(self) -> QWidget:
        named(self.failures, "Slides that were not analyzed", "Each with the reason")
        self.failures.column.setContentsMargins(0, 0, 0, 0)
        self.later = Text(_LATER, quiet=True, parent=self)
        whole = QWidget(self)
        layout: QVBoxLayout = column(whole)
        for widget in (self.notice, self.phase, self.bar, self.later, self.failed):
            layout.addWidget(widget)
        layout.addWidget(self.failures, 2)
        layout.addStretch(1)
        below: QHBoxLayout = row(self.table, self.sheet, self.retry)
        below.addStretch(1)
        for button in (self.anew, self.go_on, self.stop):
            below.addWidget(button)
        layout.addLayout(below)
        return whole

    def _connect(self) -> None:
        for button, signal in (
            (self.stop, self.stop_wished),
            (self.go_on, self.go_on_wished),
            (self.retry, self.retry_wished),
            (self.anew, self.anew_wished),
            (self.table, self.table_wished),
            (self.sheet, self.sheet_wished),
        ):
            button.clicked.connect(signal)
        self.begin.clicked.connect(self._begin, Qt.ConnectionType.DirectConnection)

    def _begin(self) -> None:
        if self.model.entry is not None:
            self.begin_wished.emit(self.options.options(self.model.entry.name))


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    named(button, text, tip)
    return button
