"""Live curves of a training: one line for each part, on its own patients to choose by."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import QWidget

from viewer.panels.pieces import GRID, Text, column, row
from viewer.theme.colors import colors
from viewer.wizard.parts_key import PartsKey
from viewer.wizard.run_story import RunStory

_FIGURES = (
    (
        "loss",
        "Error (loss)",
        "How wrong it is on patients that it does not learn from: lower is better. The best pass is kept.",
    ),
    (
        "auroc",
        "Telling apart (AUROC)",
        "How well classes are told apart: 1 is perfect, 0.5 is a coin's toss. Higher is better.",
    ),
    ("calibration_error", "Calibration error", "How far “90 %” is from 90 of 100: lower is better."),
)
# Okabe and Ito; the dash tells parts apart too.
_COLORS = ("#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9")
_DOTTED = 12  # points up to which each is marked: dots are slow to draw
_STEPS, _MARKS = (1, 2, 5, 10, 20, 50), 10  # passes from mark to mark; so many marks at most
_TURN_MS = 40  # between the drawing of two plots
_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)


class CurvesView(QWidget):
    """Three plots side by side, and over them which line is which.

    The plotting library is loaded when they are first shown.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plots: dict[str, Any] = {}
        self._lines: dict[tuple[str, str], Any] = {}
        self._drawn: dict[tuple[str, str], int] = {}  # points of each line
        self._laid: dict[str, int] = {}  # passes along the bottom of each plot
        self._story: RunStory | None = None
        self._waiting: list[str] = []  # figures that are not drawn as they are told
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(_TURN_MS)
        self._turn.timeout.connect(self._draw_next)
        self.key = PartsKey(self)
        self._row = row(gap=3 * GRID)
        whole = column(self, gap=GRID)
        whole.addWidget(self.key)
        whole.addLayout(self._row, 1)
        self.setMinimumHeight(68 * GRID)

    def show_story(self, story: RunStory) -> None:
        """Draw what is known: soon, and not before somebody can look at it."""
        self._story = story
        self._waiting = [figure for figure, _, _ in _FIGURES]
        if self.isVisible():
            self._turn.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while nobody looked."""
        super().showEvent(event)
        self.build()
        if self._waiting:
            self._turn.start()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._paint()

    def _draw_next(self) -> None:
        """One plot a turn: all at once, the window would wait for them."""
        self._draw(self._waiting.pop(0))
        if self._waiting:
            self._turn.start()

    def _draw(self, figure: str) -> None:
        if self._story is None:
            return
        curves = self._story.curves(figure)
        self._lay_passes(figure, self._story.epochs)
        for gone in [key for key in self._lines if key[0] == figure and key[1] not in curves]:
            self.plots[figure].removeItem(self._lines.pop(gone))
            self._drawn.pop(gone, None)
        for number, (name, points) in enumerate(curves.items()):
            line = self._lines.get((figure, name))
            if line is None:
                line = self._lines[figure, name] = self._new_line(figure, name, number)
            if len(points) != self._drawn.get((figure, name)):  # the others are as they were
                self._drawn[figure, name] = len(points)
                line.setSymbol("o" if len(points) <= _DOTTED else None)
                line.setData([epoch for epoch, _ in points], [value for _, value in points])
        if figure == "loss":  # which every pass has
            self.key.show_lines({name: self._lines[figure, name].opts["pen"] for name in curves})

    def _lay_passes(self, figure: str, epochs: int) -> None:
        """Whole passes along the bottom, those that are to come too."""
        if self._laid.get(figure) == epochs:
            return
        self._laid[figure] = epochs
        apart = next((step for step in _STEPS if epochs <= _MARKS * step), _STEPS[-1])
        plot = self.plots[figure]
        plot.getAxis("bottom").setTickSpacing(levels=[(apart, 0)])
        plot.setXRange(0.5, max(epochs, 2) + 0.5, padding=0)

    def build(self) -> None:
        """Make the plots, once: half a second, better before a training than while it runs."""
        if self.plots:
            return
        import pyqtgraph

        for figure, title, meaning in _FIGURES:
            plot = pyqtgraph.PlotWidget(self)
            plot.setMenuEnabled(False)
            plot.setMouseEnabled(False, False)
            plot.hideButtons()
            plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys do nothing in it
            plot.setLabel("bottom", "pass over the pictures")
            plot.setTitle(title)
            plot.setAccessibleName(f"{title}. {meaning}")
            plot.setToolTip(meaning)
            if figure == "auroc":
                plot.setYRange(0.4, 1.0)
            else:
                plot.setLimits(yMin=0)
            self.plots[figure] = plot
            box = column(gap=GRID)
            words = Text(meaning, quiet=True, parent=self)
            words.setAlignment(Qt.AlignmentFlag.AlignTop)
            words.setFixedHeight(3 * words.fontMetrics().lineSpacing() + GRID)  # plots of one height
            box.addWidget(plot, 1)
            box.addWidget(words)
            self._row.addLayout(box, 1)
        self._paint()

    def _paint(self) -> None:
        now = colors(self.palette())
        for figure, title, _ in _FIGURES:
            plot = self.plots.get(figure)
            if plot is None:
                continue
            plot.setBackground(QColor(now.base))
            plot.setTitle(title, color=now.text, size="10pt")
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(QColor(now.line))
                axis.setTextPen(QColor(now.quiet))

    def _new_line(self, figure: str, name: str, number: int) -> Any:
        import pyqtgraph

        color, dash = _COLORS[number % len(_COLORS)], _DASHES[number % len(_DASHES)]
        pen = pyqtgraph.mkPen(color, width=1, style=dash)
        return self.plots[figure].plot(
            [], [], pen=pen, symbol="o", symbolSize=4, symbolBrush=color, name=name
        )
