"""Annotations as lines and columns for Qt: only those in view are ever looked at."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from ml.annotation.places import Rows
from ml.annotation.shapes import Annotation, Color
from ml.geometry import Spacing
from viewer.panels.annotation_columns import Column, columns_of
from viewer.panels.class_form import swatch
from viewer.state.annotated import Annotated

AnyIndex = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class AnnotationLines(QAbstractTableModel):
    """A row is a number in `Places` of the document; `rows` are those shown, in the order of the table."""

    typed = Signal(object, str, str)  # Annotation, "name" or "note", and what was typed

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._opened: Annotated | None = None
        self._spacing: Spacing | None = None
        self.columns: tuple[Column, ...] = columns_of(())
        self.rows: Rows = np.empty(0, np.intp)

    def annotation(self, position: int) -> Annotation | None:
        """What stands in a line of the table; None also for what is gone and not yet taken off."""
        if self._opened is None or not 0 <= position < len(self.rows):
            return None
        found = self._opened.annotations.places.annotations(self.rows[position : position + 1])
        return found[0] if found else None

    def annotations(self) -> list[Annotation]:
        """All that is shown, in the order of the table."""
        return [] if self._opened is None else self._opened.annotations.places.annotations(self.rows)

    def rowCount(self, parent: AnyIndex = _NOWHERE) -> int:
        """Number of annotations shown."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = _NOWHERE) -> int:
        """Number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The name of a column and what it means."""
        if orientation is Qt.Orientation.Vertical or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.StatusTipRole}:
            return self.columns[section].tip
        return None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Names and notes can be typed, but not of what is locked."""
        flags = super().flags(index)
        annotation = self.annotation(index.row())
        if annotation is not None and not annotation.locked and self.columns[index.column()].field:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """One cell; a class has its colour beside its name."""
        annotation = self.annotation(index.row())
        if annotation is None:
            return None
        column = self.columns[index.column()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.EditRole}:
            return column.words(annotation, self._spacing)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return _swatch(annotation.color)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column.is_text else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def setData(self, index: AnyIndex, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Wish for another name or note; the document's answer changes the cell."""
        annotation = self.annotation(index.row())
        column = self.columns[index.column()]
        if role != Qt.ItemDataRole.EditRole or annotation is None or not column.field:
            return False
        self.typed.emit(annotation, column.field, str(value).strip())
        return True


_swatches: dict[Color | None, object] = {}


def _swatch(color: Color | None) -> object:
    if color not in _swatches:
        _swatches[color] = swatch(color)
    return _swatches[color]
