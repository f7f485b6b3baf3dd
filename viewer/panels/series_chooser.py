"""Which of several series to open, and what of the files is no series, each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from viewer.panels.pieces import GRID, FoldOut, Heading, Text, column, named

_EDGE = 96  # px of a picture
_NUMBER = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class Choice:
    """One series as it is offered."""

    title: str
    facts: str  # "108 slices · 1.5 mm", or what is odd about it
    picture: QImage | None = None
    group: str = ""  # patient and study; those that differ are told apart


class SeriesChooser(QDialog):
    """Enter or a double-click opens what is chosen; several can be chosen."""

    def __init__(
        self,
        name: str,
        choices: Sequence[Choice],
        left_out: Sequence[tuple[str, str]] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        several = len(choices) > 1
        self.setWindowTitle(f"CT in {name}")
        self.list = QListWidget(self)
        self.list.setIconSize(QSize(_EDGE, _EDGE))
        self.list.setSpacing(GRID)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        named(self.list, "Series", "Choose the series to open; with Ctrl or Shift several")
        layout = column(self, margin=3 * GRID)
        patients = {choice.group for choice in choices}
        if several:
            apart = f", of {len(patients)} patients or studies" if len(patients) > 1 else ""
            layout.addWidget(Heading(f"{len(choices)} series{apart}"))
        self._fill(choices)
        self.list.setVisible(bool(choices))
        layout.addWidget(self.list, 1)
        self._list_left_out(left_out)
        layout.addWidget(self.left_box)
        if not choices:
            self.left_box.unfold()
            layout.addWidget(Text("There is no CT series here.", parent=self))
        layout.addWidget(self._buttons(bool(choices)))
        self.list.itemDoubleClicked.connect(lambda _: self.accept())
        self.list.itemSelectionChanged.connect(self._offer)
        self.resize(120 * GRID, 120 * GRID if several else 80 * GRID)
        self._offer()

    def _list_left_out(self, left_out: Sequence[tuple[str, str]]) -> None:
        self.left_box = FoldOut(
            f"{len(left_out)} files left out" if left_out else "", "Files that are no CT slices, and why"
        )
        self.left = QListWidget(self)
        self.left.addItems([f"{file}: {reason}" for file, reason in left_out])
        self.left.setWordWrap(True)
        named(self.left, "Files left out", "Files that are no CT slices, and why")
        self.left_box.inside.addWidget(self.left)
        self.left_box.setVisible(bool(left_out))

    @property
    def chosen(self) -> list[int]:
        """Numbers of the series that were chosen, in their order."""
        return sorted(item.data(_NUMBER) for item in self.list.selectedItems())

    def _fill(self, choices: Sequence[Choice]) -> None:
        for number, choice in enumerate(choices):
            words = "\n".join(part for part in (choice.title, choice.facts, choice.group) if part)
            item = QListWidgetItem(words)
            item.setData(_NUMBER, number)
            picture = QPixmap(_EDGE, _EDGE)
            picture.fill(Qt.GlobalColor.black)
            if choice.picture is not None:
                picture = QPixmap.fromImage(choice.picture).scaled(
                    _EDGE,
                    _EDGE,
                    Qt.AspectRatioMode.KeepAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            shown = QIcon(picture)
            shown.addPixmap(picture, QIcon.Mode.Selected)  # untinted: grey values are looked at
            item.setIcon(shown)
            self.list.addItem(item)
        if choices:
            self.list.setCurrentRow(0)

    def _buttons(self, can_open: bool) -> QDialogButtonBox:
        buttons = QDialogButtonBox(self)
        self.open_button: QPushButton | None = None
        if can_open:
            self.open_button = buttons.addButton("Open", QDialogButtonBox.ButtonRole.AcceptRole)
            self.open_button.setDefault(True)
        buttons.addButton("Cancel" if can_open else "Close", QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _offer(self) -> None:
        if self.open_button is not None:
            self.open_button.setEnabled(bool(self.list.selectedItems()))
