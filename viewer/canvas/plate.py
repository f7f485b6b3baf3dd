"""Words over the picture, on a light plate that stands upright however the picture is turned."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from viewer.canvas.layer import standing


def paint_plate(painter: QPainter, at: QPointF, text: str) -> None:
    """Words to the right of and below a place, given in the painter's own frame."""
    with standing(painter, QRectF(at, at)) as place:
        metrics = QFontMetricsF(painter.font())
        plate = QRectF(0, 0, metrics.horizontalAdvance(text) + 10, metrics.height() + 4)
        plate.moveTopLeft(place.topLeft() + QPointF(12, 12))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(255, 255, 255, 225))
        painter.drawRoundedRect(plate, 3, 3)
        painter.setPen(QColor(20, 20, 24))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
