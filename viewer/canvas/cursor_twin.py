"""A cross that shows in one view where the mouse is in another."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from viewer.theme.colors import LIGHT

_EDGE = 25  # px; odd, so that one pixel is the middle
_GAP = 4  # px left free in the middle, to see what stands there


class CursorTwin(QWidget):
    """Lies over a view and lets every event through. Moving it repaints nothing but its own place."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.resize(_EDGE, _EDGE)
        self.hide()

    def show_at(self, x_widget: float, y_widget: float) -> None:
        """Stand at a place of the view, logical px."""
        self.move(round(x_widget) - _EDGE // 2, round(y_widget) - _EDGE // 2)
        self.show()
        self.raise_()

    def paintEvent(self, _: QPaintEvent) -> None:
        """A coloured cross within a white one: seen on any tissue."""
        painter = QPainter(self)
        painter.translate(_EDGE / 2, _EDGE / 2)
        reach = _EDGE / 2 - 2
        for color, width in ((QColor(255, 255, 255, 220), 4.0), (QColor(LIGHT.accent), 2.0)):
            painter.setPen(QPen(color, width))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(round(dx * _GAP), round(dy * _GAP), round(dx * reach), round(dy * reach))
        painter.end()
