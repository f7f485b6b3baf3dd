"""A line over the picture for what a person should know: what happened, what to try, the facts to copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QPushButton, QToolButton, QWidget

from ml.errors import Problem
from viewer.panels.pieces import GRID, Text, column, named, row
from viewer.panels.symbols import SignLabel
from viewer.theme.colors import colors

Action = tuple[str, Callable[[], object]]
"""What a button is called, and what it does."""

Severity = Literal["warning", "refusal"]
_WORDS = {"warning": "Note", "refusal": "Refused"}


class Banner(QFrame):
    """Shows one problem at a time; the newest one replaces what was there. Esc or × closes it."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problem: Problem | None = None
        self._severity: Severity = "warning"
        self._actions: list[Callable[[], object]] = []
        self._sign = SignLabel("warning", self)
        self.what = Text(parent=self)
        font = self.what.font()
        font.setBold(True)
        self.what.setFont(font)
        self.remedy = Text(parent=self)
        self.action_button, self.other_button = QPushButton(self), QPushButton(self)
        self.copy_button = QPushButton("Copy details", self)
        named(self.copy_button, "Copy details", "Copy this message with its facts, to send or to keep")
        self.close_button = QToolButton(self)
        self.close_button.setText("×")
        self.close_button.setAutoRaise(True)
        self.close_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        named(self.close_button, "Close message", "Close this message")
        self._lay_out()
        self.copy_button.clicked.connect(self._copy)
        self.close_button.clicked.connect(self.dismiss)
        self.action_button.clicked.connect(lambda: self._act(0))
        self.other_button.clicked.connect(lambda: self._act(1))
        self.hide()

    def _lay_out(self) -> None:
        words = column(gap=0)
        words.addWidget(self.what)
        words.addWidget(self.remedy)
        line = row(self._sign)
        line.setAlignment(self._sign, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        for button in (self.action_button, self.other_button, self.copy_button, self.close_button):
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        line.setContentsMargins(3 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        self.setLayout(line)

    def show_problem(
        self,
        problem: Problem,
        severity: Severity = "warning",
        action: Action | None = None,
        other: Action | None = None,
    ) -> None:
        """Show a problem, with one or two things that can be done about it: a name and what does it."""
        self._problem = problem
        self._severity = severity
        self._sign.set_sign(severity)
        self.what.setText(f"{_WORDS[severity]}: {problem.what}")
        self.remedy.say(problem.remedy)
        self._actions = [one[1] for one in (action, other) if one is not None]
        for button, one in ((self.action_button, action), (self.other_button, other)):
            button.setVisible(one is not None)
            if one is not None:
                button.setText(one[0])
                named(button, one[0], one[0])
        self.copy_button.setText("Copy details")
        self.setAccessibleName(f"{self.what.text()} {problem.remedy}")
        self.show()
        self.update()

    @property
    def problem(self) -> Problem | None:
        """What it shows, None while it is closed."""
        return self._problem

    def dismiss(self) -> None:
        """Close it."""
        if self._problem is not None:
            self._problem = None
            self._actions = []
            self.hide()
            self.closed.emit()

    def take_back(self, problem: Problem | None) -> None:
        """Close it where it still shows this very problem."""
        if problem is not None and self._problem is problem:
            self.dismiss()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes it."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _: QPaintEvent) -> None:
        """A quiet ground with a bar of the severity's colour at its edge."""
        now = colors()
        warning = self._severity == "warning"
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(now.warning_back if warning else now.danger_back))
        painter.fillRect(0, 0, GRID, self.height(), QColor(now.warning if warning else now.danger))
        painter.end()

    def _copy(self) -> None:
        if self._problem is not None:
            QGuiApplication.clipboard().setText(self._problem.details())
            self.copy_button.setText("Copied")

    def _act(self, number: int) -> None:
        if number < len(self._actions):
            self._actions[number]()
