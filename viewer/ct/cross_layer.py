"""Cross-hairs: where the other two planes cut through this one."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from ml.ct_measure import Place
from viewer.canvas.camera import Camera
from viewer.ct.plane_layer import PlaneLayer

_GAP = 14.0  # widget px left free around the place itself


class CrossLayer(PlaneLayer):
    """Two lines through a place in the patient, with a gap so that the place can be seen."""

    def __init__(self) -> None:
        super().__init__()
        self._place: Place | None = None

    def set_place(self, place: Place | None) -> None:
        """Cross there; None: not at all."""
        if place != self._place:
            self._place = place
            self.changed.emit(None)

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Thin lines, dark under bright."""
        if self.shown is None or self._place is None:
            return
        x, y = camera.to_widget(self.shown.to_plane(self._place))
        lines = (
            (QPointF(0, y), QPointF(x - _GAP, y)),
            (QPointF(x + _GAP, y), QPointF(camera.width, y)),
            (QPointF(x, 0), QPointF(x, y - _GAP)),
            (QPointF(x, y + _GAP), QPointF(x, camera.height)),
        )
        for color, width in ((QColor(0, 0, 0, 130), 2.5), (QColor(90, 200, 250, 190), 1.0)):
            painter.setPen(QPen(color, width))
            for start, end in lines:
                painter.drawLine(start, end)
