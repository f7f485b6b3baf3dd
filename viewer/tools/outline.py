"""Draw round a region freehand; letting go closes the line."""

from __future__ import annotations

import math
from collections.abc import Callable

import shapely
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPolygonF

from ml.annotation.shapes import Shape
from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.sketch import LEAST_WIDGET_PX, sketch_pens

_STEP_WIDGET = 1.5  # px between two points that are kept
_ROUGHNESS_WIDGET = 0.5  # px that the finished line may be off the drawn one


class OutlineTool(Tool):
    """Press, draw, release. A line that crosses itself keeps the area it encloses; Esc drops it."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, opened: OpenedSlide, drawn: Callable[[], None]) -> None:
        self._opened = opened
        self._drawn = drawn
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
        last = self._points[-1]
        way = math.hypot(pointer.point.x - last.x, pointer.point.y - last.y)
        if way * pointer.camera.scale >= _STEP_WIDGET:
            self._points.append(pointer.point)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """The line closes itself."""
        if not self._points:
            return False
        points = (*self._points, pointer.point)
        self.leave()
        shape = closed(points, pointer.camera.scale, self._opened.info.bounds)
        if shape is not None:
            self._opened.draw(shape, "Draw outline")
            self._drawn()
        return True

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc drops what is unfinished."""
        if key != Qt.Key.Key_Escape or not self._points:
            return False
        self.leave()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The line so far, and thinner the way on which it would close."""
        if not self._points:
            return
        line = QPolygonF([QPointF(*camera.to_widget(point)) for point in self._points])
        for pen in sketch_pens():
            painter.setPen(pen)
            painter.drawPolyline(line)
        pen = sketch_pens()[1]
        pen.setWidthF(1)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawLine(line.last(), line.first())


def closed(points: tuple[Point, ...], scale: float, bounds: Rect) -> Shape | None:
    """A freehand line as a shape on the slide, without points nobody can see; None when it encloses nothing.

    `scale` is widget px per level-0 px: how closely the line could be seen while it was drawn.
    """
    line = shapely.LineString([(p.x, p.y) for p in points]).simplify(_ROUGHNESS_WIDGET / scale)
    ring = tuple(
        Point(
            min(max(float(x), bounds.x), bounds.right),
            min(max(float(y), bounds.y), bounds.bottom),
        )
        for x, y in shapely.get_coordinates(line)
    )
    if len(ring) < 3:
        return None
    try:
        shape = Shape.outline(ring)
    except ValueError:
        return None
    least = (LEAST_WIDGET_PX / scale) ** 2
    return shape if shape.area >= least else None
