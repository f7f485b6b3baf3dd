"""Labels against answers: a number in each cell, darker where there are more; a click opens its pictures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QTableWidget, QTableWidgetItem, QWidget

from viewer.panels.pieces import GRID, named
from viewer.theme.colors import colors
from viewer.wizard.snug_table import SnugTable


class ConfusionTable(SnugTable):
    """Rows are labels, columns are answers."""

    chosen = Signal(str, str)  # label, answer

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(80 * GRID, parent)
        named(
            self, "Labels against answers", "Rows are labels, columns are answers; a click shows the pictures"
        )
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.cellClicked.connect(self._choose)
        self.cellActivated.connect(self._choose)
        self._classes: tuple[str, ...] = ()

    def show_confusion(self, classes: tuple[str, ...], counts: Sequence[Sequence[int]]) -> None:
        """Show these; `counts` is a row a label."""
        self._classes = classes if len(counts) == len(classes) else ()
        self.setRowCount(len(self._classes))
        self.setColumnCount(len(self._classes))
        self.setVerticalHeaderLabels([f"is {name}" for name in self._classes])
        self.setHorizontalHeaderLabels([f"called {name}" for name in self._classes])
        for place, line in enumerate(counts if self._classes else ()):
            whole = max(1, sum(line))
            for column, number in enumerate(line):
                item = QTableWidgetItem(f"{number:,}")
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                shade = QColor(colors().accent)
                shade.setAlphaF(0.45 * number / whole)
                item.setBackground(shade)
                label, said = self._classes[place], self._classes[column]
                item.setToolTip(f"{number:,} labelled “{label}” were called “{said}”")
                self.setItem(place, column, item)
        self.resizeColumnsToContents()
        self.setMaximumWidth(self.wanted_width())
        self.fit()

    def _choose(self, place: int, column: int) -> None:
        self.chosen.emit(self._classes[place], self._classes[column])
