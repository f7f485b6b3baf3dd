"""Point at a part of the picture: a click takes a small square about it, a drag a rectangle."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.tools.sketch import LEAST_WIDGET_PX, sketch_pens

_CLICKED = 24.0  # widget px: the edge of what a click takes


class PickTool(Tool):
    """Tells what was picked, once for each press; Esc leaves."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, picked: Callable[[Rect], None], left: Callable[[], None]) -> None:
        self._picked, self._left = picked, left
        self._start: Point | None = None
        self._end: Point | None = None

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._start = self._end = None

    def mouse_press(self, pointer: Pointer) -> bool:
        """The first corner, or the place."""
        self._start = self._end = pointer.point
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """The other corner follows."""
        if self._start is None:
            return False
        self._end = pointer.point
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """Tell what was picked, level-0 px."""
        if self._start is None:
            return False
        rect = Rect.between(self._start, pointer.point)
        scale = pointer.camera.scale
        self.leave()
        if max(rect.width, rect.height) * scale < LEAST_WIDGET_PX:
            edge = _CLICKED / scale
            rect = Rect(rect.center.x - edge / 2, rect.center.y - edge / 2, edge, edge)
        self._picked(rect)
        return True

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc drops what is unfinished, then leaves."""
        if key != Qt.Key.Key_Escape:
            return False
        if self._start is None:
            self._left()
        else:
            self.leave()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The rectangle so far."""
        if self._start is None or self._end is None:
            return
        rect = Rect.between(self._start, self._end)
        x, y = camera.to_widget(Point(rect.x, rect.y))
        for pen in sketch_pens():
            painter.setPen(pen)
            painter.drawRect(QRectF(x, y, rect.width * camera.scale, rect.height * camera.scale))
