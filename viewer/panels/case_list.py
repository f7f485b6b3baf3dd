"""All cases: searched, narrowed by status and tag, sorted; one of them is opened."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from viewer.panels.case_lines import SORT_WORDS, STATUS_WORDS, CaseLine, CaseQuery, case_in_words
from viewer.panels.pieces import GRID, Notice, Text, column, named, paint_ground, row
from viewer.theme.colors import colors

_EDGE = 10 * GRID  # px of a small picture
_SOON_MS = 150  # after the last key: search
_LINE = Qt.ItemDataRole.UserRole
_FACTS = _LINE + 1
_IMAGE = _LINE + 2


class CaseList(QWidget):
    """Empty, loading and failed are said in words."""

    query_changed = Signal(object)  # CaseQuery
    case_wished = Signal(object)  # the id of one to open
    new_wished = Signal()
    again_wished = Signal()  # open the library that could not be opened
    analyze_wished = Signal()  # all slides of the marked cases
    menu_wanted = Signal(object, object)  # the id of a case, a place on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        named(self.search, "Search cases", "Find cases by name, tag, comment or file")
        self.status = _choice(self, "Status of the cases", ("All", None), STATUS_WORDS)
        self.tag = _choice(self, "Tag of the cases", ("Any tag", None), {})
        self.sort = _choice(self, "Order of the cases", None, SORT_WORDS)
        self.says = Text("Loading the cases …", quiet=True, parent=self)
        self.failed = Notice("Try again", "Open the case library again", self)
        self.clear_button = QPushButton("Show all cases", self)
        named(self.clear_button, "Show all cases", "Search for nothing in particular")
        self.list = QListWidget(self)
        self.new_button = QPushButton("New case", self)
        self.analyze_button = QPushButton("Analyze all…", self)
        named(
            self.analyze_button,
            "Analyze all",
            "The slides of the marked cases, with one model (Ctrl+Alt+A)",
        )
        named(self.new_button, "New case", "Begin a case without files (Ctrl+N)")
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._dress_list()
        self._lay_out()
        self._connect()
        self.set_lines(None)

    @property
    def query(self) -> CaseQuery:
        """What is asked for now."""
        return CaseQuery(
            " ".join(self.search.text().split()),
            self.status.currentData(),
            self.tag.currentData(),
            self.sort.currentData(),
        )

    @property
    def marked(self) -> tuple[int, ...]:
        """Ids of the cases that are marked, in the order of the list."""
        places = sorted(place.row() for place in self.list.selectedIndexes())
        return tuple(self.list.item(row_).data(_LINE).id for row_ in places)

    def set_lines(self, lines: tuple[CaseLine, ...] | None) -> None:
        """Show what was found; None: it is still being looked for."""
        self.failed.say("")
        found = lines or ()
        kept = self.list.currentItem()
        chosen = -1 if kept is None else kept.data(_LINE).id
        marked = self.marked
        self.list.clear()
        now = datetime.now(UTC)
        for line in found:
            item = QListWidgetItem(line.name)
            item.setData(_LINE, line)
            item.setData(_FACTS, case_in_words(line, now))
            item.setData(_IMAGE, None if line.picture is None else QPixmap.fromImage(line.picture))
            tags = f"\nTags: {', '.join(line.tags)}" if line.tags else ""
            item.setToolTip(f"{line.name}{tags}\nEnter or a double-click opens it")
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{line.name}, {item.data(_FACTS)}")
            self.list.addItem(item)
            if line.id == chosen:
                self.list.setCurrentItem(item, QItemSelectionModel.SelectionFlag.NoUpdate)
            item.setSelected(line.id in marked)
        self.list.setVisible(bool(found))
        narrow = self.query.is_narrow
        for field in (self.search, self.status, self.sort):
            field.setVisible(bool(found) or narrow)
        self.clear_button.setVisible(lines is not None and not found and narrow)
        if lines is None:
            self.says.say("Loading the cases …")
        elif found:
            self.says.say("")
        else:
            self.says.say(
                "No case fits." if narrow else "No cases yet. Open a slide: its case is made by itself."
            )

    def set_tags(self, tags: tuple[str, ...]) -> None:
        """The tags that there are; with none there is nothing to choose."""
        chosen = self.tag.currentData()
        self.tag.blockSignals(True)
        while self.tag.count() > 1:
            self.tag.removeItem(1)
        for tag in tags:
            self.tag.addItem(tag, tag)
        self.tag.setCurrentIndex(max(self.tag.findData(chosen), 0))
        self.tag.blockSignals(False)
        self.tag.setVisible(bool(tags))

    def fail(self, sentence: str) -> None:
        """The library cannot be opened: say why, and offer to try again."""
        self.set_lines(())
        self.says.say("")
        self.failed.say(sentence, "refusal")

    def select(self, case_id: int) -> None:
        """Mark the case that is looked at, unless the person has marked several."""
        if len(self.marked) > 1:
            return
        for number in range(self.list.count()):
            if self.list.item(number).data(_LINE).id == case_id:
                self.list.setCurrentRow(number)

    def _dress_list(self) -> None:
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setItemDelegate(_CaseDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        named(
            self.list,
            "All cases",
            "Enter or a double-click opens a case; with Ctrl or Shift several are marked",
        )

    def _lay_out(self) -> None:
        layout = column(self, margin=2 * GRID)
        layout.addWidget(self.search)
        layout.addLayout(row(self.status, self.sort, gap=GRID))
        layout.addWidget(self.tag)
        layout.addWidget(self.says)
        layout.addWidget(self.failed)
        layout.addWidget(self.clear_button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.list, 1)
        layout.addStretch(0)
        layout.addWidget(self.analyze_button)
        layout.addWidget(self.new_button)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._soon.start)
        self.search.returnPressed.connect(self._enter)
        self._soon.timeout.connect(self._ask)
        for choice in (self.status, self.tag, self.sort):
            choice.currentIndexChanged.connect(self._ask)
        self.clear_button.clicked.connect(self._clear)
        self.new_button.clicked.connect(self.new_wished)
        self.analyze_button.clicked.connect(self.analyze_wished)
        self.list.itemSelectionChanged.connect(self._tell_marked)
        self.failed.wished.connect(self.again_wished)
        self.list.itemDoubleClicked.connect(self._open)
        self.list.customContextMenuRequested.connect(self._want_menu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the case that is marked."""
        item = self.list.currentItem()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and item is not None and self.list.hasFocus():
            self._open(item)
        else:
            super().keyPressEvent(event)

    def _enter(self) -> None:
        """Enter while one searches: the first case that was found; before the answer is there, ask for it."""
        first = self.list.item(0)
        if self._soon.isActive() or first is None:
            self._ask()
        else:
            self._open(self.list.currentItem() or first)

    def _ask(self, _: object = None) -> None:
        self._soon.stop()
        self.query_changed.emit(self.query)

    def _clear(self) -> None:
        for choice in (self.status, self.tag):
            choice.blockSignals(True)
            choice.setCurrentIndex(0)
            choice.blockSignals(False)
        self.search.clear()
        self._ask()

    def _open(self, item: QListWidgetItem) -> None:
        self.case_wished.emit(item.data(_LINE).id)

    def _tell_marked(self) -> None:
        marked = len(self.marked)
        self.analyze_button.setEnabled(marked > 0)
        self.analyze_button.setText(f"Analyze {marked:,} cases…" if marked > 1 else "Analyze all…")

    def _want_menu(self, place: object) -> None:
        item = self.list.itemAt(place)  # type: ignore[call-overload] # a QPoint
        if item is not None:
            if not item.isSelected():
                self.list.setCurrentItem(item)
            self.menu_wanted.emit(item.data(_LINE).id, self.list.viewport().mapToGlobal(place))  # type: ignore[call-overload]


