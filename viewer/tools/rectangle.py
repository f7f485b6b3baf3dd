"""Draw a rectangle or an ellipse by dragging from one corner to the other."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from ml.annotation.forms import ellipse_on, stretched_rect
from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.tools.board import Board
from viewer.tools.sketch import LEAST_WIDGET_PX, paint_caught, paint_path, sketch_path

_FROM_CENTER = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier


class RectangleTool(Tool):
    """Press, drag, release. Shift keeps it square, Alt has it grow from its middle (Ctrl turns the picture,
    but serves once the drag has begun); Esc drops it; what lies beside the slide is cut off.
    """

    cursor = Qt.CursorShape.CrossCursor
    title = "Draw rectangle"

    def __init__(self, board: Board) -> None:
        self._board = board
        self._start: Point | None = None
        self._rect: Rect | None = None

    @property
    def unfinished(self) -> bool:
        """Whether one is being drawn."""
        return self._start is not None

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._start = self._rect = self._board.held = None

    def mouse_press(self, pointer: Pointer) -> bool:
        """The first corner, or the middle."""
        self._start = self._board.place(pointer)
        self._rect = Rect.between(self._start, self._start)
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """The other corner follows."""
        if self._start is None:
            self._board.place(pointer)
            return self._board.choices.snaps
        self._rect = self._stretched(pointer)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """Finished, unless it is so small that it was a click."""
        if self._start is None:
            return False
        rect = self._stretched(pointer)
        self.leave()
        if min(rect.width, rect.height) * pointer.camera.scale >= LEAST_WIDGET_PX:
            shape = self.shape(rect)
            if shape is not None:
                self._board.draw(shape, self.title)
                self._board.drawn()
        return True

    def claims(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc, while there is something to drop."""
        return key == Qt.Key.Key_Escape and self.unfinished

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc drops what is unfinished."""
        if key != Qt.Key.Key_Escape or self._start is None:
            return False
        self.leave()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """What there is so far."""
        paint_caught(painter, camera, self._board.held)
        if self._rect is not None:
            paint_path(painter, camera, sketch_path(self.sketch(self._rect), camera.scale))

    def sketch(self, rect: Rect) -> Shape:
        """What is drawn so far."""
        return Shape.rectangle(rect)

    def shape(self, rect: Rect) -> Shape | None:
        """What a finished drag makes, as far as it lies on the slide."""
        inside = rect.intersection(self._board.bounds).rounded()
        return None if inside.is_empty else Shape.rectangle(inside)

    def _stretched(self, pointer: Pointer) -> Rect:
        assert self._start is not None
        even = bool(pointer.modifiers & Qt.KeyboardModifier.ShiftModifier)
        centered = bool(pointer.modifiers & _FROM_CENTER)
        return stretched_rect(self._start, self._board.place(pointer), even=even, centered=centered)


class EllipseTool(RectangleTool):
    """The same for an ellipse. Shift: a circle; Alt: from its middle."""

    title = "Draw ellipse"

    def sketch(self, rect: Rect) -> Shape:
        """What is drawn so far."""
        return Shape.ellipse_in(rect)

    def shape(self, rect: Rect) -> Shape | None:
        """An ellipse, or what of it lies on the slide."""
        return ellipse_on(rect, self._board.bounds)
