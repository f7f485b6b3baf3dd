"""How an unfinished drawing looks: seen on white, on dark tissue and on both at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from ml.annotation.bending import Affine
from ml.annotation.shapes import Shape
from ml.annotation.snapping import Caught
from ml.geometry import Point
from viewer.canvas.camera import Camera
from viewer.canvas.long_lines import draw_line
from viewer.theme.colors import LIGHT

LEAST_WIDGET_PX = 4.0
"""What is smaller than this on the screen was a click, not a drawing."""

_UNSEEN = 0.4  # widget px that a sketch may be off the shape
_LONG = 400  # places from which on a sketch is made of fewer
_STILL = Affine()


def sketch_pens() -> tuple[QPen, QPen]:
    """A light line underneath and a coloured one on top; draw with both, in this order."""
    under = QPen(QColor(255, 255, 255, 200), 4)
    over = QPen(QColor(LIGHT.accent), 2)
    for pen in (under, over):
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setCosmetic(True)
    return under, over


def warning_pens() -> tuple[QPen, QPen]:
    """The same for what cannot be: dashed, in amber."""
    under, over = sketch_pens()
    over.setColor(QColor(LIGHT.warning))
    over.setStyle(Qt.PenStyle.DashLine)
    return under, over


def sketch_path(shape: Shape, scale: float) -> QPainterPath:
    """The outline in level-0 px, no finer than can be seen at a scale."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.OddEvenFill)
    if shape.kind == "points":
        return path
    for ring in shape.rings:
        places = [(p.x, p.y) for p in ring]
        if len(places) > _LONG:
            line = shapely.LineString(places).simplify(_UNSEEN / scale, preserve_topology=False)
            places = shapely.get_coordinates(line).tolist()
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in places]))
        if shape.is_area:
            path.closeSubpath()
    return path


def lines_path(lines: Sequence[NDArray[np.float64]], scale: float) -> QPainterPath:
    """Open lines, each (places, x and y) in level-0 px, as a path no finer than can be seen at a scale."""
    path = QPainterPath()
    for places in lines:
        line = shapely.LineString(places).simplify(_UNSEEN / scale, preserve_topology=False)
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in shapely.get_coordinates(line).tolist()]))
    return path


def paint_path(
    painter: QPainter,
    camera: Camera,
    path: QPainterPath,
    way: Affine = _STILL,
    pens: Sequence[QPen] | None = None,
) -> None:
    """Draw a path in level-0 px, moved, turned or stretched."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    x_widget, y_widget = camera.to_widget(Point(0, 0))
    painter.translate(x_widget, y_widget)
    painter.scale(camera.scale, camera.scale)
    painter.setTransform(QTransform(way.xx, way.yx, way.xy, way.yy, way.dx, way.dy), combine=True)
    for pen in pens or sketch_pens():
        painter.setPen(pen)
        draw_line(painter, path)
    painter.restore()


def paint_line(painter: QPainter, camera: Camera, places: Sequence[Point], *, dashed: bool = False) -> None:
    """Draw an open line through some places; dashed, as it would go on."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    line = QPolygonF([QPointF(*camera.to_widget(place)) for place in places])
    under, over = sketch_pens()
    if dashed:
        over.setWidthF(1)
        over.setStyle(Qt.PenStyle.DashLine)
    for pen in (over,) if dashed else (under, over):
        painter.setPen(pen)
        painter.drawPolyline(line)


def paint_dots(painter: QPainter, camera: Camera, places: Sequence[Point]) -> None:
    """Small squares at places that were clicked."""
    painter.setPen(sketch_pens()[1])
    painter.setBrush(QColor(255, 255, 255))
    for place in places:
        x, y = camera.to_widget(place)
        painter.drawRect(QRectF(x - 3, y - 3, 6, 6))


def paint_caught(painter: QPainter, camera: Camera, held: Caught | None) -> None:
    """Show what catches: a ring about the corner, or the line and a ring on it."""
    if held is None:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    x, y = camera.to_widget(held.place)
    for color, width in ((QColor(255, 255, 255, 230), 5.0), (QColor(LIGHT.warning), 2.5)):
        painter.setPen(QPen(color, width))
        if held.line is not None:
            painter.drawLine(*(QPointF(*camera.to_widget(end)) for end in held.line))
            painter.drawEllipse(QPointF(x, y), 5, 5)
        else:
            painter.drawRect(QRectF(x - 6, y - 6, 12, 12))
