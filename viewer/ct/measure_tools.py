"""Hands that measure on a plane, and hands that move window and cross-hairs."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from ml.ct_measure import Place, Region, RoiFacts, angle, distance, roi_facts
from ml.geometry import Point
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.ct.measure_layer import paint_measurement, words_of
from viewer.ct.plane import Shown
from viewer.state.measurements import Kind, Measurement

_LEAST = 4.0  # widget px: what is smaller was a click

Under = Callable[[], Shown | None]
"""The plane that is shown now."""


class MeasureTool(Tool):
    """Drag for a length or a region; an angle takes a drag for its first way and a click for its second.

    Shift keeps a length along x or y and a region as wide as high. Esc drops what is unfinished.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, kind: Kind, under: Under, done: Callable[[Measurement], None], *, sized: bool) -> None:
        self._kind, self._under, self._done, self._sized = kind, under, done, sized
        self._points: list[Point] = []
        self._plane: Shown | None = None  # that of the first point: a scroll drops what is unfinished
        self._drags = False

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._points, self._plane, self._drags = [], None, False

    def mouse_press(self, pointer: Pointer) -> bool:
        """The first place, or the last one of an angle."""
        shown = self._under()
        if shown is None or shown.problem is not None:
            return True
        if self._points and self._plane is shown:
            self._points[-1] = pointer.point
        else:
            self._points, self._plane = [pointer.point, pointer.point], shown
        self._drags = True
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """The last place follows, also between the two drags of an angle."""
        if not self._points:
            return False
        if self._plane is not self._under():
            self.leave()
        else:
            self._points[-1] = self._held(pointer)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """Finished, unless it was only a click or an angle has one way so far."""
        if not self._points or self._plane is not self._under() or not self._drags:
            self.leave()
            return True
        self._drags = False
        self._points[-1] = self._held(pointer)
        way = math.dist(*((p.x, p.y) for p in self._points[-2:])) * pointer.camera.scale
        if way < _LEAST:
            if len(self._points) == 2:
                self.leave()
        elif self._kind == "angle" and len(self._points) == 2:
            self._points.append(self._points[-1])
        else:
            made = self._made()
            self.leave()
            if made is not None:
                self._done(made)
        return True

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc drops what is unfinished."""
        if key != Qt.Key.Key_Escape or not self._points:
            return False
        self.leave()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """What is there so far, with its numbers."""
        if not self._points or self._plane is not self._under():
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        made = self._made()
        words = () if made is None else words_of(made, sized=self._sized)
        paint_measurement(painter, camera, self._kind, self._points, words)

    def _held(self, pointer: Pointer) -> Point:
        start, end = self._points[-2], pointer.point
        if not pointer.modifiers & Qt.KeyboardModifier.ShiftModifier or self._kind == "angle":
            return end
        dx, dy = end.x - start.x, end.y - start.y
        if self._kind == "length":
            return Point(end.x, start.y) if abs(dx) >= abs(dy) else Point(start.x, end.y)
        edge = max(abs(dx), abs(dy))
        return Point(start.x + math.copysign(edge, dx), start.y + math.copysign(edge, dy))

    def _made(self) -> Measurement | None:
        """What the points make; None where they make nothing yet."""
        assert self._plane is not None
        return measured(self._kind, self._plane, self._points)


def measured(kind: Kind, shown: Shown, points: list[Point]) -> Measurement | None:
    """A measurement on a plane; None where a region holds no pixel or an angle has one way only."""
    places = tuple(shown.to_patient(point) for point in points)
    value, facts = 0.0, None
    if kind == "length":
        value = distance(places[0], places[1])
    elif kind == "angle":
        if len(places) < 3:
            return None
        value = angle(*places[:3])
        if math.isnan(value):
            return None
    else:
        facts = _facts(kind, shown, points)
        if facts is None:
            return None
    name = shown.words.split(" of ", maxsplit=1)[0].replace("\n", ", ")
    return Measurement(kind, places, shown.right, shown.down, name, shown.slice_, value, facts, shown.unit)


def _facts(kind: Region, shown: Shown, points: list[Point]) -> RoiFacts | None:
    (x0, x1), (y0, y1) = sorted(p.x for p in points), sorted(p.y for p in points)
    width, height = shown.pixel
    box = (x0 / width, y0 / height, x1 / width, y1 / height)
    return roi_facts(shown.hounsfield(), kind, box, shown.pixel)


class WindowTool(Tool):
    """Drag to the right for a wider window, up for a higher level."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, dragged: Callable[[float, float], None]) -> None:
        self._dragged = dragged
        self._last: tuple[float, float] | None = None

    def enter(self, repaint: Callable[[], None]) -> None:
        """It paints nothing."""

    def leave(self) -> None:
        """Let go."""
        self._last = None

    def mouse_press(self, pointer: Pointer) -> bool:
        """Take hold of the window."""
        self._last = pointer.camera.to_widget(pointer.point)
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """It follows the hand."""
        if self._last is None:
            return False
        x, y = pointer.camera.to_widget(pointer.point)
        self._dragged(x - self._last[0], y - self._last[1])
        self._last = (x, y)
        return True

    def mouse_release(self, _: Pointer) -> bool:
        """Let go."""
        self._last = None
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Nothing to draw."""


class PlaceTool(Tool):
    """Press or drag: the other planes go to that place."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, under: Under, placed: Callable[[Place], None]) -> None:
        self._under, self._placed = under, placed
        self._drags = False

    def enter(self, repaint: Callable[[], None]) -> None:
        """It paints nothing."""

    def leave(self) -> None:
        """Let go."""
        self._drags = False

    def mouse_press(self, pointer: Pointer) -> bool:
        """Go there."""
        self._drags = True
        return self._go(pointer)

    def mouse_move(self, pointer: Pointer) -> bool:
        """Go on."""
        return self._drags and self._go(pointer)

    def mouse_release(self, _: Pointer) -> bool:
        """Stay there."""
        self._drags = False
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Nothing to draw: a layer draws the cross-hairs."""

    def _go(self, pointer: Pointer) -> bool:
        shown = self._under()
        if shown is not None:
            self._placed(shown.to_patient(pointer.point))
        return True
