"""The wizard's window: the steps at the left, the one that is looked at, back and next."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ml.errors import Problem
from viewer.panels.pieces import GRID, Notice, PrimaryButton, Text, column, named, row, rule
from viewer.theme.icons import icon
from viewer.wizard.desk import Desk
from viewer.wizard.steps import steps_of
from viewer.wizard.use_step import UseStep
from viewer.wizard.verdict_step import VerdictStep

_SIZE = QSize(1120, 720)
_LIST = 176  # px
_KEPT = "Every choice is kept at once. You may close this window at any time."


class WizardWindow(QDialog):
    """Every change is kept at once: closing the window loses nothing, and a training goes on without it."""

    model_made = Signal(str)  # the name of a model that was put to use
    models_wished = Signal()
    picture_wished = Signal(object, object)  # Path of what was learned from; place on the slide, or None

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setWindowTitle("Train a model – Parfocal")
        self.setWindowFlag(Qt.WindowType.Window)
        self.resize(_SIZE)
        self.steps = steps_of(desk)
        self.list = QListWidget(self)
        self.stack = QStackedWidget(self)
        for step in self.steps:
            self.stack.addWidget(step)
        self.back_button = QPushButton("Back", self)
        self.next_button = PrimaryButton("Next", self)
        self.why = Text(quiet=True, parent=self)
        self.kept = Notice(parent=self)
        self._not_kept = False
        self._lay_out()
        self._connect()
        for button in self.findChildren(QPushButton):  # Enter takes what was typed, and presses no button
            button.setAutoDefault(False)
            button.setDefault(False)
        self.show_plan()

    @property
    def current(self) -> int:
        """Which step is looked at, from 0."""
        return self.stack.currentIndex()

    def go(self, number: int) -> None:
        """Look at a step, as far as those before it allow."""
        number = max(0, min(number, self.reachable))
        if number != self.current:
            self.steps[self.current].leave()
        self.desk.change(replace(self.desk.plan, step=number))
        self.stack.setCurrentIndex(number)
        self.steps[number].enter()
        self.refresh()

    @property
    def reachable(self) -> int:
        """The last step that may be looked at: the first one with an obstacle is the end of the way."""
        for number, step in enumerate(self.steps):
            if step.obstacle():
                return number
        return len(self.steps) - 1

    def show_plan(self) -> None:
        """Show the training that lies on the desk, at the step that was looked at last."""
        for step in self.steps:
            step.show_plan()
        self.stack.setCurrentIndex(max(0, min(self.desk.plan.step, self.reachable)))
        self.refresh()

    def refresh(self) -> None:
        """Which steps can be reached, and whether one can go on."""
        reachable = self.reachable
        for number in range(self.list.count()):
            item = self.list.item(number)
            flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
            item.setFlags(flags if number <= reachable else Qt.ItemFlag.NoItemFlags)
            item.setIcon(icon("check" if number < min(reachable, self.current) else "circle"))
        self.list.blockSignals(True)
        self.list.setCurrentRow(self.current)
        self.list.blockSignals(False)
        obstacle = self.steps[self.current].obstacle()
        behind = self.steps[reachable].obstacle() if reachable < self.current else ""
        self.back_button.setEnabled(self.current > 0)
        last = self.current == len(self.steps) - 1
        self.next_button.setVisible(not last)
        self.next_button.setEnabled(not obstacle)
        self.why.setText(obstacle or behind or ("" if self._not_kept else _KEPT))

    def done(self, result: int) -> None:
        """Closed, by whatever: all is kept already; what works for the window alone is ended."""
        self.steps[self.current].leave()
        for step in self.steps:
            step.close_work()
        super().done(result)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin what the step needs."""
        super().showEvent(event)
        self.steps[self.current].enter()
        self.refresh()
        self._focus_page()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus, and no other."""
        button = self.focusWidget()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and isinstance(button, QPushButton):
            button.click()
        else:
            super().keyPressEvent(event)

    def _turn(self, by: int) -> None:
        self.go(self.current + by)
        self._focus_page()

    def _focus_page(self) -> None:
        """Keys go to the first control of the step."""
        page = self.steps[self.current]
        one = page.nextInFocusChain()
        while one is not None and page.isAncestorOf(one):
            takes = one.focusPolicy() & Qt.FocusPolicy.TabFocus
            if takes and one.isEnabled() and one.isVisibleTo(page):
                one.setFocus()
                return
            one = one.nextInFocusChain()

    def _lay_out(self) -> None:
        for number, step in enumerate(self.steps):
            self.list.addItem(QListWidgetItem(f"{number + 1}  {step.title}"))
        self.list.setFixedWidth(_LIST)
        self.list.setIconSize(QSize(16, 16))
        self.list.setSpacing(GRID // 2)
        named(self.list, "Steps", "Go to a step; those in grey need something before")
        named(self.back_button, "Back", "Go to the step before; nothing is lost")
        named(self.next_button, "Next", "Go to the next step")
        foot = row(self.why)
        foot.setStretch(0, 1)
        foot.addWidget(self.back_button)
        foot.addWidget(self.next_button)
        foot.setContentsMargins(4 * GRID, 2 * GRID, 4 * GRID, 3 * GRID)
        self.kept.setContentsMargins(4 * GRID, 2 * GRID, 4 * GRID, 0)
        right: QVBoxLayout = column(gap=0)
        for widget in (self.kept, self.stack, rule()):
            right.addWidget(widget, int(widget is self.stack))
        right.addLayout(foot)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.list)
        layout.addLayout(right, 1)

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(self.go)
        self.back_button.clicked.connect(lambda: self._turn(-1))
        self.next_button.clicked.connect(lambda: self._turn(1))
        self.desk.changed.connect(lambda *_: self.refresh())
        self.desk.began_anew.connect(self._begin_anew)
        self.desk.failed.connect(self._tell)
        self.desk.kept.connect(self._tell_kept)
        for step in self.steps:
            step.ready_changed.connect(self.refresh)
            step.next_wished.connect(lambda: self._turn(1))
        for step in self.steps:
            if isinstance(step, VerdictStep):
                step.picture_wished.connect(self.picture_wished)
            if isinstance(step, UseStep):
                step.installed.connect(self.model_made)
                step.models_wished.connect(self.models_wished)

    def _begin_anew(self) -> None:
        """Another training lies on the desk: show it, and begin what its step needs."""
        self.show_plan()
        if self.isVisible():
            self.steps[self.current].enter()
            self.refresh()

    def _tell(self, problem: Problem) -> None:
        self._not_kept = True
        self.kept.say(f"Not kept: {problem}", "refusal")
        self.refresh()

    def _tell_kept(self) -> None:
        self.kept.say("")
        if self._not_kept:
            self._not_kept = False
            self.refresh()
