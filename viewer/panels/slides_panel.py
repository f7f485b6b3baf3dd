"""The open slides with their thumbnails, down the left side."""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSignalBlocker,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from viewer.panels.pieces import GRID, Heading, column, named
from viewer.panels.series_facts import series_in_short
from viewer.panels.slide_facts import facts_in_short
from viewer.state.opened import Opened
from viewer.state.opened_series import OpenedSeries
from viewer.state.opened_slide import OpenedSlide
from viewer.state.session import Session
from viewer.theme.colors import colors

_PICTURE = 112  # device-independent px: tallest a thumbnail gets
_OPENED = Qt.ItemDataRole.UserRole
_IMAGE = Qt.ItemDataRole.UserRole + 1
_FACTS = Qt.ItemDataRole.UserRole + 2


class SlidesPanel(QWidget):
    """A click, or the arrow keys, look at another slide."""

    open_wished = Signal()
    close_wished = Signal(object)  # Opened

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.list = QListWidget(self)
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setItemDelegate(_SlideDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        named(self.list, "Open slides", "The open slides: choose the one to look at")
        self.open_button = QPushButton("Open…", self)
        named(self.open_button, "Open a slide", "Open a slide or a picture from a file")
        layout = column(self, margin=2 * GRID)
        layout.addWidget(Heading("Open", self))
        layout.addWidget(self.list, 1)
        layout.addWidget(self.open_button)
        self.setMinimumWidth(36 * GRID)
        self.list.currentItemChanged.connect(self._choose)
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.open_button.clicked.connect(self.open_wished)
        session.opened.connect(self._add)
        session.closing.connect(self._remove)
        session.current_changed.connect(self._mark_current)
        for opened in session.items:
            self._add(opened)
        self._mark_current(session.current)

    def set_thumbnail(self, opened: Opened, image: QImage) -> None:
        """Show the slide's small picture, which somebody else has read."""
        if (item := self._item(opened)) is not None:
            item.setData(_IMAGE, QPixmap.fromImage(image))

    def _item(self, opened: Opened | None) -> QListWidgetItem | None:
        items = (self.list.item(row) for row in range(self.list.count()))
        return next((item for item in items if item.data(_OPENED) is opened), None)

    def _add(self, opened: Opened) -> None:
        item = QListWidgetItem(opened.title)
        item.setData(_OPENED, opened)
        item.setToolTip(opened.title)
        with QSignalBlocker(self.list):  # the first item makes itself current
            self.list.addItem(item)
        self._tell_facts(opened)
        if isinstance(opened, OpenedSlide):
            opened.spacing_changed.connect(lambda _: self._tell_facts(opened))

    def _tell_facts(self, opened: Opened) -> None:
        if (item := self._item(opened)) is not None:
            facts = ""
            if isinstance(opened, OpenedSlide):
                facts = facts_in_short(opened)
            elif isinstance(opened, OpenedSeries):
                facts = series_in_short(opened)
            item.setData(_FACTS, facts)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{opened.title}, {facts}")

    def _remove(self, opened: Opened) -> None:
        if (item := self._item(opened)) is not None:
            with QSignalBlocker(self.list):
                self.list.takeItem(self.list.row(item))

    def _mark_current(self, opened: Opened | None) -> None:
        with QSignalBlocker(self.list):
            self.list.setCurrentItem(self._item(opened))  # type: ignore[arg-type] # None: no current item

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self._session.make_current(item.data(_OPENED))

    def _show_menu(self, place: QPoint) -> None:
        menu = self.menu_of(self.list.itemAt(place))
        menu.exec(self.list.viewport().mapToGlobal(place))
        menu.deleteLater()

    def menu_of(self, item: QListWidgetItem | None) -> QMenu:
        """What can be done here: close this slide, or open another."""
        menu = QMenu(self)
        if item is not None:
            close = menu.addAction("Close")
            close.setStatusTip("Close it; the file stays as it is")
            close.triggered.connect(lambda: self.close_wished.emit(item.data(_OPENED)))
        another = menu.addAction("Open…")
        another.setStatusTip("Open a slide or a picture from a file")
        another.triggered.connect(self.open_wished)
        return menu


class _SlideDelegate(QStyledItemDelegate):
    """A thumbnail with the file's name and its facts underneath."""

    def sizeHint(self, option: QStyleOptionViewItem, _: QModelIndex | QPersistentModelIndex) -> QSize:
        line = option.fontMetrics.height()
        return QSize(30 * GRID, _PICTURE + 2 * line + 5 * GRID)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(option.rect, option.palette.highlight())
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, option.palette.alternateBase())
        inner = option.rect.adjusted(2 * GRID, 2 * GRID, -2 * GRID, -2 * GRID)
        self._paint_picture(painter, QRect(inner.left(), inner.top(), inner.width(), _PICTURE), index)
        line = option.fontMetrics.height()
        name = QRect(inner.left(), inner.top() + _PICTURE + GRID, inner.width(), line)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        painter.setPen(option.palette.color(role))
        self._write(painter, name, str(index.data()), option, Qt.TextElideMode.ElideMiddle)
        if not chosen:
            painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        facts = str(index.data(_FACTS) or "")
        self._write(painter, name.translated(0, line), facts, option, Qt.TextElideMode.ElideRight)
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, room: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.fillRect(room, QColor(colors().surround))
        picture = index.data(_IMAGE)
        if isinstance(picture, QPixmap) and not picture.isNull():
            size = picture.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(QPoint(0, 0), size)
            place.moveCenter(room.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(place, picture)

    def _write(
        self,
        painter: QPainter,
        room: QRect,
        text: str,
        option: QStyleOptionViewItem,
        elide: Qt.TextElideMode,
    ) -> None:
        shown = option.fontMetrics.elidedText(text, elide, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
