"""Whether this computer is fit for Parfocal: a line for each thing, what is not well first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QProgressBar, QPushButton, QWidget

from ml.checkup.finding import Finding, State
from ml.report.words import count
from viewer.panels.papers_view import flat
from viewer.panels.pieces import GRID, Heading, Notice, Page, Text, clear, column, named, row
from viewer.panels.symbols import Sign, SignLabel

_SIGNS: dict[State, Sign] = {"good": "done", "look": "warning", "bad": "refusal"}
_FIRST: tuple[State, ...] = ("bad", "look", "good")
_WORDS: dict[State, str] = {"good": "Good", "look": "Worth a look", "bad": "Not well"}


class CheckDialog(QDialog):
    """What is copied names no person, folder, file or computer."""

    again_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Check this computer")
        self._found: list[Finding] = []
        self.headline = Notice(parent=self)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(GRID)
        self.page = Page(self)
        self.page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # so that keys scroll it
        self.page.setProperty("keys", True)
        named(self.page, "Findings", "What was looked at on this computer")
        self.page.column.setSpacing(3 * GRID)
        self.copy_button, self.again_button = QPushButton("Copy", self), QPushButton("Check again", self)
        named(self.copy_button, "Copy the findings", "Copy all lines; they name nobody and no folder")
        named(self.again_button, "Check again", "Look at everything anew")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.again_button, QDialogButtonBox.ButtonRole.ActionRole)
        layout = column(self, margin=4 * GRID)
        layout.addWidget(self.headline)
        layout.addWidget(self.bar)
        layout.addWidget(self.page, 1)
        layout.addWidget(buttons)
        self.resize(160 * GRID, 150 * GRID)
        self.copy_button.clicked.connect(self._copy)
        self.again_button.clicked.connect(self.again_wished)
        buttons.rejected.connect(self.reject)
        self.begin()

    @property
    def found(self) -> tuple[Finding, ...]:
        """The lines that are there, from above."""
        return tuple(self._found)

    def begin(self) -> None:
        """A check begins: the lines of the one before go."""
        self._found = []
        clear(self.page.column)
        self.page.column.addStretch(1)
        self.headline.say("Looking at this computer. Nothing is changed, nothing is sent.")
        self._show_running(True)

    def add(self, finding: Finding) -> None:
        """One more line, under those that are as bad or worse: nobody has to look for what is not well."""
        rank = _FIRST.index(finding.state)
        place = sum(_FIRST.index(one.state) <= rank for one in self._found)
        self._found.insert(place, finding)
        self.page.column.insertLayout(place, _line(finding))

    def end(self) -> None:
        """All has been looked at."""
        states = Counter(finding.state for finding in self._found)
        worst: State = "bad" if states["bad"] else "look" if states["look"] else "good"
        self.headline.say(_in_words(states["good"], states["look"], states["bad"]), _SIGNS[worst])
        self._show_running(False)

    def _show_running(self, running: bool) -> None:
        self.bar.setVisible(running)
        self.again_button.setEnabled(not running)
        self.copy_button.setEnabled(not running)
        self.copy_button.setText("Copy")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(_as_text(self._found))
        self.copy_button.setText("Copied")


def _in_words(good: int, look: int, bad: int) -> str:
    if not look and not bad:
        return f"All is well: {count(good, 'thing')} looked at."
    parts = [f"{bad} not well"] * bool(bad) + [f"{look} worth a look"] * bool(look) + [f"{good} good"]
    return f"{', '.join(parts)}. What to do stands under each."


def _as_text(found: Iterable[Finding]) -> str:
    return "\n".join(finding.in_words() for finding in found) + "\n"


def _line(finding: Finding) -> QHBoxLayout:
    sign = SignLabel(_SIGNS[finding.state])
    sign.setToolTip(_WORDS[finding.state])
    sign.setAccessibleName(_WORDS[finding.state])
    words = column(gap=0)
    words.addWidget(Heading(finding.what))
    words.addWidget(flat(Text(finding.words)))
    for sentence in (finding.means, finding.do):
        if sentence:
            words.addWidget(flat(Text(sentence, quiet=sentence is finding.means)))
    line = row(sign)
    line.setAlignment(sign, Qt.AlignmentFlag.AlignTop)
    line.addLayout(words, 1)
    return line