def _choice(parent: QWidget, name: str, first: tuple[str, None] | None, words: object) -> QComboBox:
    box = QComboBox(parent)
    if first is not None:
        box.addItem(*first)
    for key, text in dict(words).items():  # type: ignore[call-overload]
        box.addItem(text, key)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(6)
    named(box, name, name)
    return box


class _CaseDelegate(QStyledItemDelegate):
    """A small picture, the name, and quietly below it the status, what it holds, and when it changed."""

    def sizeHint(self, option: QStyleOptionViewItem, _: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(30 * GRID, max(_EDGE, 3 * option.fontMetrics.height()) + 3 * GRID)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        chosen = paint_ground(painter, option)
        inner = option.rect.adjusted(GRID, GRID, -GRID, -GRID)
        self._paint_picture(painter, QRect(inner.left(), inner.top() + GRID, _EDGE, _EDGE), index)
        line, left = option.fontMetrics.height(), inner.left() + _EDGE + 2 * GRID
        room = QRect(left, inner.top(), inner.right() - left, line)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        painter.setPen(option.palette.color(role))
        align = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        shown = option.fontMetrics.elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, align, shown)
        if not chosen:
            painter.setPen(option.palette.color(QPalette.ColorRole.PlaceholderText))
        status, *rest = str(index.data(_FACTS)).split(" · ")
        for number, text in enumerate((status, " · ".join(rest)), 1):
            shown = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room.translated(0, number * line), align, shown)
        painter.restore()

    def _paint_picture(
        self, painter: QPainter, room: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.fillRect(room, QColor(colors().surround))
        picture = index.data(_IMAGE)
        if isinstance(picture, QPixmap) and not picture.isNull():
            size = picture.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(room.topLeft(), size)
            place.moveCenter(room.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(place, picture)
