"""The large part of step 2: what was found; where there is nothing, what has to be there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from viewer.panels.pieces import GRID, Text, column
from viewer.wizard.plan import Kind
from viewer.wizard.starts import QUESTIONS


class FoundArea(QStackedWidget):
    """A table and what is beside it, or a sentence."""

    def __init__(self, table: QWidget, beside: tuple[QWidget, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        right = QWidget(self)
        side = column(right, gap=GRID)
        side.setContentsMargins(GRID, 0, 0, 0)
        for widget in beside:
            side.addWidget(widget, int(widget is beside[0]))
        self.found = QSplitter(Qt.Orientation.Horizontal, self)
        self.found.addWidget(table)
        self.found.addWidget(right)
        self.found.setStretchFactor(0, 1)
        self.found.setSizes([560, 300])
        self.found.setHandleWidth(GRID)
        self.needs = Text(parent=self)
        self.needs.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.addWidget(self.found)
        self.addWidget(self.needs)

    def show_kind(self, kind: Kind, *, empty: bool) -> None:
        """`empty`: nothing is there yet that could be shown."""
        needed = next(one.needs for one in QUESTIONS if one.kind == kind)
        self.needs.setText(f"Needed: {needed[0].lower()}{needed[1:]}")
        self.setCurrentWidget(self.needs if empty else self.found)
