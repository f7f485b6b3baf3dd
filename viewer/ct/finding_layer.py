"""Boxes around the bright parts of the maps of a series: where a finding may be looked for."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from ml.geometry import Rect
from viewer.canvas.camera import Camera
from viewer.canvas.layer import to_widget_rect
from viewer.ct.plane_layer import PlaneLayer

_LINE, _UNDER = QColor(255, 176, 0), QColor(0, 0, 0, 170)


class FindingLayer(PlaneLayer):
    """Rectangles in px of the slices, for acquired slices alone."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self._rows, self._columns = size
        self._boxes: dict[int, tuple[Rect, ...]] = {}

    def put(self, slice_: int, boxes: tuple[Rect, ...]) -> None:
        """The boxes of one slice are new."""
        self._boxes[slice_] = boxes
        self.changed.emit(None)

    def here(self) -> tuple[Rect, ...]:
        """Boxes of the slice that is shown, px."""
        if self.shown is None or self.shown.slice_ is None:
            return ()
        return self._boxes.get(self.shown.slice_, ())

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Bright over dark, so that they are seen on bone and on air."""
        if self.shown is None:
            return
        bounds = self.shown.bounds
        x, y = bounds.width / self._columns, bounds.height / self._rows
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for box in self.here():
            place = Rect(bounds.x + box.x * x, bounds.y + box.y * y, box.width * x, box.height * y)
            target: QRectF = to_widget_rect(camera, place)
            for color, width in ((_UNDER, 4), (_LINE, 2)):
                painter.setPen(QPen(color, width))
                painter.drawRect(target)
