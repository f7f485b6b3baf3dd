"""A small table that is as large as what stands in it: below its last row there is no room for more."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTableWidget, QWidget


class SnugTable(QTableWidget):
    """As high as its rows, up to `most` px; there is room for the bar that scrolls sideways where one is."""

    def __init__(self, most: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most = most

    def fit(self) -> None:
        """After other rows or columns."""
        if self.wordWrap():
            self.resizeRowsToContents()
        self.setFixedHeight(min(self._wanted(), self._most))

    def wanted_width(self) -> int:
        """What its columns need, with the bar that scrolls down where one is."""
        bar = self.verticalScrollBar().sizeHint().width() if self._wanted() > self._most else 0
        sides = self.verticalHeader().sizeHint().width() + 2 * self.frameWidth()
        return self.horizontalHeader().length() + sides + bar

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Narrower, it may need a bar."""
        super().resizeEvent(event)
        self.fit()

    def _wanted(self) -> int:
        bar = self.horizontalScrollBar().sizeHint().height()
        scrolls = self.horizontalHeader().length() > self.viewport().width()
        rows = self.horizontalHeader().sizeHint().height() + self.verticalHeader().length()
        return rows + 2 * self.frameWidth() + (bar if scrolls else 0)
