"""The sections of a report as a list: ticked where they are printed, dragged into their order."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QMenu, QToolButton, QWidget

from ml.draft.draft import Draft, Subject
from ml.draft.template import TABLES
from viewer.panels.pieces import GRID, column, named, row
from viewer.theme.icons import icon

_KEY = Qt.ItemDataRole.UserRole
HEAD = ""
"""The key of the head of the report, which always comes first."""


class SectionsView(QWidget):
    """The list with its buttons. It tells wishes; the draft decides."""

    chosen = Signal(str)  # key
    ticked = Signal(str, bool)
    ordered = Signal(object)  # tuple of keys
    add_wished = Signal(str, str)  # kind of a section, and the table where it is one
    remove_wished = Signal(str)

    def __init__(self, subject: Subject, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = section_list(self)
        self.add = _button("Add", "Add a section", "Add text, pictures or a table")
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add.setMenu(self._menu(subject))
        self.up = _button("↑", "Section up", "Move the section up (Alt+Up)")
        self.down = _button("↓", "Section down", "Move the section down (Alt+Down)")
        self.remove = _button("", "Remove section", "Take the section out of the report")
        self.remove.setIcon(icon("trash-2"))
        buttons = row(self.add, gap=GRID)
        buttons.addStretch(1)
        for button in (self.up, self.down, self.remove):
            buttons.addWidget(button)
        layout = column(self, gap=GRID)
        layout.addWidget(self.list, 1)
        layout.addLayout(buttons)
        self.list.currentItemChanged.connect(lambda _, __: self.chosen.emit(self.current))
        self.list.itemChanged.connect(self._tell_tick)
        moved = self.list.model().rowsMoved  # told in the middle of the drop: the list must not change yet
        moved.connect(self._tell_order, Qt.ConnectionType.QueuedConnection)
        self.up.clicked.connect(lambda _=False: self.move_current(-1))
        self.down.clicked.connect(lambda _=False: self.move_current(1))
        self.remove.clicked.connect(lambda _=False: self.remove_wished.emit(self.current))
        for key, way in (("Alt+Up", -1), ("Alt+Down", 1)):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda way=way: self.move_current(way))
        self.list.currentRowChanged.connect(lambda _: self._enable())

    @property
    def current(self) -> str:
        """Key of the section that is looked at; the head's where none is."""
        item = self.list.currentItem()
        return HEAD if item is None else str(item.data(_KEY))

    def show_draft(self, draft: Draft, missing: frozenset[str]) -> None:
        """Show its sections; those of `missing` have fields that must still be answered."""
        current = self.current
        with QSignalBlocker(self.list):
            self.list.clear()
            self._add_row(HEAD, "Head", HEAD in missing, None)
            for section in draft.sections:
                self._add_row(section.key, section.title, section.key in missing, section.shown)
        self.choose(current)
        self._enable()

    def choose(self, key: str) -> None:
        """Look at a section; at the head where there is none of this key."""
        rows = [n for n in range(self.list.count()) if self.list.item(n).data(_KEY) == key]
        with QSignalBlocker(self.list):
            self.list.setCurrentRow(rows[0] if rows else 0)
        self._enable()
        self.chosen.emit(self.current)

    def move_current(self, way: int) -> None:
        """Move the section that is looked at up (-1) or down (1)."""
        keys, place = self._keys(), self.list.currentRow() - 1
        if place >= 0 and 0 <= place + way < len(keys):
            keys[place], keys[place + way] = keys[place + way], keys[place]
            self.ordered.emit(tuple(keys))

    def _add_row(self, key: str, title: str, missing: bool, shown: bool | None) -> None:
        item = QListWidgetItem(f"{title}  *" if missing else title)
        item.setData(_KEY, key)
        item.setSizeHint(QSize(0, 7 * GRID))
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if shown is not None:
            flags |= Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsUserCheckable
            item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
        item.setFlags(flags)
        if missing:
            item.setToolTip("Required fields are not answered yet")
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title}, fields missing" if missing else title)
        self.list.addItem(item)

    def _keys(self) -> list[str]:
        keys = [str(self.list.item(n).data(_KEY)) for n in range(self.list.count())]
        return [key for key in keys if key != HEAD]

    def _tell_order(self, *_: object) -> None:
        self.ordered.emit(tuple(self._keys()))

    def _tell_tick(self, item: QListWidgetItem) -> None:
        if item.data(_KEY) != HEAD:
            self.ticked.emit(item.data(_KEY), item.checkState() is Qt.CheckState.Checked)

    def _enable(self) -> None:
        place = self.list.currentRow()
        self.up.setEnabled(place > 1)
        self.down.setEnabled(0 < place < self.list.count() - 1)
        self.remove.setEnabled(place > 0)

    def _menu(self, subject: Subject) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Text", lambda: self.add_wished.emit("text", ""))
        menu.addAction("Pictures", lambda: self.add_wished.emit("figures", ""))
        for table in TABLES[subject]:
            menu.addAction(f"Table of {table}", partial(self.add_wished.emit, "table", table))
        menu.addAction("Where the numbers come from", lambda: self.add_wished.emit("provenance", ""))
        return menu


def section_list(parent: QWidget) -> QListWidget:
    """A list whose rows are dragged into their order."""
    made = QListWidget(parent)
    made.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
    made.setDefaultDropAction(Qt.DropAction.MoveAction)
    made.setUniformItemSizes(True)
    tip = "Tick what shall be printed. Drag to order; Alt+Up and Alt+Down do the same"
    named(made, "Sections of the report", tip)
    return made


def _button(text: str, name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    named(button, name, tip)
    return button
