"""Choose annotations: a click one, a drag all in a rectangle; Shift or Ctrl adds to what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.board import Hit
from viewer.tools.edit import EditTool
from viewer.tools.move import adds
from viewer.tools.sketch import LEAST_WIDGET_PX, sketch_pens

Within = Callable[[Rect], Iterable[str]]
"""The ids of the annotations that lie wholly in a rectangle of the slide."""


class SelectTool(Tool):
    """A drag chooses what lies wholly in its rectangle. A click beside everything chooses nothing.

    What is selected already is `edit`'s to bend and to move.
    """

    def __init__(self, opened: OpenedSlide, annotation_at: Hit, within: Within, edit: EditTool) -> None:
        self._opened, self._edit = opened, edit
        self.cursor = edit.cursor
        self._annotation_at, self._within = annotation_at, within
        self._start: Point | None = None
        self._end: Point | None = None

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._start = self._end = None
        self._edit.leave()
        self.cursor = self._edit.cursor

    def mouse_press(self, pointer: Pointer) -> bool:
        """Take hold of what is selected; else the first corner, or the place of a click."""
        if self._edit.take_grip(pointer) or (not adds(pointer) and self._edit.take_whole(pointer)):
            return True
        self._start = self._end = pointer.point
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """The other corner follows, or what is in the hand."""
        if self._start is None:
            follows = self._edit.mouse_move(pointer)
            self.cursor = self._edit.cursor
            return follows
        self._end = pointer.point
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """Choose, or let go."""
        if self._start is None:
            if not self._edit.mouse_release(pointer):
                self._click(pointer)
            return True
        rect = Rect.between(self._start, pointer.point)
        self._start = self._end = None
        if max(rect.width, rect.height) * pointer.camera.scale >= LEAST_WIDGET_PX:
            before = self._opened.selection if adds(pointer) else ()
            self._opened.select((*before, *self._within(rect)))
        else:
            self._click(pointer)
        return True

    def double_click(self, pointer: Pointer) -> bool:
        """A point more on a line; else the view's."""
        return self._edit.double_click(pointer)

    def claims(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """What editing claims; Esc, while there is a rectangle to drop."""
        dropping = key == Qt.Key.Key_Escape and self._start is not None
        return dropping or self._edit.claims(key, modifiers)

    def key_press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Esc drops what is unfinished; arrows move what is selected, Delete takes the chosen point away."""
        if key != Qt.Key.Key_Escape or self._start is None:
            return self._edit.key_press(key, modifiers)
        self._start = self._end = None
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The rectangle so far, or what is selected, to be taken hold of."""
        if self._start is None or self._end is None:
            self._edit.paint(painter, camera)
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
