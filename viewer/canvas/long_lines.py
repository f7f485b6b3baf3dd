"""Outlines of tens of thousands of places, drawn piece by piece: Qt strokes a long line in quadratic time."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF

_LONG = 400  # elements of a path from which on it is drawn in pieces
_PIECE = 32  # places of a piece


def draw_line(painter: QPainter, path: QPainterPath) -> None:
    """The same as `drawPath` without a brush. Corners of long lines are cut: they are finer than the pen."""
    if path.elementCount() <= _LONG:
        painter.drawPath(path)
        return
    pen = painter.pen()
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    painter.save()
    painter.setPen(pen)
    for polygon in path.toSubpathPolygons():
        for start in range(0, polygon.size() - 1, _PIECE):
            painter.drawPolyline(QPolygonF(polygon.mid(start, _PIECE + 1)))
    painter.restore()
