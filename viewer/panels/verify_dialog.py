"""What of a report still holds: one sentence first, then everything that was looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from ml.errors import Problem
from ml.progress import Step
from viewer.panels.pieces import GRID, Notice, Text, column, named, row
from viewer.panels.run_view import step_in_words
from viewer.panels.symbols import Sign, sign_color
from viewer.theme.icons import pixmap

if TYPE_CHECKING:
    from ml.record.compare import Comparison
    from ml.record.verify import Item, State, Verification

_WORDS: dict[State, str] = {
    "holds": "holds",
    "changed": "changed",
    "missing": "missing",
    "not checked": "not checked",
    "added": "not part of it",
}
_ICONS: dict[State, tuple[str, Sign]] = {
    "holds": ("check", "done"),
    "changed": ("circle-alert", "refusal"),
    "missing": ("x", "refusal"),
    "not checked": ("triangle-alert", "warning"),
    "added": ("info", "info"),
}
_FIRST: tuple[State, ...] = ("changed", "missing", "not checked", "added", "holds")  # what matters first
_ICON = 16  # px


class VerifyDialog(QDialog):
    """Stays open while the report is checked and its analysis repeated. The work is the window's."""

    subject_wished = Signal()  # the person wants to point to the slide or the series
    trust_wished = Signal()
    rerun_wished = Signal()
    stop_wished = Signal()

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Verify report: {folder.name}")
        self.verification: Verification | None = None
        self.comparison: Comparison | None = None
        self.headline = Notice(parent=self)
        self.privacy = Text(quiet=True, parent=self)
        self.table = _table(self)
        self.again = Notice(parent=self)
        self.differences = Text(parent=self)
        self.phase = Text(parent=self)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * GRID)
        self.bar.setAccessibleName("Progress")
        self._lay_out()
        self.resize(220 * GRID, 140 * GRID)
        self.show_running(True)

    def _lay_out(self) -> None:
        self.subject_button = _button("Point to the slide…", "Say where the slide or series lies now")
        self.trust_button = _button("Trust this key…", "Keep the key under a name: whose it is")
        self.rerun_button = _button("Run again and compare", "Repeat the analysis and show differences")
        self.copy_button = _button("Copy details", "Copy all of this as text")
        self.stop_button = _button("Stop", "Stop checking")
        signals = (self.subject_wished, self.trust_wished, self.rerun_wished, self.stop_wished)
        buttons = (self.subject_button, self.trust_button, self.rerun_button, self.stop_button)
        for button, signal in zip(buttons, signals, strict=True):
            button.clicked.connect(signal)
        self.copy_button.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.details()))
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.rejected.connect(self.reject)
        layout = column(self, margin=3 * GRID)
        layout.addWidget(self.headline)
        layout.addWidget(self.privacy)
        layout.addWidget(self.table, 1)
        for widget in (self.again, self.differences, self.phase):
            layout.addWidget(widget)
        running = row()
        running.addWidget(self.bar, 1)
        running.addWidget(self.stop_button)
        layout.addLayout(running)
        below = row(self.subject_button, self.trust_button, self.rerun_button)
        below.addStretch(1)
        below.addWidget(self.copy_button)
        below.addWidget(close)
        layout.addLayout(below)

    def show_running(self, running: bool) -> None:
        """Whether something is being worked on."""
        for widget in (self.phase, self.bar, self.stop_button):
            widget.setVisible(running)
        self.bar.setRange(0, 0)
        if running:
            self.phase.setText("Checking …")
        self._offer(running)
        self.table.setVisible(running or self.verification is not None)

    def show_step(self, step: Step) -> None:
        """How far it is."""
        self.bar.setRange(0, step.total)
        self.bar.setValue(step.done)
        self.phase.setText(step_in_words(step))

    def show_verification(self, found: Verification) -> None:
        """What holds and what does not."""
        self.verification = found
        self.headline.say(found.headline, _sign(found))
        self.privacy.say(_privacy(found))
        self.table.clear()
        for item in sorted(found.items, key=lambda item: _FIRST.index(item.state)):
            self.table.addTopLevelItem(_line(item))
        self.show_running(False)

    def show_comparison(self, found: Comparison) -> None:
        """What repeating the analysis came to."""
        self.comparison = found
        sign: Sign = "done" if found.same else "info" if found.agrees else "refusal"
        self.again.say(found.headline, sign)
        self.differences.say("\n".join(found.lines()))
        self.show_running(False)

    def show_problem(self, problem: Problem) -> None:
        """Why it could not be checked or repeated."""
        place = self.headline if self.verification is None else self.again
        place.say(str(problem), "refusal")
        self.differences.say("")
        self.show_running(False)

    def show_stopped(self) -> None:
        """The person stopped it."""
        (self.headline if self.verification is None else self.again).say("Stopped.", "info")
        self.show_running(False)

    def details(self) -> str:
        """All of it as text."""
        lines = [self.headline.text.text()]
        if self.verification is not None:
            lines += [f"{_WORDS[i.state]}: {i.name} {i.words}" for i in self.verification.items]
        lines += [self.again.text.text(), self.differences.text()]
        return "\n".join(line for line in lines if line)

    def _offer(self, running: bool) -> None:
        """Only what can be done now."""
        found = None if running else self.verification
        sound = found is not None and found.signature.signer != "broken"
        not_here = found is not None and found.subject is None
        self.subject_button.setVisible(sound and not_here)
        if found is not None:
            series = found.said.get("kind") == "ct"
            self.subject_button.setText("Point to the series…" if series else "Point to the slide…")
        self.trust_button.setVisible(found is not None and found.signature.signer == "unknown")
        self.rerun_button.setVisible(sound and found is not None and "analysis" in found.said)
        self.rerun_button.setEnabled(sound and not not_here)
        self.copy_button.setEnabled(found is not None)


def _table(parent: QWidget) -> QTreeWidget:
    table = QTreeWidget(parent)
    table.setHeaderLabels(["State", "What was looked at", "What was found"])
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setIconSize(QSize(_ICON, _ICON))
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    header = table.header()
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
    header.setStretchLastSection(True)
    named(table, "What was looked at", "The signature, every file, the slide or series, the model")
    return table


def _line(item: Item) -> QTreeWidgetItem:
    line = QTreeWidgetItem([_WORDS[item.state], item.name, item.words])
    icon, sign = _ICONS[item.state]
    line.setIcon(0, QIcon(pixmap(icon, _ICON, sign_color(sign), 1.0)))
    line.setToolTip(2, item.words)
    line.setData(0, Qt.ItemDataRole.AccessibleTextRole, f"{item.name}: {_WORDS[item.state]}")
    return line


def _sign(found: Verification) -> Sign:
    if found.whole:
        return "done"
    if found.sound:
        return "info"
    return "warning" if found.signature.signer == "unknown" and not _harmed(found) else "refusal"


def _harmed(found: Verification) -> bool:
    return any(item.state in {"changed", "missing"} for item in found.items)


def _privacy(found: Verification) -> str:
    said = found.said.get("privacy")
    if not isinstance(said, dict) or found.signature.signer == "broken":
        return ""
    if said.get("identity_kept"):
        return "This report may name a patient: names were kept in it."
    return "This report was de-identified when it was written."


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    named(button, text.rstrip("…"), tip)
    return button
