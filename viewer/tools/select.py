"""Choose annotations: a click one, a drag all in a rectangle; Shift or Ctrl adds to what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.move import Hit, adds
from viewer.tools.sketch import LEAST_WIDGET_PX, sketch_pens

Within = Callable[[Rect], Iterable[str]]
"""The ids of the annotations that lie wholly in a rectangle of the slide."""


class SelectTool(Tool):
    """A drag chooses what lies wholly in its rectangle. A click beside everything chooses nothing."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, opened: OpenedSlide, annotation_at: Hit, within: Within) -> None:
        self._opened = opened
        self._annotation_at, self._within = annotation_at, within
        self._start: Point | None = None
        self._end: Point | None = None

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._start = self._end = None

    def mouse_press(self, pointer: Pointer) -> bool:
        """The first corner, or the place of a click."""
        self._start = self._end = pointer.point
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """The other corner follows."""
        if self._start is None:
            return False
        self._end = pointer.point
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """Choose."""
        if self._start is None:
            return False
        rect = Rect.between(self._start, pointer.point)
        self.leave()
        if max(rect.width, rect.height) * pointer.camera.scale >= LEAST_WIDGET_PX:
            before = self._opened.selection if adds(pointer) else ()
            self._opened.select((*before, *self._within(rect)))
        else:
            self._click(pointer)
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

    def _click(self, pointer: Pointer) -> None:
        found = self._annotation_at(pointer.point, pointer.tolerance())
        if found is None:
            if not adds(pointer):
                self._opened.select(None)
        elif adds(pointer):
            self._opened.toggle(found)
        else:
            self._opened.select(found)
