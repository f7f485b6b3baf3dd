"""Draw a rectangle by dragging from one corner to the other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.sketch import LEAST_WIDGET_PX, sketch_pens


class RectangleTool(Tool):
    """Press, drag, release. Shift keeps it square; Esc drops it; what lies beside the slide is cut off."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, opened: OpenedSlide, drawn: Callable[[], None]) -> None:
        self._opened = opened
        self._drawn = drawn  # told after each finished rectangle
        self._start: Point | None = None
        self._end: Point | None = None

    @property
    def unfinished(self) -> bool:
        """Whether a rectangle is being drawn."""
        return self._start is not None

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._start = self._end = None

    def mouse_press(self, pointer: Pointer) -> bool:
        """The first corner."""
        self._start = self._end = pointer.point
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """The other corner follows."""
        if self._start is None:
            return False
        self._end = self._corner(pointer)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """Finished, unless it is so small that it was a click."""
        if self._start is None:
            return False
        rect = Rect.between(self._start, self._corner(pointer)).intersection(self._opened.info.bounds)
        rect = rect.rounded()
        self.leave()
        if min(rect.width, rect.height) * pointer.camera.scale >= LEAST_WIDGET_PX and not rect.is_empty:
            self._opened.draw(Shape.rectangle(rect), "Draw rectangle")
            self._drawn()
        return True

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc drops what is unfinished."""
        if key != Qt.Key.Key_Escape or self._start is None:
            return False
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

    def _corner(self, pointer: Pointer) -> Point:
        if self._start is None or not pointer.modifiers & Qt.KeyboardModifier.ShiftModifier:
            return pointer.point
        dx, dy = pointer.point.x - self._start.x, pointer.point.y - self._start.y
        edge = max(abs(dx), abs(dy))
        return Point(
            self._start.x + (edge if dx >= 0 else -edge), self._start.y + (edge if dy >= 0 else -edge)
        )
