"""Click the landmarks by which two slides are put in line."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from ml.geometry import Point
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.theme.colors import LIGHT
from viewer.tools.sketch import LEAST_WIDGET_PX, sketch_pens

WANTED = 2
"""So many landmarks on each slide: they say shift, turn and scale."""

_RADIUS = 11.0  # widget px of the ring around a landmark


class LandmarkTool(Tool):
    """A click sets the next landmark, a drag on one moves it, any other drag moves the picture.

    `points` are the landmarks in their order, level-0 px. Backspace takes the last one back.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self,
        pan: Callable[[float, float], None],
        changed: Callable[[], None],
        left: Callable[[], None],
    ) -> None:
        self._pan, self._changed, self._left = pan, changed, left
        self.points: list[Point] = []
        self._held: int | None = None  # the landmark under the hand
        self._start: tuple[float, float] | None = None  # widget px, where the button went down
        self._last: tuple[float, float] = (0.0, 0.0)
        self._drags = False

    def enter(self, repaint: Callable[[], None]) -> None:
        """Kept for `clear`, which comes from outside."""
        self._repaint = repaint

    def leave(self) -> None:
        """The view laid it down: whoever handed it out may want to know."""
        self._left()

    def clear(self) -> None:
        """Begin anew."""
        self.points.clear()
        self._repaint()

    def mouse_press(self, pointer: Pointer) -> bool:
        """Take hold of a landmark, or of the picture."""
        reach = pointer.tolerance(_RADIUS)
        near = [n for n, p in enumerate(self.points) if _apart(p, pointer.point) <= reach]
        self._held = near[0] if near else None
        self._start = self._last = pointer.camera.to_widget(pointer.point)
        self._drags = False
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """Move the landmark, or the picture."""
        if self._start is None:
            return False
        place = pointer.camera.to_widget(pointer.point)
        self._drags = self._drags or math.dist(place, self._start) >= LEAST_WIDGET_PX
        if self._drags and self._held is not None:
            self.points[self._held] = pointer.point
        elif self._drags:
            self._pan(place[0] - self._last[0], place[1] - self._last[1])
        self._last = place
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """A click beside all landmarks sets the next one."""
        clicked = self._start is not None and not self._drags and self._held is None
        moved = self._drags and self._held is not None
        self._start = self._held = None
        if clicked and len(self.points) < WANTED:
            self.points.append(pointer.point)
        if clicked or moved:
            self._changed()
        return True

    def double_click(self, _: Pointer) -> bool:
        """Two clicks are two clicks, not a zoom."""
        return True

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Backspace takes the last landmark back."""
        if key != Qt.Key.Key_Backspace or not self.points:
            return False
        self.points.pop()
        self._changed()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Each landmark in a ring, with its number."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        for number, point in enumerate(self.points, 1):
            x, y = camera.to_widget(point)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for pen in sketch_pens():
                painter.setPen(pen)
                painter.drawEllipse(QPointF(x, y), _RADIUS, _RADIUS)
                painter.drawLine(QPointF(x - 3, y), QPointF(x + 3, y))
                painter.drawLine(QPointF(x, y - 3), QPointF(x, y + 3))
            tag = QRectF(x + _RADIUS, y - _RADIUS - 12, 18, 18)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(LIGHT.accent))
            painter.drawEllipse(tag)
            painter.setPen(QColor(LIGHT.on_accent))
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, str(number))


def _apart(one: Point, other: Point) -> float:
    return math.dist((one.x, one.y), (other.x, other.y))
