"""A ruler that is laid along a known length, to say how long it is. What measures is `viewer.tools.line`."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from ml.geometry import Point, Spacing
from ml.report.words import SPACE, length
from viewer.canvas.camera import Camera
from viewer.canvas.layer import standing
from viewer.canvas.tool import Pointer, Tool
from viewer.tools.sketch import LEAST_WIDGET_PX, sketch_pens

_TICK = 6.0  # widget px of the lines across its ends


class RulerTool(Tool):
    """Shows the length of the line that is dragged; Shift keeps it along x or y. Nothing is kept."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self,
        spacing: Callable[[], Spacing | None],
        measured: Callable[[Point, Point], None],
        left: Callable[[], None],
    ) -> None:
        self._spacing, self._measured, self._left = spacing, measured, left
        self._ends: tuple[Point, Point] | None = None
        self._drags = False

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Take the line away."""
        self._ends, self._drags = None, False

    def mouse_press(self, pointer: Pointer) -> bool:
        """One end."""
        self._ends, self._drags = (pointer.point, pointer.point), True
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """The other end follows."""
        if self._ends is None or not self._drags:
            return False
        self._ends = (self._ends[0], self._end(pointer))
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """The line stays until the next one; a click takes it away."""
        if self._ends is None:
            return False
        ends = (self._ends[0], self._end(pointer))
        self._drags = False
        if math.dist(*((end.x, end.y) for end in ends)) * pointer.camera.scale < LEAST_WIDGET_PX:
            self._ends = None
        else:
            self._ends = ends
            self._measured(*ends)
        return True

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc takes the line away, then leaves."""
        if key != Qt.Key.Key_Escape:
            return False
        if self._ends is None:
            self._left()
        else:
            self.leave()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The line with its ends, and its length on a plate that stands upright."""
        if self._ends is None:
            return
        start, end = (QPointF(*camera.to_widget(point)) for point in self._ends)
        way = end - start
        far = math.hypot(way.x(), way.y())
        if far < 1:
            return
        across = QPointF(-way.y(), way.x()) * (_TICK / far)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen in sketch_pens():
            painter.setPen(pen)
            painter.drawLine(start, end)
            for place in (start, end):
                painter.drawLine(place - across, place + across)
        with standing(painter, QRectF(end, end)) as place_of_end:
            _plate(painter, place_of_end.topLeft(), length_in_words(*self._ends, self._spacing()))

    def _end(self, pointer: Pointer) -> Point:
        assert self._ends is not None
        start, end = self._ends[0], pointer.point
        if not pointer.modifiers & Qt.KeyboardModifier.ShiftModifier:
            return end
        flat = abs(end.x - start.x) >= abs(end.y - start.y)
        return Point(end.x, start.y) if flat else Point(start.x, end.y)


def length_in_words(start: Point, end: Point, spacing: Spacing | None) -> str:
    """ "212 µm", or "424 px" while nobody knows how large a pixel is."""
    if spacing is None:
        return f"{math.hypot(end.x - start.x, end.y - start.y):,.0f}{SPACE}px"
    return length(math.hypot((end.x - start.x) * spacing.x, (end.y - start.y) * spacing.y))


def spacing_of(start: Point, end: Point, length_um: float, ratio: float = 1.0) -> Spacing:
    """The pixel size that makes a line so long; `ratio` is y over x of a pixel. Raises `ValueError`.

    The line must have a length and `length_um` be above 0.
    """
    far = math.hypot(end.x - start.x, (end.y - start.y) * ratio)
    if far <= 0 or length_um <= 0:
        raise ValueError(f"A line of {far} px cannot be {length_um} µm long")
    return Spacing(length_um / far, length_um / far * ratio)


def _plate(painter: QPainter, place: QPointF, text: str) -> None:
    metrics = QFontMetricsF(painter.font())
    plate = QRectF(0, 0, metrics.horizontalAdvance(text) + 10, metrics.height() + 4)
    plate.moveTopLeft(place + QPointF(10, 10))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(255, 255, 255, 225))
    painter.drawRoundedRect(plate, 3, 3)
    painter.setPen(QColor(20, 20, 24))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
