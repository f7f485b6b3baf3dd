"""The resting tool on CT: a drag moves the picture, a click selects, what was measured can be changed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter

from ml.geometry import Point
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer, Tool
from viewer.ct.measure_layer import MeasureLayer, paint_measurement, words_of
from viewer.ct.measure_tools import Under, measured
from viewer.ct.plane import Shown
from viewer.state.measurements import Measurement
from viewer.state.opened_series import OpenedSeries

_AT = 9.0  # widget px round an end or a corner that take hold of it


class HandTool(Tool):
    """Drag an end or a corner to move it, a line to move all of it; anything else moves the picture.

    A change is an edit that can be undone; Esc drops one that is under way.
    """

    cursor = Qt.CursorShape.OpenHandCursor

    def __init__(self, layer: MeasureLayer, opened: OpenedSeries, under: Under) -> None:
        self._layer, self._opened, self._under = layer, opened, under
        self._held: Measurement | None = None
        self._changed: Measurement | None = None
        self._move: Callable[[Point], list[Point]] = lambda _: []

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        self._held = self._changed = None
        self._layer.hide_one(None)

    def mouse_press(self, pointer: Pointer) -> bool:
        """Select what is there and take hold of it; where there is nothing, the press is the view's."""
        shown = self._under()
        key = self._layer.hit(pointer.point, pointer.tolerance())
        self._opened.measurements.select(key)
        self._held = self._opened.measurements.find(key)
        if self._held is None or shown is None:
            return False
        self._move = _mover(self._held, shown, pointer.point, _AT / pointer.camera.scale)
        return True

    def mouse_move(self, pointer: Pointer) -> bool:
        """It follows the hand."""
        shown = self._under()
        if self._held is None or shown is None:
            return False
        made = measured(self._held.kind, shown, self._move(pointer.point))
        if made is not None:
            self._changed = replace(made, id=self._held.id)
            self._layer.hide_one(self._held.id)
        return True

    def mouse_release(self, _: Pointer) -> bool:
        """Keep the change."""
        held, changed = self._held, self._changed
        self.leave()
        if held is not None and changed is not None and changed.places != held.places:
            self._opened.change(held, changed)
        return True

    def key_press(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc leaves it as it was."""
        if key != Qt.Key.Key_Escape or self._held is None:
            return False
        self.leave()
        return True

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The measurement as it would be."""
        shown, changed = self._under(), self._changed
        if shown is None or changed is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        points = [shown.to_plane(place) for place in changed.places]
        words = words_of(changed, sized=self._opened.sized)
        paint_measurement(painter, camera, changed.kind, points, words, chosen=True)


def _mover(
    measurement: Measurement, shown: Shown, start: Point, near: float
) -> Callable[[Point], list[Point]]:
    """Where the places are when what was held at `start` is somewhere else."""
    points = [shown.to_plane(place) for place in measurement.places]
    ends = points
    if measurement.kind in {"rectangle", "ellipse"}:
        one, two = points
        ends = [one, Point(two.x, one.y), two, Point(one.x, two.y)]
    away = [math.dist((end.x, end.y), (start.x, start.y)) for end in ends]
    nearest = away.index(min(away))
    if away[nearest] > near:
        return lambda now: [Point(p.x + now.x - start.x, p.y + now.y - start.y) for p in points]
    if len(ends) == 4:
        opposite = ends[(nearest + 2) % 4]
        return lambda now: [opposite, now]
    return lambda now: [now if place == nearest else point for place, point in enumerate(points)]
