"""Draw round a region: freehand, by clicking corner after corner, or both in turn."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from ml.annotation.forms import area_on, freehand, on, polygon_of
from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.tools.board import Board
from viewer.tools.sketch import LEAST_WIDGET_PX, paint_caught, paint_dots, paint_line

_STEP_WIDGET = 1.5  # px between two points that are kept
_ROUGHNESS_WIDGET = 0.5  # px that the finished line may be off the drawn one
_CLOSES = 9.0  # widget px about the first corner in which a click closes the outline
_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class OutlineTool(Tool):
    """Press, draw, release. A line that crosses itself keeps the area it encloses; Esc drops it."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, board: Board) -> None:
        self._board = board
        self._points: list[Point] = []

    @property
    def unfinished(self) -> bool:
        """Whether a line is being drawn."""
        return bool(self._points)

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._points = []

    def mouse_press(self, pointer: Pointer) -> bool:
        """The line begins."""
        self._points = [pointer.point]
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """The line goes on."""
        if not self._points:
            return False
        if far_enough(self._points[-1], pointer, _STEP_WIDGET):
            self._points.append(pointer.point)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """The line closes itself."""
        if not self._points:
            return False
        points = (*self._points, pointer.point)
        self.leave()
        shape = closed(points, pointer.camera.scale, self._board.bounds)
        if shape is not None:
            self._board.draw(shape, "Draw outline")
            self._board.drawn()
        return True

    def claims(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc, while there is something to drop."""
        return key == Qt.Key.Key_Escape and self.unfinished

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc drops what is unfinished."""
        if key != Qt.Key.Key_Escape or not self._points:
            return False
        self.leave()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The line so far, and thinner the way on which it would close."""
        if self._points:
            paint_line(painter, camera, self._points)
            paint_line(painter, camera, (self._points[-1], self._points[0]), dashed=True)


class PolygonTool(Tool):
    """Click corner after corner; a drag draws freehand between them. `closes`: an area, else an open line.

    A double-click, Enter or a click on the first corner ends it, Backspace takes one back, Esc drops
    all. An outline that is one single drag ends where the button is let go, as with `OutlineTool`.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, board: Board, *, closes: bool) -> None:
        self._board, self._closes = board, closes
        self._points: list[Point] = []
        self._steps: list[int] = []  # how many points there were before each click or drag
        self._here: Point | None = None  # under the cursor
        self._pressed: Point | None = None
        self._drags = False

    @property
    def unfinished(self) -> bool:
        """Whether something is being drawn."""
        return bool(self._points)

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._points, self._steps = [], []
        self._here = self._pressed = self._board.held = None
        self._drags = False

    def mouse_press(self, pointer: Pointer) -> bool:
        """The next corner, or the first one again: then it is closed."""
        if self._on_first(pointer):
            self._finish(pointer.camera.scale)
            return True
        place = self._board.place(pointer)
        self._steps.append(len(self._points))
        self._points.append(place)
        self._pressed, self._drags, self._here = place, False, place
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """With the button held the line is drawn freehand, else it shows how it would go on."""
        if self._pressed is None or not self._points:
            self._here = self._board.place(pointer)
            return self.unfinished or self._board.choices.snaps
        self._drags = self._drags or far_enough(self._pressed, pointer, LEAST_WIDGET_PX)
        self._here = pointer.point
        if self._drags and far_enough(self._points[-1], pointer, _STEP_WIDGET):
            self._points.append(pointer.point)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """A single drag is a whole outline; after clicks, one goes on."""
        single = self._drags and len(self._steps) == 1
        self._pressed, self._drags = None, False
        if single:
            self._points.append(pointer.point)
            self._finish(pointer.camera.scale)
        return True

    def double_click(self, pointer: Pointer) -> bool:
        """The corner that the first click made is the last one."""
        if self._points:
            self._finish(pointer.camera.scale)
        return True

    def claims(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """What ends it or takes back, while there is something."""
        return self.unfinished and (key in _ENTER or key in {Qt.Key.Key_Escape, Qt.Key.Key_Backspace})

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Enter ends it, Backspace takes the last corner back, Esc drops it all."""
        if not self._points:
            return False
        if key in _ENTER:
            camera = self._board.camera()
            self._finish(camera.scale if camera is not None else 1.0)
        elif key == Qt.Key.Key_Backspace:
            del self._points[self._steps.pop() :]
        elif key == Qt.Key.Key_Escape:
            self.leave()
        else:
            return False
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The line so far, its corners, and thinner the way on which it would go on and close."""
        paint_caught(painter, camera, self._board.held)
        if not self._points:
            return
        paint_line(painter, camera, self._points)
        on_way = [self._points[-1], *([self._here] if self._here is not None else [])]
        if self._closes:
            on_way.append(self._points[0])
        paint_line(painter, camera, on_way, dashed=True)
        paint_dots(painter, camera, [self._points[step] for step in self._steps])

    def _on_first(self, pointer: Pointer) -> bool:
        enough = self._closes and len(self._steps) > 2
        return enough and not far_enough(self._points[0], pointer, _CLOSES)

    def _finish(self, scale: float) -> None:
        points = tuple(self._points)
        self.leave()
        try:
            shape = _made(points, scale, self._board.bounds, closes=self._closes)
        except ValueError as reason:
            self._board.tell(str(reason))
            return
        self._board.draw(shape, "Draw polygon" if self._closes else "Draw line")
        self._board.drawn()


def _made(points: tuple[Point, ...], scale: float, bounds: Rect, *, closes: bool) -> Shape:
    """What the points make on the slide. Raises `ValueError` that says why where they make nothing."""
    if closes:
        shape = area_on(polygon_of(points).polygon, bounds)
        if shape is None or shape.area < (LEAST_WIDGET_PX / scale) ** 2:
            raise ValueError("The outline encloses nothing.")
        return shape
    line = [on(bounds, point) for point in points]
    line = [p for n, p in enumerate(line) if n == 0 or p != line[n - 1]]
    if len(line) < 2:
        raise ValueError("A line needs two points.")
    return Shape.line(tuple(line))


def far_enough(before: Point, pointer: Pointer, widget_px: float) -> bool:
    """Whether the pointer is so far from a place, as one sees it."""
    way = math.hypot(pointer.point.x - before.x, pointer.point.y - before.y)
    return way * pointer.camera.scale >= widget_px


def closed(points: tuple[Point, ...], scale: float, bounds: Rect) -> Shape | None:
    """A freehand line as a shape on the slide, without points nobody can see; None when it encloses nothing.

    `scale` is widget px per level-0 px: how closely the line could be seen while it was drawn.
    """
    shape = freehand(points, _ROUGHNESS_WIDGET / scale, bounds)
    return shape if shape is not None and shape.area >= (LEAST_WIDGET_PX / scale) ** 2 else None
