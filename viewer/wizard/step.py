"""What every step of the wizard is: a page with a heading, one sentence of meaning, and its controls."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from viewer.panels.pieces import GRID, Heading, Notice, Page, Text, column
from viewer.wizard.desk import Desk
from viewer.wizard.plan import Plan


class Step(QWidget):
    """One step. It shows the plan, changes it through the desk, and says whether one may go on."""

    title = ""  # in the list at the left
    heading = ""  # above the page, as a question or a wish
    meaning = ""  # one sentence for somebody who has never trained a network
    scrolls = True  # whether the page is as long as it likes; else it fills the window

    ready_changed = Signal()  # `obstacle` may say something else now
    next_wished = Signal()  # the person chose what leads on

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        head = Heading(self.heading, self)
        font = head.font()
        font.setPointSizeF(font.pointSizeF() * 1.35)
        head.setFont(font)
        self.notice = Notice(parent=self)
        outer = column(self, margin=4 * GRID, gap=2 * GRID)
        outer.addWidget(head)
        self.meaning_told = Text(self.meaning, quiet=True, parent=self)
        outer.addWidget(self.meaning_told)
        outer.addWidget(self.notice)
        if self.scrolls:
            page = Page(self)
            page.column.setContentsMargins(0, 0, 2 * GRID, 0)
            self.body: QVBoxLayout = page.column
            outer.addWidget(page, 1)
        else:
            self.body = column(gap=2 * GRID)
            outer.addLayout(self.body, 1)

    @property
    def plan(self) -> Plan:
        """What was chosen."""
        return self.desk.plan

    def obstacle(self) -> str:
        """Why one cannot go on from here, in a sentence; empty where one can."""
        return ""

    def enter(self) -> None:
        """It is looked at now: show the plan, begin what it needs."""

    def leave(self) -> None:
        """It is looked at no more."""

    def show_plan(self) -> None:
        """The plan is another one: of another training, or changed elsewhere."""

    def close_work(self) -> None:
        """The wizard is closed: end what works in the background, except a training."""
