"""From which probability on a class is called: a line to drag, and what it means for patients."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget

from ml.evaluate.operating import Operating, Thresholds
from ml.report.words import percent
from ml.zoo.card import ModelCard
from viewer.panels.labelled_slider import LabelledSlider
from viewer.panels.papers_view import flat
from viewer.panels.pieces import Notice, Text, column, named, row
from viewer.wizard.judged import Judged, threshold_in_words
from viewer.wizard.plot import SHADES, Plot

_MEANING = (
    "The threshold is the probability from which on a class is called. Lower: less is missed, more is called "
    "wrongly. Drag the line, and read below what it would mean."
)


class _Curves(Plot):
    x_title, y_title, legend = "called from this probability on, %", "of 100", True
    dragged = Signal(float)  # 0..1

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Missed and falsely called", "Drag the line: what is missed, what is called wrongly", parent
        )
        self.line: Any = None
        self._curves: tuple[Any, Any, Any] | None = None
        self._at = 0.5

    def show_curve(self, asked: Thresholds | None) -> None:
        """Of one class."""
        self._curves = None if asked is None else asked.curve()
        self.redraw()

    def put(self, threshold: float) -> None:
        """Lay the line there."""
        self._at = threshold
        if self.line is not None and abs(self.line.value() / 100 - threshold) > 1e-6:
            self.line.blockSignals(True)
            self.line.setValue(100 * threshold)
            self.line.blockSignals(False)

    def draw(self) -> None:
        """Two curves and the line."""
        import pyqtgraph

        self.plot.setRange(xRange=(0, 100), yRange=(0, 116), padding=0.02)  # the legend stands above
        for values, shade, name, dash in zip(
            self._curves[1:] if self._curves is not None else (),
            SHADES,
            ("missed", "called wrongly"),
            (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine),
            strict=False,
        ):
            assert self._curves is not None
            kept = np.isfinite(values)
            pen = pyqtgraph.mkPen(shade, width=2, style=dash)
            self.plot.plot(100 * self._curves[0][kept], 100 * values[kept], pen=pen, name=name)
        self.line = pyqtgraph.InfiniteLine(
            100 * self._at,
            movable=True,
            bounds=(0, 100),
            pen=pyqtgraph.mkPen(QColor(self.shades.text), width=2),
            hoverPen=pyqtgraph.mkPen(QColor(self.shades.accent), width=4),
        )
        self.line.sigPositionChanged.connect(lambda line: self.dragged.emit(line.value() / 100))
        self.plot.addItem(self.line)


class ThresholdView(QWidget):
    """Says while dragging; `wished` tells what is to stand in the model's card."""

    wished = Signal(str, float, object)  # class, threshold, Operating

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._judged: Judged | None = None
        self._asked: Thresholds | None = None
        self._card: ModelCard | None = None
        self.choice = QComboBox(self)
        named(self.choice, "Class", "The class that is called from this probability on")
        self.curves = _Curves(self)
        tip = "Called from this probability on"
        self.slider = LabelledSlider("Threshold", tip, (0.0, 1.0), 0.01, parent=self)
        self.told = Text(parent=self)
        font = self.told.font()
        font.setPointSizeF(font.pointSizeF() * 1.15)
        self.told.setFont(font)
        self.now = Text(quiet=True, parent=self)
        self.use_button = QPushButton("Use this threshold", self)
        self.use_button.setAutoDefault(False)
        named(
            self.use_button, "Use this threshold", "Write it into the model: boxes and findings begin there"
        )
        self.notice = Notice(parent=self)
        self._lay_out()
        self.choice.activated.connect(lambda _: self._show_class())
        self.curves.dragged.connect(self.put)
        self.slider.changed.connect(self.put)
        self.use_button.clicked.connect(self._wish)

    def show_answers(self, judged: Judged | None, card: ModelCard | None) -> None:
        """Of these answers; it begins where the model's card says."""
        self._judged, self._card = judged, card
        self.choice.clear()
        self.choice.addItems(judged.classes if judged is not None else ())
        if card is not None:
            self.choice.setCurrentText(card.class_names[card.shown_class])
        self._show_class()

    def show_card(self, card: ModelCard | None) -> None:
        """What the model's card says now."""
        self._card = card
        name = self.choice.currentText()
        if card is None or name not in card.class_names:
            self.now.say("")
            return
        self.now.say(
            f"The model now shows “{card.class_names[card.shown_class]}” first and calls it from "
            f"{percent(card.threshold)} on."
        )

    def put(self, threshold: float) -> None:
        """Take a threshold, to hundredths; the words follow."""
        threshold = round(threshold, 2)
        self.curves.put(threshold)
        with QSignalBlocker(self.slider):
            self.slider.set_value(threshold)
        self.notice.say("")
        found = self.found(threshold)
        slides = self._judged.slides if self._judged is not None else 0
        self.told.say("" if found is None else threshold_in_words(found, self.choice.currentText(), slides))

    def found(self, threshold: float) -> Operating | None:
        """What a threshold means for the chosen class."""
        return None if self._asked is None else self._asked.at(threshold)

    def _show_class(self) -> None:
        name, judged, card = self.choice.currentText(), self._judged, self._card
        self._asked = judged.thresholds(name) if judged is not None and name else None
        self.use_button.setEnabled(self._asked is not None and card is not None)
        self.curves.show_curve(self._asked)
        start = 0.5
        if card is not None and name in card.class_names:
            place = card.class_names.index(name)
            start = card.thresholds[place] if card.thresholds else card.threshold
            start = start if card.thresholds or place == card.shown_class else 0.5
        self.put(start)
        self.show_card(card)

    def _wish(self) -> None:
        threshold = self.slider.value
        found = self.found(threshold)
        if found is not None:
            self.wished.emit(self.choice.currentText(), threshold, found)

    def _lay_out(self) -> None:
        layout = column(self)
        line = row(Text("Threshold of", parent=self), self.choice)
        line.addStretch(1)
        layout.addLayout(line)
        layout.addWidget(flat(Text(_MEANING, quiet=True, parent=self)))
        layout.addWidget(self.curves, 1)
        layout.addWidget(self.slider)
        layout.addWidget(self.told)
        foot = row(self.use_button, self.now)
        foot.setStretch(1, 1)
        layout.addLayout(foot)
        layout.addWidget(self.notice)
