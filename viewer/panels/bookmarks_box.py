"""The bookmarks of a slide, as a list that goes there."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ml.geometry import Spacing
from ml.report.words import SPACE, length
from viewer.canvas.camera import MICRONS_AT_X1
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, FoldOut, Text, named
from viewer.state.bookmarks import Bookmark, BookmarkEdit, renamed
from viewer.state.opened_slide import OpenedSlide

_ID = Qt.ItemDataRole.UserRole
_PLACE = _ID + 1


class BookmarksBox(FoldOut):
    """Enter or a double-click goes there, F2 renames, Delete removes; all of it can be undone."""

    add_wished = Signal()
    go_wished = Signal(object)  # Bookmark

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Bookmarks", "Places of this slide to find again")
        self.setParent(parent)
        self._opened: OpenedSlide | None = None
        self._links = Links()
        self.nothing = Text("None yet. Ctrl+D keeps the place that is in view.", quiet=True)
        self.list = _List()
        named(self.list, "Bookmarks of this slide", "Enter goes there, F2 renames, Delete removes")
        self.add = QPushButton("Add this place")
        named(self.add, "Add this place", "Keep the place that is in view (Ctrl+D)")
        for widget in (self.nothing, self.list):
            self.inside.addWidget(widget)
        self.inside.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)
        self.add.clicked.connect(self.add_wished)
        self.list.itemActivated.connect(self._go)
        self.list.itemChanged.connect(self._rename)
        self.list.delete_wished.connect(self._remove)

    def set_slide(self, opened: OpenedSlide | None) -> None:
        """Show those of another slide."""
        self._links.drop()
        self._opened = opened
        if opened is not None:
            self._links.follow(opened.bookmarks.changed, self._fill)
            self._links.follow(opened.spacing_changed, self._fill)
        self.setVisible(opened is not None)
        self._fill()

    def _fill(self, _: object = None) -> None:
        opened = self._opened
        items = opened.bookmarks.items if opened else ()
        spacing = opened.spacing.spacing if opened and opened.spacing else None
        row = self.list.currentRow()
        self.list.blockSignals(True)
        self.list.clear()
        for bookmark in items:
            item = QListWidgetItem(bookmark.name)
            item.setData(_ID, bookmark.id)
            item.setData(_PLACE, place_of(bookmark, spacing))
            item.setToolTip(f"{bookmark.name}: {place_of(bookmark, spacing)}")
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.list.addItem(item)
        self.list.setCurrentRow(min(row, len(items) - 1))
        self.list.blockSignals(False)
        self.list.setVisible(bool(items))
        self.nothing.setVisible(not items)
        height = self.list.sizeHintForRow(0) * min(len(items), 8) + 2 * GRID if items else 0
        self.list.setFixedHeight(height)

    def _of(self, item: QListWidgetItem | None) -> Bookmark | None:
        if item is None or self._opened is None:
            return None
        return next((b for b in self._opened.bookmarks.items if b.id == item.data(_ID)), None)

    def _go(self, item: QListWidgetItem) -> None:
        if (bookmark := self._of(item)) is not None:
            self.go_wished.emit(bookmark)

    def _rename(self, item: QListWidgetItem) -> None:
        bookmark = self._of(item)
        if bookmark is not None and self._opened is not None and item.text() != bookmark.name:
            edit = (bookmark,), (renamed(bookmark, item.text()),)
            self._opened.undo.push(BookmarkEdit("Rename bookmark", self._opened.bookmarks, *edit))

    def _remove(self) -> None:
        bookmark = self._of(self.list.currentItem())
        if bookmark is not None and self._opened is not None:
            marks = self._opened.bookmarks
            self._opened.undo.push(BookmarkEdit("Remove bookmark", marks, (bookmark,), ()))


class _List(QListWidget):
    """Says when Delete was pressed."""

    delete_wished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(_NameAndPlace(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete removes."""
        if event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.delete_wished.emit()
        else:
            super().keyPressEvent(event)


class _NameAndPlace(QStyledItemDelegate):
    """The name, which can be edited, and quietly at the right where it is; a long name goes first."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        metrics, place = option.fontMetrics, str(index.data(_PLACE))
        room = option.rect.adjusted(GRID, 0, -GRID, 0)
        left = room.width() - metrics.horizontalAdvance(str(index.data())) - 4 * GRID
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.PlaceholderText
        painter.setPen(option.palette.color(role))
        place = metrics.elidedText(place, Qt.TextElideMode.ElideLeft, max(0, left))
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, place)


def place_of(bookmark: Bookmark, spacing: Spacing | None) -> str:
    """ "12.3 mm · 4.1 mm at ×20", or in px."""
    if spacing is None:
        return f"{bookmark.x:,.0f} · {bookmark.y:,.0f}{SPACE}px"
    times = MICRONS_AT_X1 * bookmark.scale / spacing.mean
    return f"{length(bookmark.x * spacing.x)} · {length(bookmark.y * spacing.y)} at ×{times:.3g}"
