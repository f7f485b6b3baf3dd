"""Every command by name: type a few letters, press Enter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from viewer.panels.pieces import GRID, Text, column, named


class CommandLike(Protocol):
    """What the palette and the list of keys need to know about a command."""

    @property
    def title(self) -> str:
        """As in a menu."""

    @property
    def tip(self) -> str:
        """What it does, in one sentence."""

    @property
    def keys(self) -> Sequence[str]:
        """As QKeySequence reads them; the first is the one that is shown."""

    def enabled(self) -> bool:
        """Whether it can be done now."""

    def run(self) -> None:
        """Do it."""


_COMMAND = Qt.ItemDataRole.UserRole


class CommandPalette(QDialog):
    """Filters while one types; arrows choose, Enter runs, Esc leaves. What cannot be done now is grey."""

    def __init__(self, commands: Sequence[CommandLike], parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setWindowTitle("All commands")
        self._commands = tuple(commands)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Type what you want to do")
        named(self.field, "Find a command", "Type a few letters of a command")
        self.list = QListWidget(self)
        self.list.setItemDelegate(_CommandDelegate(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        named(self.list, "Commands", "The commands that fit; a click runs one")
        self.tip = Text(quiet=True, parent=self)
        layout = column(self, margin=2 * GRID)
        for widget in (self.field, self.list, self.tip):
            layout.addWidget(widget)
        self.resize(120 * GRID, 100 * GRID)
        self.field.installEventFilter(self)
        self.field.textChanged.connect(self._filter)
        self.list.currentItemChanged.connect(self._tell_tip)
        self.list.itemClicked.connect(self._run)
        self._filter("")
        if parent is not None:
            top = parent.mapToGlobal(parent.rect().topLeft())
            self.move(top.x() + (parent.width() - self.width()) // 2, top.y() + 12 * GRID)
        self.field.setFocus()

    @property
    def titles(self) -> list[str]:
        """What fits, best first."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that choose and run, while the typing goes on in the field."""
        if watched is self.field and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self._run(self.list.currentItem())
                return True
            steps = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: 8,
                Qt.Key.Key_PageUp: -8,
            }
            step = steps.get(Qt.Key(event.key()))
            if step is not None:
                wanted = min(max(self.list.currentRow() + step, 0), self.list.count() - 1)
                self.list.setCurrentRow(wanted)
                return True
        return super().eventFilter(watched, event)

    def _filter(self, typed: str) -> None:
        ranked = [
            (fit, place, c) for place, c in enumerate(self._commands) if (fit := fitting(typed, c)) >= 0
        ]
        ranked.sort(key=lambda one: (-one[0], not one[2].enabled(), one[1]))
        self.list.clear()
        for _, _, command in ranked:
            item = QListWidgetItem(command.title)
            item.setData(_COMMAND, command)
            keys = shown_keys(command)
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole, f"{command.title}, {keys}" if keys else command.title
            )
            item.setStatusTip(command.tip)
            if not command.enabled():
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        if not ranked:
            self.tip.setText("No command fits. Try fewer letters.")

    def _tell_tip(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            command: CommandLike = item.data(_COMMAND)
            self.tip.setText(command.tip if command.enabled() else f"{command.tip} Not possible right now.")

    def _run(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        command: CommandLike = item.data(_COMMAND)
        if command.enabled():
            self.accept()  # first out of the way: the command may ask something
            command.run()


def fitting(typed: str, command: CommandLike) -> int:
    """How well a command fits what was typed: 0 when nothing was, -1 when it does not fit.

    Letters must come in their order in the title; starts of words and unbroken runs count most. A word of
    the tip fits too, but less than any title.
    """
    wanted = "".join(typed.casefold().split())
    if not wanted:
        return 0
    score = _in_order(wanted, command.title.casefold())
    if score > 0:
        return 1000 + score - len(command.title)
    return 1 if len(wanted) > 2 and typed.casefold().strip() in command.tip.casefold() else -1


def _in_order(wanted: str, title: str) -> int:
    """Points for the best way to find the letters in order; 0 where they are not all there."""
    best: dict[int, int] = {-1: 0}  # place of the last letter found: points so far
    for letter in wanted:
        found: dict[int, int] = {}
        for place, char in enumerate(title):
            if char != letter:
                continue
            starts = place == 0 or not title[place - 1].isalnum()
            for last, points in best.items():
                if last < place:
                    gained = points + 1 + (8 if starts else 0) + (5 if last == place - 1 and last >= 0 else 0)
                    found[place] = max(found.get(place, 0), gained)
        best = found
    return max(best.values(), default=0)


def shown_keys(command: CommandLike) -> str:
    """The command's first key as this computer writes it."""
    first = next((key for key in command.keys if key), "")
    return QKeySequence(first).toString(QKeySequence.SequenceFormat.NativeText) if first else ""


class _CommandDelegate(QStyledItemDelegate):
    """Title at the left, keys at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, _: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(40 * GRID, option.fontMetrics.height() + 3 * GRID)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        painter.save()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(option.rect, option.palette.highlight())
        command: CommandLike = index.data(_COMMAND)
        active = QPalette.ColorGroup.Active if command.enabled() else QPalette.ColorGroup.Disabled
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Text
        painter.setPen(option.palette.color(active, role))
        inner = QRect(option.rect).adjusted(2 * GRID, 0, -2 * GRID, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | middle, command.title)
        if not chosen:
            painter.setPen(option.palette.color(active, QPalette.ColorRole.PlaceholderText))
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | middle, shown_keys(command))
        painter.restore()
