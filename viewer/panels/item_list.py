"""The slides and series of a case with their thumbnails: which are open, which is looked at."""

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
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from viewer.panels.case_lines import ItemLine
from viewer.panels.pieces import GRID, named, paint_ground
from viewer.panels.series_facts import series_in_short
from viewer.panels.slide_facts import facts_in_short
from viewer.state.opened import Opened
from viewer.state.opened_series import OpenedSeries
from viewer.state.opened_slide import OpenedSlide
from viewer.theme.colors import colors
from viewer.theme.icons import pixmap

_PICTURE = 112  # device-independent px: tallest a thumbnail gets
_SIGN = 20  # px of the sign of a file that is gone
_CLOSED = 0.55  # opacity of the picture of what is not open
_OPENED = Qt.ItemDataRole.UserRole
_LINE = _OPENED + 1
_IMAGE = _OPENED + 2
_FACTS = _OPENED + 3


class ItemList(QListWidget):
    """A click, or the arrow keys, look at what is open; Enter or a double-click opens what is not."""

    chosen = Signal(object)  # Opened
    item_wished = Signal(object)  # the id of something that is not open
    menu_wanted = Signal(object, object, QPoint)  # Opened or None, ItemLine or None, a place on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[ItemLine, ...] = ()
        self._opened: list[Opened] = []
        self._ids: dict[Opened, int] = {}
        self._cases: dict[Opened, str] = {}  # the name of its case
        self._pictures: dict[Opened | int, QPixmap] = {}
        self._current: Opened | None = None
        self._pressed: tuple[Opened | None, int | None] = None, None
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setItemDelegate(_ItemDelegate(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        named(self, "Slides and series", "A click looks at what is open; Enter or a double-click opens")
        self.currentItemChanged.connect(self._choose)
        self.itemDoubleClicked.connect(self._activate)
        self.customContextMenuRequested.connect(self._want_menu)

    def set_lines(self, lines: tuple[ItemLine, ...]) -> None:
        """Show the slides and series of another case, or of this one as they are now."""
        if lines != self._lines:
            self._lines = lines
            for line in lines:
                if line.picture is not None and line.id not in self._pictures:
                    self._pictures[line.id] = QPixmap.fromImage(line.picture)
            self._fill()

    def add(self, opened: Opened) -> None:
        """Something was opened; which line of the case it is, `bind` says later."""
        self._opened.append(opened)
        if isinstance(opened, OpenedSlide):
            opened.spacing_changed.connect(self._fill)
        self._fill()

    def remove(self, opened: Opened) -> None:
        """It was closed."""
        self._opened.remove(opened)
        for known in (self._ids, self._cases, self._pictures):
            known.pop(opened, None)
        self._fill()

    def bind(self, opened: Opened, item_id: int, case_name: str) -> None:
        """What is open is this line, of this case: where that is not the one that is shown, it is said."""
        if opened in self._opened:
            self._ids[opened], self._cases[opened] = item_id, case_name
            self._fill()

    def mark_current(self, opened: Opened | None) -> None:
        """This is looked at."""
        self._current = opened
        with QSignalBlocker(self):
            self.setCurrentItem(self._row_of(opened))  # type: ignore[arg-type] # None: no current item

    def set_thumbnail(self, opened: Opened, image: QImage) -> None:
        """Show its small picture, which somebody else has read."""
        picture = QPixmap.fromImage(image)
        self._pictures[opened] = picture
        if opened in self._ids:
            self._pictures[self._ids[opened]] = picture
        if (row := self._row_of(opened)) is not None:
            row.setData(_IMAGE, picture)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember what was meant: the list may be in another order before the second click comes."""
        self._pressed = self._under(event)
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Of what the first click was on, or nothing: never of what has moved under the pointer since."""
        if self._under(event) == self._pressed:
            super().mouseDoubleClickEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, or looks at."""
        row = self.currentItem()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and row is not None:
            self._activate(row)
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------------ inside

    def _fill(self, _: object = None) -> None:
        kept = self.currentItem()
        line = None if kept is None or kept.data(_OPENED) is not None else kept.data(_LINE)
        by_id = {item_id: opened for opened, item_id in self._ids.items()}
        known = {line.id for line in self._lines}
        with QSignalBlocker(self):
            self.clear()
            for one in self._lines:
                self._add_row(by_id.get(one.id), one)
            for opened in self._opened:
                if self._ids.get(opened) not in known:
                    self._add_row(opened, None)
            row = self._row_with(line.id) if line is not None else self._row_of(self._current)
            self.setCurrentItem(row)  # type: ignore[arg-type] # None: no current item

    def _add_row(self, opened: Opened | None, line: ItemLine | None) -> None:
        name = opened.title if opened is not None else line.name if line is not None else ""
        facts = self._facts_of(opened, line)
        row = QListWidgetItem(name)
        row.setData(_OPENED, opened)
        row.setData(_LINE, line)
        row.setData(_FACTS, facts)
        picture = self._pictures.get(opened) if opened is not None else None
        if picture is None and line is not None:
            picture = self._pictures.get(line.id)
        row.setData(_IMAGE, picture)
        row.setToolTip(name if opened is not None else f"{name}\nEnter or a double-click opens it")
        state = "open" if opened is not None else "not open"
        row.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {facts}, {state}")
        self.addItem(row)

    def _facts_of(self, opened: Opened | None, line: ItemLine | None) -> str:
        if opened is not None and line is None and opened in self._cases:
            return f"in {self._cases[opened]}"
        if isinstance(opened, OpenedSlide):
            return facts_in_short(opened)
        if isinstance(opened, OpenedSeries):
            return series_in_short(opened)
        if line is None:
            return ""
        return {"gone": "File not found", "looking": "Looking for its file …"}.get(line.where, line.facts)

    def _under(self, event: QMouseEvent) -> tuple[Opened | None, int | None]:
        row = self.itemAt(event.position().toPoint())
        line = None if row is None else row.data(_LINE)
        return None if row is None else row.data(_OPENED), None if line is None else line.id

    def _rows(self) -> list[QListWidgetItem]:
        return [self.item(row) for row in range(self.count())]

    def _row_of(self, opened: Opened | None) -> QListWidgetItem | None:
        if opened is None:
            return None
        return next((row for row in self._rows() if row.data(_OPENED) is opened), None)

    def _row_with(self, item_id: int) -> QListWidgetItem | None:
        return next((row for row in self._rows() if (line := row.data(_LINE)) and line.id == item_id), None)

    def _choose(self, row: QListWidgetItem | None) -> None:
        if row is not None and row.data(_OPENED) is not None:
            self.chosen.emit(row.data(_OPENED))

    def _activate(self, row: QListWidgetItem) -> None:
        if row.data(_OPENED) is not None:
            self.chosen.emit(row.data(_OPENED))
        elif row.data(_LINE) is not None:
            self.item_wished.emit(row.data(_LINE).id)

    def _want_menu(self, place: QPoint) -> None:
        row = self.itemAt(place)
        opened, line = (None, None) if row is None else (row.data(_OPENED), row.data(_LINE))
        self.menu_wanted.emit(opened, line, self.viewport().mapToGlobal(place))


class _ItemDelegate(QStyledItemDelegate):
    """A thumbnail with the name and the facts underneath; what is open has a bar beside it."""

    def sizeHint(self, option: QStyleOptionViewItem, _: QModelIndex | QPersistentModelIndex) -> QSize:
        line = option.fontMetrics.height()
        return QSize(30 * GRID, _PICTURE + 2 * line + 5 * GRID)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        chosen = paint_ground(painter, option)
        inner = option.rect.adjusted(2 * GRID, 2 * GRID, -2 * GRID, -2 * GRID)
        self._paint_picture(painter, QRect(inner.left(), inner.top(), inner.width(), _PICTURE), index)
        if index.data(_OPENED) is not None:
            bar = QRect(option.rect.left(), inner.top(), GRID, _PICTURE)
            painter.fillRect(bar, QColor(colors().on_accent if chosen else colors().accent))
        line = option.fontMetrics.height()
        name = QRect(inner.left(), inner.top() + _PICTURE + GRID, inner.width(), line)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        painter.setPen(option.palette.color(role))
        _write(painter, name, str(index.data()), option, Qt.TextElideMode.ElideMiddle)
        if not chosen:
            painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        facts = str(index.data(_FACTS) or "")
        _write(painter, name.translated(0, line), facts, option, Qt.TextElideMode.ElideRight)
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, room: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.fillRect(room, QColor(colors().surround))
        picture, line = index.data(_IMAGE), index.data(_LINE)
        if isinstance(picture, QPixmap) and not picture.isNull():
            size = picture.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(QPoint(0, 0), size)
            place.moveCenter(room.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.setOpacity(1.0 if index.data(_OPENED) is not None else _CLOSED)
            painter.drawPixmap(place, picture)
            painter.setOpacity(1.0)
        if index.data(_OPENED) is None and line is not None and line.where == "gone":
            sign = pixmap(
                "triangle-alert", _SIGN, QColor(colors().warning), painter.device().devicePixelRatio()
            )
            painter.drawPixmap(room.center() - QPoint(_SIGN // 2, _SIGN // 2), sign)


def _write(
    painter: QPainter, room: QRect, text: str, option: QStyleOptionViewItem, elide: Qt.TextElideMode
) -> None:
    shown = option.fontMetrics.elidedText(text, elide, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
