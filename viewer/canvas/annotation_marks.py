"""What is drawn with a line that says something: a ruler's ends, an arrow's head, an angle's arc, numbers."""

from __future__ import annotations

import math

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from ml.annotation.measured import angle_of, length_of, means_of, middle_of
from ml.annotation.shapes import Annotation
from ml.geometry import Spacing
from ml.report.words import SPACE, length
from viewer.canvas.camera import Camera
from viewer.canvas.plate import paint_plate

_TICK = 6.0  # widget px of the lines across a ruler's ends
_HEAD = 13.0  # widget px of an arrow's head
_ARC = 22.0  # widget px, the radius of an angle's arc
_WORDS_FROM = 24.0  # widget px: a shorter line shows no number


def words_of(annotation: Annotation, spacing: Spacing | None) -> str:
    """ "212 µm" or "424 px" of a ruler, "41.5°" of an angle; empty for anything else."""
    means, ring = means_of(annotation), annotation.shape.rings[0]
    if means == "ruler":
        far = length_of(ring, spacing)
        return f"{far:,.0f}{SPACE}px" if spacing is None else length(far)
    if means == "angle":
        degrees = angle_of(ring, spacing)
        return "" if math.isnan(degrees) else f"{degrees:.1f}°"
    return ""


def paint_marks(
    painter: QPainter, camera: Camera, annotation: Annotation, color: QColor, spacing: Spacing | None
) -> None:
    """Draw them over the line of an annotation; nothing for a plain shape."""
    means = means_of(annotation)
    if means not in {"ruler", "angle", "arrow"}:
        return
    places = [QPointF(*camera.to_widget(place)) for place in annotation.shape.rings[0]]
    for line, width in ((QColor(255, 255, 255, 230), 4.4), (color, 2.0)):
        painter.setPen(QPen(line, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        if means == "arrow":
            paint_arrow_head(painter, places[-2], places[-1])
        elif means == "ruler":
            paint_ticks(painter, places[0], places[-1])
        else:
            paint_arc(painter, *places[:3])
    words, box = words_of(annotation, spacing), QPolygonF(places).boundingRect()
    if words and max(box.width(), box.height()) >= _WORDS_FROM:
        ring = annotation.shape.rings[0]
        at = places[1] if means == "angle" else QPointF(*camera.to_widget(middle_of(ring)))
        paint_plate(painter, at, words)


def paint_ticks(painter: QPainter, start: QPointF, end: QPointF) -> None:
    """A short line across each end."""
    way = end - start
    far = math.hypot(way.x(), way.y())
    if far >= 1:
        across = QPointF(-way.y(), way.x()) * (_TICK / far)
        for place in (start, end):
            painter.drawLine(place - across, place + across)


def paint_arrow_head(painter: QPainter, before: QPointF, tip: QPointF) -> None:
    """Two short lines back from the tip."""
    line = QLineF(tip, before)
    if line.length() < 1:
        return
    for turn in (-28.0, 28.0):
        side = QLineF(line)
        side.setLength(min(_HEAD, line.length()))
        side.setAngle(line.angle() + turn)
        painter.drawLine(side)


def paint_arc(painter: QPainter, one: QPointF, corner: QPointF, other: QPointF) -> None:
    """The arc between the two ways from a corner, the short way round."""
    start, end = QLineF(corner, one).angle(), QLineF(corner, other).angle()
    span = (end - start + 180) % 360 - 180
    painter.setBrush(Qt.BrushStyle.NoBrush)
    frame = QRectF(corner.x() - _ARC, corner.y() - _ARC, 2 * _ARC, 2 * _ARC)
    painter.drawArc(frame, round(start * 16), round(span * 16))
