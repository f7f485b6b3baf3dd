"""What was found in a folder as a table: a thumbnail, the label, whose it is, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor

from ml.report.words import number
from ml.train.survey import Seen, Survey
from viewer.theme.colors import colors
from viewer.wizard.cases import patient_of
from viewer.wizard.plan import DataPlan
from viewer.work.surveying import EDGE, Thumbnails

HEAD = ("Picture", "Label", "Patient", "Size, px", "Pixel, µm", "Remark")
_FILE, _LABEL, _PATIENT, _SIZE, _PIXEL, _REMARK = range(len(HEAD))
Index = QModelIndex | QPersistentModelIndex
_NO = QModelIndex()


class FoundTable(QAbstractTableModel):
    """A row a picture; those with a remark are on top, so that nobody has to look for them."""

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._rows: tuple[Seen, ...] = ()
        self._data = DataPlan()
        self._place: dict[Path, int] = {}
        thumbnails.made.connect(self._show_thumbnail)

    def show_survey(self, survey: Survey | None, data: DataPlan) -> None:
        """Show this one."""
        self.beginResetModel()
        seen = survey.seen if survey is not None else ()
        self._rows = tuple(sorted(seen, key=lambda one: not (one.trouble or one.same_as)))
        self._place = {one.path: number for number, one in enumerate(self._rows)}
        self._data = data
        self.endResetModel()

    def show_data(self, data: DataPlan) -> None:
        """The same pictures with other patients or titles."""
        self._data = data
        if self._rows:
            last = self.index(len(self._rows) - 1, _REMARK)
            self.dataChanged.emit(self.index(0, _LABEL), last)

    def seen(self, row: int) -> Seen:
        """What stands in a row."""
        return self._rows[row]

    def rowCount(self, parent: Index = _NO) -> int:
        """How many were found."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO) -> int:
        """As many as there are headings."""
        return 0 if parent.isValid() else len(HEAD)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """The headings."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEAD[section]
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Words, a thumbnail, a colour for what is wrong."""
        one = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(one, index.column())
        if role == Qt.ItemDataRole.DecorationRole and index.column() == _FILE and not one.trouble:
            return self._thumbnails.of(one.path)
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == _REMARK:
            return QColor(colors().danger if one.trouble else colors().warning)
        if role == Qt.ItemDataRole.ToolTipRole:
            whole = {_FILE: str(one.path), _REMARK: one.trouble or remark_of(one)}
            return whole.get(index.column()) or self._words(one, index.column())
        if role == Qt.ItemDataRole.SizeHintRole and index.column() == _FILE:
            return QSize(220, EDGE + 4)
        return None

    def _words(self, one: Seen, column: int) -> str:
        if column == _FILE:
            return one.path.name
        if column == _LABEL:
            return one.label or "–"
        if column == _PATIENT:
            return patient_of(one, self._data)
        if column == _SIZE:
            return f"{one.width:,} × {one.height:,}" if one.width else "–"
        if column == _PIXEL:
            return number(one.spacing) if one.spacing else "–"
        return remark_of(one)

    def _show_thumbnail(self, path: Path) -> None:
        row = self._place.get(path)
        if row is not None:
            index = self.index(row, _FILE)
            self.dataChanged.emit(index, index, [Qt.ItemDataRole.DecorationRole])


def remark_of(one: Seen) -> str:
    """What is unusual about a picture, in words; empty where nothing is."""
    if one.trouble:
        what = one.trouble.partition(":")[0]  # why, is told by the tool tip
        return f"{what[0].upper()}{what[1:]}; left out"
    if one.same_as:
        return f"The same file as {one.same_as}; left out"
    return "" if one.kind in {"", "colour", "slide"} else one.kind
