"""Which line is which part, beside the plots: inside one of them it would cover what it explains."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QLabel, QWidget

from viewer.panels.pieces import GRID, clear, row

_WIDE, _HIGH = 8 * GRID, 4 * GRID  # px of a piece of line


class PartsKey(QWidget):
    """A piece of each line with its name, for all plots together; of no lines it keeps its height."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = row(gap=GRID)
        self.setLayout(self._row)
        self.setFixedHeight(max(_HIGH, self.fontMetrics().height()))
        self._pens: dict[str, QPen] = {}

    def show_lines(self, pens: Mapping[str, QPen]) -> None:
        """Each name with the pen that draws it, from the left."""
        if pens == self._pens and list(pens) == list(self._pens):
            return
        self._pens = dict(pens)
        clear(self._row)
        for name, pen in pens.items():
            piece = QLabel(self)
            piece.setPixmap(_drawn(pen, self.devicePixelRatioF()))
            self._row.addWidget(piece)
            self._row.addWidget(QLabel(name, self))
            self._row.addSpacing(2 * GRID)
        self._row.addStretch(1)


def _drawn(pen: QPen, ratio: float) -> QPixmap:
    """On any ground, as sharp as the screen."""
    pixmap = QPixmap(round(_WIDE * ratio), round(_HIGH * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    thick = QPen(pen)
    thick.setWidth(2)
    painter.setPen(thick)
    painter.drawLine(0, _HIGH // 2, _WIDE, _HIGH // 2)
    painter.end()
    return pixmap
