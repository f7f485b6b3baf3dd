"""A range between two values over a histogram: two handles, by mouse or by keys."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.panels.pieces import named

_HEIGHT = 30  # px
_EDGE = 5.0  # px left at both sides for the handles


class RangeSlider(QWidget):
    """`changed` tells low and high while they are dragged. Arrow keys move low, with Shift high."""

    changed = Signal(float, float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.low, self.high = 0.0, 255.0
        self._ends = (0.0, 255.0)
        self._color = QColor(200, 200, 200)
        self._counts: NDArray[np.float64] = np.zeros(0)
        self._held = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        named(
            self,
            f"Range of {name}",
            "Drag the ends: darker samples are black, brighter ones at full strength",
        )

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(120, _HEIGHT)

    def set_range(self, low: float, high: float, color: QColor) -> None:
        """Show a range without telling it back."""
        self.low, self.high, self._color = low, high, color
        self._ends = (min(self._ends[0], low), max(self._ends[1], high))
        self._tell_readers()
        self.update()

    def set_histogram(self, counts: NDArray[np.float64], ends: tuple[float, float]) -> None:
        """How often samples occur, between two ends."""
        self._counts = counts
        self._ends = (min(ends[0], self.low), max(ends[1], self.high))
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        """The histogram as a hill, what is cut off greyed, and the handles."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = QRectF(_EDGE, 2, self.width() - 2 * _EDGE, self.height() - 4)
        ink = self.palette().color(QPalette.ColorRole.PlaceholderText)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ink.red(), ink.green(), ink.blue(), 40))
        painter.drawRect(room)
        if len(self._counts):
            heights = np.log1p(self._counts) / max(float(np.log1p(self._counts).max()), 1e-9)
            xs = np.linspace(room.left(), room.right(), len(heights))
            points = [
                QPointF(float(x), room.bottom() - float(h) * room.height())
                for x, h in zip(xs, heights, strict=True)
            ]
            painter.setBrush(QColor(self._color.red(), self._color.green(), self._color.blue(), 150))
            painter.drawPolygon(QPolygonF([room.bottomLeft(), *points, room.bottomRight()]))
        for value in (self.low, self.high):
            x = self._x(value)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.WindowText), 2))
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the nearer end."""
        x = event.position().x()
        self._held = "low" if abs(x - self._x(self.low)) <= abs(x - self._x(self.high)) else "high"
        self._drag(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It follows."""
        if self._held:
            self._drag(event.position().x())

    def mouseReleaseEvent(self, _: QMouseEvent) -> None:
        """Let go."""
        self._held = ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A hundredth of the way a key."""
        step = max(1.0, (self._ends[1] - self._ends[0]) / 100)
        ways = {Qt.Key.Key_Left: -step, Qt.Key.Key_Right: step}
        way = ways.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
            return
        high = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._move("high" if high else "low", (self.high if high else self.low) + way)

    def _drag(self, x: float) -> None:
        width = max(1.0, self.width() - 2 * _EDGE)
        share = min(max((x - _EDGE) / width, 0.0), 1.0)
        self._move(self._held, self._ends[0] + share * (self._ends[1] - self._ends[0]))

    def _move(self, end: str, value: float) -> None:
        value = float(round(min(max(value, self._ends[0]), self._ends[1])))
        low = min(value, self.high - 1) if end == "low" else self.low
        high = max(value, self.low + 1) if end == "high" else self.high
        if (low, high) != (self.low, self.high) and math.isfinite(low + high):
            self.low, self.high = low, high
            self._tell_readers()
            self.update()
            self.changed.emit(low, high)

    def _tell_readers(self) -> None:
        self.setAccessibleDescription(f"{self.low:g} to {self.high:g}")

    def _x(self, value: float) -> float:
        width = max(1.0, self.width() - 2 * _EDGE)
        span = max(self._ends[1] - self._ends[0], 1e-9)
        return _EDGE + (value - self._ends[0]) / span * width
