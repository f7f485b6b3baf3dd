"""The list of keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from viewer.panels.command_palette import CommandLike
from viewer.panels.pieces import GRID, column, named

# What is held or done with the hand, and therefore is no command.
BY_HAND = (
    ("Space", "Held: hide every layer, to see the tissue"),
    ("Arrow keys", "Move the picture"),
    ("Wheel, pinch", "Zoom about the pointer"),
    ("Double-click", "One magnification closer"),
)


class ShortcutsDialog(QDialog):
    """Every command that has a key, by menu, with what it does; searchable."""

    def __init__(self, commands: Sequence[CommandLike], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Search")
        self.field.setClearButtonEnabled(True)
        named(self.field, "Search keys", "Show only what holds these letters")
        self.tree = QTreeWidget(self)
        self.tree.setHeaderLabels(["Key", "Command", "What it does"])
        self.tree.setRootIsDecorated(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(True)
        named(self.tree, "Keys", "Every command that has a key")
        self._groups: list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = []
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = column(self, margin=3 * GRID)
        for widget in (self.field, self.tree, buttons):
            layout.addWidget(widget)
        self._fill(commands)
        self.resize(180 * GRID, 140 * GRID)
        self.field.textChanged.connect(self._filter)
        self.field.setFocus()

    def _fill(self, commands: Sequence[CommandLike]) -> None:
        groups: dict[str, list[QTreeWidgetItem]] = {}
        for command in commands:
            if keys := all_keys(command):
                title = command.title.rstrip("…")
                item = QTreeWidgetItem([keys, title, command.tip])
                groups.setdefault(str(getattr(command, "group", "Commands")), []).append(item)
        groups["Pointer and held keys"] = [QTreeWidgetItem([key, "", tip]) for key, tip in BY_HAND]
        for name, items in groups.items():
            heading = QTreeWidgetItem([name])
            font = heading.font(0)
            font.setBold(True)
            heading.setFont(0, font)
            heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
            heading.addChildren(items)
            self.tree.addTopLevelItem(heading)
            heading.setFirstColumnSpanned(True)
            heading.setExpanded(True)
            self._groups.append((heading, items))

    def _filter(self, typed: str) -> None:
        wanted = typed.casefold().strip()
        for heading, children in self._groups:
            for child in children:
                words = " ".join(child.text(column) for column in range(3)).casefold()
                child.setHidden(wanted not in words)
            heading.setHidden(all(child.isHidden() for child in children))

    @property
    def shown(self) -> list[str]:
        """The commands that the search leaves, top to bottom."""
        every = (child for _, children in self._groups for child in children)
        return [child.text(1) or child.text(2) for child in every if not child.isHidden()]


def all_keys(command: CommandLike) -> str:
    """All keys of a command as this computer writes them: "Ctrl+Y or Ctrl+Shift+Z"."""
    native = QKeySequence.SequenceFormat.NativeText
    return " or ".join(QKeySequence(key).toString(native) for key in command.keys if key)
