"""Draw lines that say something: a ruler, an angle, an arrow. They are kept as annotations."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from ml.annotation.forms import on, upright_end
from ml.annotation.measured import Means, meaning
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point
from viewer.canvas.annotation_marks import paint_arrow_head, paint_ticks, words_of
from viewer.canvas.camera import Camera
from viewer.canvas.plate import paint_plate
from viewer.canvas.tool import Pointer, Tool
from viewer.tools.board import Board
from viewer.tools.sketch import LEAST_WIDGET_PX, paint_caught, paint_line, sketch_pens

_TITLES: dict[Means, str] = {"ruler": "Measure length", "angle": "Measure angle", "arrow": "Draw arrow"}


class LineTool(Tool):
    """Drag from end to end, or click each; an angle goes on to the end of its other way.

    Shift keeps a line along x or y, Esc drops what is unfinished. An arrow points at where the hand lets go.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, board: Board, means: Means) -> None:
        self._board, self._means = board, means
        self._count = 3 if means == "angle" else 2
        self._points: list[Point] = []  # the last one follows the hand
        self._pressed: Point | None = None

    @property
    def unfinished(self) -> bool:
        """Whether one is being drawn."""
        return bool(self._points)

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._points, self._pressed, self._board.held = [], None, None

    def mouse_press(self, pointer: Pointer) -> bool:
        """One end, or the next."""
        self._pressed = pointer.point
        if self._points:
            self._points[-1] = self._place(pointer)
        else:
            place = on(self._board.bounds, self._board.place(pointer))
            self._points = [place, place]
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """The last end follows, with the button held or not."""
        if not self._points:
            self._board.place(pointer)
            return self._board.choices.snaps
        self._points[-1] = self._place(pointer)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """An end is where the hand lets go, unless that is where it began: then the next click is it."""
        if not self._points or self._pressed is None:
            return True
        self._pressed = None
        self._points[-1] = self._place(pointer)
        far = math.dist(*((p.x, p.y) for p in self._points[-2:])) * pointer.camera.scale
        if far < LEAST_WIDGET_PX:
            return True
        if len(self._points) < self._count:
            self._points.append(self._points[-1])
        else:
            self._finish()
        return True

    def double_click(self, _: Pointer) -> bool:
        """Two clicks are two clicks, not a zoom."""
        return True

    def claims(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc and Backspace, while there is something to drop."""
        return self.unfinished and key in {Qt.Key.Key_Escape, Qt.Key.Key_Backspace}

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc drops what is unfinished, Backspace takes one end back."""
        if not self._points or key not in {Qt.Key.Key_Escape, Qt.Key.Key_Backspace}:
            return False
        if key == Qt.Key.Key_Escape or len(self._points) < 3:
            self.leave()
        else:
            self._points.pop()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The line so far with what it says."""
        paint_caught(painter, camera, self._board.held)
        if len(self._points) < 2 or self._points[-1] == self._points[-2]:
            return
        paint_line(painter, camera, self._points)
        places = [QPointF(*camera.to_widget(point)) for point in self._points]
        for pen in sketch_pens():
            painter.setPen(pen)
            if self._means == "arrow":
                paint_arrow_head(painter, places[-2], places[-1])
            elif self._means == "ruler":
                paint_ticks(painter, places[0], places[-1])
        words = words_of(self._made(), self._board.spacing)
        if words:
            paint_plate(painter, places[-1], words)

    def _place(self, pointer: Pointer) -> Point:
        point = on(self._board.bounds, self._board.place(pointer))
        straight = pointer.modifiers & Qt.KeyboardModifier.ShiftModifier
        return upright_end(self._points[-2], point) if straight else point

    def _made(self) -> Annotation:
        shape = Shape.line(tuple(self._points))
        return meaning(Annotation(shape), self._means, self._board.spacing)

    def _finish(self) -> None:
        shape = Shape.line(tuple(self._points))
        self.leave()
        made = self._board.draw(shape, _TITLES[self._means], self._means)
        if self._means == "arrow":
            self._board.drawn()
        else:
            what = "Length" if self._means == "ruler" else "Angle"
            words = words_of(made, self._board.spacing)
            self._board.tell(f"{what}: {words}. Delete removes it, Esc puts the tool away.")
