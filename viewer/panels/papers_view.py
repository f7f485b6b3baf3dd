"""Texts to be read one after the other: their names at the left, what stands in one at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QPlainTextEdit, QSizePolicy, QSplitter, QWidget

from viewer.panels.pieces import GRID, Text, column, named


def flat(text: Text) -> Text:
    """As high as its lines are, no higher: among others that take the room."""
    policy = text.sizePolicy()
    policy.setVerticalPolicy(QSizePolicy.Policy.Preferred)
    text.setSizePolicy(policy)
    return text


class PapersView(QWidget):
    """With `choosing`, each has a box: those that are ticked are `chosen`."""

    chosen_changed = Signal()

    def __init__(self, name: str, *, choosing: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts: list[str] = []
        self._choosing = choosing
        self.list, self.text = QListWidget(self), QPlainTextEdit(self)
        named(self.list, name, "Choose one to read it" + ("; untick it to leave it out" if choosing else ""))
        named(self.text, "What stands in it", "The whole text")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text.setReadOnly(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.addWidget(self.list)
        splitter.addWidget(self.text)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([60 * GRID, 120 * GRID])
        column(self).addWidget(splitter)
        self.list.currentRowChanged.connect(self._show)
        self.list.itemChanged.connect(lambda _: self.chosen_changed.emit())

    def set_papers(self, papers: Sequence[tuple[str, str]]) -> None:
        """Names and texts, in this order; all are ticked."""
        self.list.clear()
        self._texts = [text for _, text in papers]
        for name, _ in papers:
            item = QListWidgetItem(name)
            item.setToolTip(name)
            if self._choosing:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(Qt.CheckState.Checked)
            self.list.addItem(item)
        self.list.setCurrentRow(0 if papers else -1)

    @property
    def chosen(self) -> tuple[int, ...]:
        """The places of those that are ticked."""
        ticked = Qt.CheckState.Checked
        return tuple(n for n in range(self.list.count()) if self.list.item(n).checkState() == ticked)

    def _show(self, place: int) -> None:
        self.text.setPlainText(self._texts[place] if 0 <= place < len(self._texts) else "")
