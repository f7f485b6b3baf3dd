"""How far an analysis is, and how it ended."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QPushButton, QWidget

from ml.progress import Step
from ml.report.words import count, percent
from ml.results.scores import Planned
from viewer.panels.pieces import GRID, Notice, Text, column, named, row
from viewer.panels.quantities import time_left, with_unit
from viewer.panels.symbols import Sign

Ending = Literal["finished", "nothing", "stopped", "refused", "failed"]
_SIGNS: dict[str, Sign] = {
    "finished": "done",
    "nothing": "info",
    "stopped": "info",
    "refused": "refusal",
    "failed": "refusal",
}


class RunView(QWidget):
    """A thin bar with patches done, rate and time left; afterwards one line that says the result."""

    stop_wished = Signal()
    again_wished = Signal()

    def __init__(self, parent: QWidget | None = None, unit: str = "patches/s") -> None:
        super().__init__(parent)
        self._unit = unit
        self.phase = Text(parent=self)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * GRID)
        self.bar.setAccessibleName("Progress of the analysis")
        self.rate = Text(quiet=True, parent=self)
        self.stop_button = QPushButton("Stop", self)
        named(self.stop_button, "Stop", "Stop the analysis; what is there already stays (Esc)")
        self.skipped = Text(quiet=True, parent=self)
        self.notes = Notice(parent=self)
        self.result = Notice(parent=self)
        self.stale = Notice("Analyze again", "Run the analysis once more as it is set now", self)
        layout = column(self, gap=GRID)
        for widget in (self.result, self.stale, self.phase, self.bar):
            layout.addWidget(widget)
        line = row()
        line.addWidget(self.rate, 1)
        line.addWidget(self.stop_button)
        layout.addLayout(line)
        layout.addWidget(self.skipped)
        layout.addWidget(self.notes)
        self._notes: list[str] = []
        self.stop_button.clicked.connect(self._stop)
        self.stale.wished.connect(self.again_wished)
        self.clear()

    def clear(self) -> None:
        """Nothing runs and nothing has run."""
        self._show_running(False)
        self.result.say("")
        self.stale.say("")
        self.skipped.say("")
        self._notes.clear()
        self.notes.say("")

    def start(self, title: str) -> None:
        """A run begins, on the slide of this title (empty: the one that is looked at)."""
        self.clear()
        self._show_running(True)
        self.phase.setText(f"Starting on {title}…" if title else "Starting…")
        self.bar.setRange(0, 0)
        self.rate.setText("")
        self.stop_button.setEnabled(True)
        self.stop_button.setText("Stop")

    def plan(self, planned: Planned) -> None:
        """Say how much there is to look at, and what is skipped."""
        self.skipped.say(skipped_in_words(planned))

    def step(self, step: Step) -> None:
        """Say how far it is."""
        self.bar.setRange(0, step.total)
        self.bar.setValue(step.done)
        self.phase.setText(step_in_words(step))
        self.rate.setText(rate_in_words(step, self._unit))
        if step.note and step.note not in self._notes:
            self._notes.append(step.note)
            self.notes.say("\n".join(self._notes), "warning")

    def end(self, text: str, kind: Ending) -> None:
        """Say how it ended."""
        self._show_running(False)
        self.result.say(text, _SIGNS[kind])

    def say_stale(self, changes: str) -> None:
        """Say what changed since the result, and offer to run again; empty takes it back."""
        self.stale.say(changes, "warning")

    def _stop(self) -> None:
        self.stop_button.setEnabled(False)
        self.stop_button.setText("Stopping…")
        self.stop_wished.emit()

    def _show_running(self, running: bool) -> None:
        for widget in (self.phase, self.bar, self.rate, self.stop_button):
            widget.setVisible(running)


def skipped_in_words(planned: Planned) -> str:
    """How many patches hold tissue, and what share of the region is skipped: true before and after a run."""
    grid = planned.grid
    what = f"{count(grid.count, 'patch', 'patches')} hold{'s' if grid.count == 1 else ''} tissue."
    if grid.count == 0:
        return "There is no tissue in this region: all of it is background."
    if grid.skipped_share == 0:
        return what
    return f"{what} {percent(grid.skipped_share)} of the region is background and is skipped."


def step_in_words(step: Step) -> str:
    """Phase and count: "Scoring patches: 412 of 1,880"."""
    if not step.total:
        return f"{step.phase}…"
    return f"{step.phase}: {step.done:,} of {step.total:,}"


def rate_in_words(step: Step, unit: str = "patches/s") -> str:
    """Speed and time left: "18.8 patches/s, 1 min left"; empty while nothing is known."""
    if not step.total or step.rate <= 0:
        return ""
    rate = f"{step.rate:,.0f}" if step.rate >= 100 else f"{step.rate:.1f}"
    left = time_left(step.seconds_left) if step.done < step.total else ""
    return ", ".join(part for part in (with_unit(rate, unit), left) if part)
