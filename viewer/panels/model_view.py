"""Choosing a model and reading its card before trusting it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QSizePolicy, QVBoxLayout, QWidget

from ml.zoo.card import ModelCard
from ml.zoo.store import ModelEntry
from viewer.panels.model_words import in_full, in_short
from viewer.panels.pieces import GRID, FoldOut, Notice, Text, clear, column, named, row


class ModelView(QWidget):
    """The list of models, and the card of the chosen one. A refused model says why and cannot run."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[ModelEntry, ...] = ()
        self.choice = QComboBox(self)
        self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.choice.setMinimumContentsLength(12)
        self.choice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        named(self.choice, "Model", "The model that looks at the region")
        self.problem = Notice(parent=self)
        self.summary = Text(parent=self)
        self._classes = ClassColors(self)
        self.card_box = FoldOut("What it was trained on, how good it is, its limits", "The model's card")
        self.card_box.button.setText("Trained on, checked, limits")
        self.more_box = FoldOut("All details", "The rest of the model's card")
        self._short: QVBoxLayout = column(gap=2 * GRID)
        self._full: QVBoxLayout = column(gap=2 * GRID)
        self.card_box.inside.addLayout(self._short)
        self.card_box.inside.addWidget(self.more_box)
        self.more_box.inside.addLayout(self._full)
        layout = column(self)
        for widget in (self.choice, self.problem, self.summary, self._classes, self.card_box):
            layout.addWidget(widget)
        self.choice.currentIndexChanged.connect(self._chosen)

    def set_models(self, entries: tuple[ModelEntry, ...]) -> None:
        """Offer these; the one chosen before stays chosen where it is still there."""
        before = self.choice.currentData()
        self._entries = entries
        with QSignalBlocker(self.choice):
            self.choice.clear()
            for entry in entries:
                card = entry.card
                title = f"{card.title or card.name} {card.version}" if card else f"{entry.name} (refused)"
                self.choice.addItem(title, entry.name)
                tip = card.summary if card else str(entry.problem or "")
                self.choice.setItemData(self.choice.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            usable = next((n for n, e in enumerate(entries) if e.card is not None), 0)
            place = self.choice.findData(before) if before is not None else -1
            self.choice.setCurrentIndex(place if place >= 0 else usable if entries else -1)
        self._chosen()

    def choose(self, name: str) -> None:
        """Choose a model by its name, if it is there."""
        if (place := self.choice.findData(name)) >= 0:
            self.choice.setCurrentIndex(place)

    @property
    def entry(self) -> ModelEntry | None:
        """The chosen model."""
        place = self.choice.currentIndex()
        return self._entries[place] if 0 <= place < len(self._entries) else None

    def _chosen(self, _: int = 0) -> None:
        entry = self.entry
        card = entry.card if entry else None
        self.choice.setEnabled(bool(self._entries))
        if entry is None:
            self.problem.say("No model is installed.", "warning")
        else:
            refused = str(entry.problem or "This model is refused.")
            self.problem.say("" if card else refused, "refusal")
        self._show_card(card)
        self.changed.emit()

    def _show_card(self, card: ModelCard | None) -> None:
        short = in_short(card) if card else ()
        self.summary.say(card.summary if card else "")
        self._classes.set_card(card)
        _fill(self._short, tuple(line for line in short if line[0] != "What it does"))
        _fill(self._full, in_full(card) if card else ())
        self.card_box.setVisible(card is not None)


def _fill(layout: QVBoxLayout, lines: tuple[tuple[str, str], ...]) -> None:
    clear(layout)
    for name, text in lines:
        pair = QWidget()
        inside = column(pair, gap=0)
        inside.addWidget(Text(name, quiet=True))
        inside.addWidget(Text(text))
        layout.addWidget(pair)


class Swatch(QWidget):
    """A class's colour, the same in the window, in the report and in what is exported."""

    def __init__(self, color: tuple[int, int, int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._color = QColor(*color)
        self.setFixedSize(3 * GRID, 3 * GRID)

    def paintEvent(self, _: QPaintEvent) -> None:
        """A square with a thin border, so that a pale class is seen on a pale panel."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._color)
        painter.setPen(self.palette().mid().color())
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


class ClassColors(QWidget):
    """The classes that a model tells apart, with their colours."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = column(self, gap=0)

    def set_card(self, card: ModelCard | None) -> None:
        """Show the classes of this model."""
        clear(self._rows)
        for place, name in enumerate(card.class_names if card else ()):
            line = QWidget(self)
            inside = row(gap=2 * GRID)
            if card is not None and place < len(card.colors):
                inside.addWidget(Swatch(card.colors[place], line))
            inside.addWidget(Text(name, parent=line), 1)
            line.setLayout(inside)
            self._rows.addWidget(line)
