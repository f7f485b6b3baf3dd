"""A plot in the colours of the window, without the library's own menus. Made when it is first shown."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QShowEvent
from PySide6.QtWidgets import QWidget

from viewer.panels.pieces import GRID, column
from viewer.theme.colors import Colors, colors

# Okabe and Ito: told apart by colour-blind people too.
SHADES = ("#0072b2", "#d55e00", "#009e73", "#e69f00", "#cc79a7", "#56b4e9", "#8c6d1f", "#808080")


class Plot(QWidget):
    """Subclasses draw in `draw`, once there is `plot` and whenever `redraw` is called."""

    x_title, y_title, legend = "", "", False

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot: Any = None
        self._name, self._tip = name, tip
        self._inside = column(self, gap=0)
        self.setMinimumHeight(56 * GRID)

    @property
    def shades(self) -> Colors:
        """Those of the window now."""
        return colors(self.palette())

    def redraw(self) -> None:
        """Draw anew, if it was ever shown."""
        if self.plot is None:
            return
        self.plot.clear()
        if self.legend:
            self.plot.getPlotItem().legend.clear()
        self._paint()
        self.draw()

    def draw(self) -> None:
        """Put lines and points into `plot`."""

    def showEvent(self, event: QShowEvent) -> None:
        """Load the library now."""
        super().showEvent(event)
        if self.plot is None:
            import pyqtgraph

            self.plot = pyqtgraph.PlotWidget(self)
            self.plot.setMenuEnabled(False)
            self.plot.setMouseEnabled(False, False)
            self.plot.hideButtons()
            self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys do nothing in it
            self.plot.setAccessibleName(self._name)
            self.plot.setToolTip(self._tip)
            self.plot.setLabel("bottom", self.x_title)
            self.plot.setLabel("left", self.y_title)
            if self.legend:
                self.plot.addLegend(offset=(-8, 8))
            self._inside.addWidget(self.plot)
            self.redraw()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.redraw()

    def _paint(self) -> None:
        now = self.shades
        self.plot.setBackground(QColor(now.base))
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(QColor(now.line))
            axis.setTextPen(QColor(now.quiet))
        if self.legend:
            self.plot.getPlotItem().legend.setLabelTextColor(QColor(now.text))
