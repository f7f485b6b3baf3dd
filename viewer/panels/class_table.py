"""What the model made of the region, class by class."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from ml.report.words import number, percent
from viewer.panels.pieces import GRID, named

AnyIndex = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_HEADERS = (
    ("Class", "The classes that the model tells apart"),
    ("Share", "Share of the scored patches where this class is the most likely one"),
    ("mm²", "Area of those patches"),
    ("Mean", "Mean score of this class over all scored patches, 0 to 1"),
)


@dataclass(frozen=True)
class ClassLine:
    """One class: `share` of patches where it is the most likely one, their area, its mean score."""

    name: str
    color: tuple[int, int, int] | None
    share: float
    area_mm2: float
    mean: float


class ClassTable(QAbstractTableModel):
    """One row a class, in the model's own order (which is often from less to more)."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[ClassLine, ...] = ()

    def set_lines(self, lines: tuple[ClassLine, ...]) -> None:
        """Show these."""
        if len(lines) == len(self._lines):
            self._lines = lines
            if lines:
                self.dataChanged.emit(self.index(0, 0), self.index(len(lines) - 1, len(_HEADERS) - 1))
            return
        self.beginResetModel()
        self._lines = lines
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        """Number of classes."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        """Number of columns."""
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The name of a column and what it means."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[section][0]
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return _HEADERS[section][1]
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell, with the class's colour before its name."""
        line, column = self._lines[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            area = number(line.area_mm2, 3 if line.area_mm2 < 1 else 2)
            return (line.name, percent(line.share), area, number(line.mean))[column]
        if role == Qt.ItemDataRole.DecorationRole and column == 0 and line.color is not None:
            swatch = QPixmap(QSize(3 * GRID, 3 * GRID))
            swatch.fill(QColor(*line.color))
            return swatch
        if role == Qt.ItemDataRole.TextAlignmentRole and column > 0:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return _HEADERS[column][1]
        return None


class ClassView(QTableView):
    """The classes, as tall as they are many."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = ClassTable(self)
        self.setModel(self.lines)
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + GRID)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        named(self, "Classes", "What the model made of the region, class by class")

    def set_lines(self, lines: tuple[ClassLine, ...]) -> None:
        """Show these, and be as tall as they need."""
        self.lines.set_lines(lines)
        tall = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(tall + len(lines) * self.verticalHeader().defaultSectionSize() + 2)
        self.setVisible(bool(lines))
