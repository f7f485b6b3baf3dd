"""Labels that nobody gave: with their pictures, how sure they are, where they come from."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QWidget

from ml.report.words import count, percent
from ml.verbs.made_up import Handed
from viewer.panels.pieces import GRID, Text, column, named, push_button, row
from viewer.state.learning import MadeUp
from viewer.state.opened_slide import OpenedSlide
from viewer.work.surveying import Place, Thumbnails

_SIZE = QSize(840, 600)
_EDGE = 128  # px
_MEANING = (
    "Answers of this slide were handed on to patches that look like them. Nobody gave these labels: they "
    "stay apart from what people drew and said, are learned from with the next “Retrain from here…”, and "
    "never count in a verdict. Take back what is wrong."
)


class MadeUpWindow(QDialog):
    """Of one slide."""

    hand_on_wished = Signal()
    place_wished = Signal(object)  # Rect on the slide

    def __init__(self, opened: OpenedSlide, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.opened = opened
        self.setWindowTitle(f"Made-up labels – {opened.title}")
        self.setWindowFlag(Qt.WindowType.Window)
        self.resize(_SIZE)
        self.thumbnails = Thumbnails(_EDGE, self)
        self.thumbnails.made.connect(lambda _: self._show_pictures())
        self.told = Text(parent=self)
        self.source = Text(quiet=True, parent=self)
        self.list = QListWidget(self)
        named(self.list, "Made-up labels", "Choose one or several; Delete takes them back")
        self.hand_on = push_button("Hand labels on", "Look for patches like those that have an answer", self)
        self.show_place = push_button("Show on the slide", "Look at its place in the window", self)
        self.withdraw = push_button("Take back", "Take back the chosen ones (Delete)", self)
        self.withdraw_all = push_button("Take all back", "Keep no made-up label of this slide", self)
        self._lay_out()
        self.hand_on.clicked.connect(self.hand_on_wished)
        self.show_place.clicked.connect(self._go)
        self.withdraw.clicked.connect(self.take_back)
        self.withdraw_all.clicked.connect(lambda: opened.learning.set_made_up(()))
        self.list.itemSelectionChanged.connect(self._show_chosen)
        opened.learning.changed.connect(self.refresh)
        self.refresh()

    @property
    def chosen(self) -> tuple[MadeUp, ...]:
        """The labels that are chosen in the list."""
        labels = self.opened.learning.made_up
        return tuple(labels[place.row()] for place in self.list.selectedIndexes())

    def take_back(self) -> None:
        """Take the chosen ones back."""
        gone = set(self.chosen)
        learning = self.opened.learning
        learning.set_made_up(tuple(one for one in learning.made_up if one not in gone))

    def refresh(self) -> None:
        """Show what there is."""
        labels = self.opened.learning.made_up
        self.list.clear()
        for one in labels:
            item = QListWidgetItem(f"{one.label}\n{percent(one.confidence)} sure")
            item.setToolTip(f"{one.source}, {one.at}")
            self.list.addItem(item)
        self.told.say(f"{count(len(labels), 'made-up label')} on this slide.")
        self.withdraw_all.setEnabled(bool(labels))
        self._show_chosen()
        self._show_pictures()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete takes the chosen ones back."""
        if event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.take_back()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Closed: nothing is lost."""
        self.opened.learning.changed.disconnect(self.refresh)
        self.thumbnails.close()
        super().done(result)

    def _show_chosen(self) -> None:
        chosen = self.chosen
        self.withdraw.setEnabled(bool(chosen))
        self.show_place.setEnabled(len(chosen) == 1)
        self.source.setText(f"{chosen[0].source}, {chosen[0].at}" if len(chosen) == 1 else "")

    def _show_pictures(self) -> None:
        for number, one in enumerate(self.opened.learning.made_up):
            image = self.thumbnails.of(self.opened.path, _place(one))
            item = self.list.item(number)
            if image is not None and item is not None and item.icon().isNull():
                item.setIcon(QIcon(QPixmap.fromImage(image)))

    def _go(self) -> None:
        for one in self.chosen[:1]:
            self.place_wished.emit(one.rect)

    def _lay_out(self) -> None:
        self.list.setViewMode(QListWidget.ViewMode.IconMode)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setMovement(QListWidget.Movement.Static)
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.list.setIconSize(QSize(_EDGE, _EDGE))
        self.list.setGridSize(QSize(_EDGE + 4 * GRID, _EDGE + 12 * GRID))
        self.list.setSpacing(GRID)
        inside = column(self, margin=3 * GRID)
        for widget in (Text(_MEANING, parent=self), self.told, self.list, self.source):
            inside.addWidget(widget, int(widget is self.list))
        foot = row(self.hand_on, self.show_place)
        foot.addStretch(1)
        for button in (self.withdraw, self.withdraw_all):
            foot.addWidget(button)
        inside.addLayout(foot)


def made_up_of(handed: tuple[Handed, ...], answers: int, model: str) -> tuple[MadeUp, ...]:
    """Labels that were handed on, with where they come from."""
    now = time.strftime("%Y-%m-%d %H:%M")
    source = f"Handed on from {count(answers, 'answer')} of this slide, by what “{model}” sees"
    return tuple(MadeUp(one.rect, one.label, one.confidence, source, now) for one in handed)


def _place(label: MadeUp) -> Place:
    rect = label.rect
    return rect.x, rect.y, rect.width, rect.height
