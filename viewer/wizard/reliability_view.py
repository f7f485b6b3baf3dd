"""Whether its probabilities come true: how sure it was, and how often it was right then."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QWidget

from ml.evaluate.calibration import ReliabilityBin
from ml.report.words import count, percent
from viewer.panels.pieces import Text, column, named, row
from viewer.wizard.judged import Judged
from viewer.wizard.plot import SHADES, Plot

_FEW = 10  # pictures of a point below which it may lie anywhere


class _Curve(Plot):
    x_title, y_title = "how sure it was, %", "how often that was so, %"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Reliability curve",
            "On the dashed line probabilities come true; below it, it is too sure",
            parent,
        )
        self.bins: tuple[ReliabilityBin, ...] = ()

    def draw(self) -> None:
        """The diagonal, the curve, and at each point of how many pictures it is."""
        import pyqtgraph

        quiet, text = QColor(self.shades.quiet), QColor(self.shades.text)
        self.plot.setRange(xRange=(0, 104), yRange=(0, 108), padding=0.02)
        self.plot.plot([0, 100], [0, 100], pen=pyqtgraph.mkPen(quiet, style=pyqtgraph.QtCore.Qt.DashLine))
        x, y = [100 * b.confidence for b in self.bins], [100 * b.right for b in self.bins]
        sizes = [6 if b.count < _FEW else 10 for b in self.bins]
        pen = pyqtgraph.mkPen(SHADES[0], width=2)
        self.plot.plot(x, y, pen=pen, symbol="o", symbolSize=sizes, symbolBrush=SHADES[0], symbolPen=None)
        for at, high, one in zip(x, y, self.bins, strict=True):
            label: Any = pyqtgraph.TextItem(f"{one.count:,}", color=text, anchor=(0.5, 1.2))
            label.setPos(at, high)
            self.plot.addItem(label)


class ReliabilityView(QWidget):
    """The curve, with a choice of the class and a sentence that says what it shows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._judged: Judged | None = None
        self.choice = QComboBox(self)
        named(self.choice, "Probabilities of", "Of which answer the probabilities are looked at")
        self.curve = _Curve(self)
        self.told = Text(parent=self)
        layout = column(self)
        line = row(Text("Probabilities of", parent=self), self.choice)
        line.addStretch(1)
        layout.addLayout(line)
        layout.addWidget(self.curve, 1)
        layout.addWidget(self.told)
        self.choice.activated.connect(lambda _: self._show())

    @property
    def bins(self) -> tuple[ReliabilityBin, ...]:
        """What is drawn."""
        return self.curve.bins

    def show_answers(self, judged: Judged | None) -> None:
        """Of these answers; where only one class may hold, first of whatever it said."""
        self._judged = judged
        self.choice.clear()
        if judged is not None:
            if not judged.several:
                self.choice.addItem("whatever it said", "")
            for name in judged.classes:
                self.choice.addItem(f"“{name}”", name)
        self._show()

    def _show(self) -> None:
        judged, name = self._judged, self.choice.currentData()
        self.curve.bins = judged.reliability(name) if judged is not None and name is not None else ()
        self.curve.redraw()
        self.told.say(reliability_in_words(self.curve.bins))


def reliability_in_words(bins: tuple[ReliabilityBin, ...]) -> str:
    """What the curve shows: where most pictures are, and to which side it errs."""
    if not bins:
        return ""
    whole = sum(one.count for one in bins)
    most = max(bins, key=lambda one: one.count)
    gap = sum((one.confidence - one.right) * one.count for one in bins) / whole
    words = [
        "On the dashed line probabilities come true: what was called with 80 % was so in 80 of 100. "
        f"The number at a point is how many pictures it is of. Most ({count(most.count, 'picture')}) were "
        f"answered with about {percent(most.confidence)}; that was so for {percent(most.right)} of them."
    ]
    if abs(gap) < 0.03:
        words.append("On the whole its probabilities come true.")
    else:
        side = "too sure" if gap > 0 else "not sure enough"
        words.append(f"On the whole it is {side}, by {percent(abs(gap))}.")
    if any(one.count < _FEW for one in bins):
        words.append(f"Small points are of fewer than {_FEW} pictures: they may lie anywhere.")
    return " ".join(words)
