"""Boxes around what an analysis found, and what the person decided about each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from ml.annotation.shapes import Color
from ml.geometry import Point
from ml.palette import class_color
from ml.results.boxes import Box
from viewer.canvas.camera import Camera
from viewer.canvas.layer import Layer, clip_on_slide, standing, to_widget_rect

Verdict = Literal["open", "accepted", "rejected"]

_TAG_FROM = 26.0  # widget px: smaller boxes carry no tag, unless selected
_LEAST = 5.0  # widget px: a smaller box is drawn as large as this, never dropped
_LABEL_WIDTH = 220.0  # widget px beside a box that its tag may take
_PENS = {"open": Qt.PenStyle.DashLine, "accepted": Qt.PenStyle.SolidLine, "rejected": Qt.PenStyle.SolidLine}
_WIDTHS = {"open": 2.0, "accepted": 2.6, "rejected": 1.2}


class BoxLayer(Layer):
    """Open boxes are dashed, accepted ones solid with a tick, rejected ones thin with a cross."""

    bleed = _LABEL_WIDTH

    def __init__(self, class_names: tuple[str, ...], colors: tuple[Color, ...] = ()) -> None:
        super().__init__()
        self._class_names = class_names
        self._colors = colors
        self._boxes: tuple[Box, ...] = ()
        self._edges = np.empty((0, 4))  # x, y, right, bottom
        self._verdicts: dict[str, Verdict] = {}
        self._selected: str | None = None

    def set_boxes(self, boxes: tuple[Box, ...], verdicts: Mapping[str, Verdict] | None = None) -> None:
        """Show these; what was decided about boxes is kept unless it is given anew."""
        before = {box.key: box for box in self._boxes}
        after = {box.key: box for box in boxes}
        old_verdicts = self._verdicts
        self._verdicts = dict(verdicts) if verdicts is not None else old_verdicts
        self._boxes = boxes
        edges = [(box.rect.x, box.rect.y, box.rect.right, box.rect.bottom) for box in boxes]
        self._edges = np.array(edges, dtype=np.float64).reshape(-1, 4)
        different = {
            key
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key) or old_verdicts.get(key) != self._verdicts.get(key)
        }
        rects = [found.rect for key in different for found in (before.get(key), after.get(key)) if found]
        if len(rects) > 50:
            self.changed.emit(None)
        for rect in rects if len(rects) <= 50 else ():
            self.changed.emit(rect)

    def set_verdict(self, key: str, verdict: Verdict) -> None:
        """Show what was decided about one box."""
        self._verdicts[key] = verdict
        self._tell_box(key)

    def select(self, key: str | None) -> None:
        """Highlight one box, or none."""
        if key != self._selected:
            old, self._selected = self._selected, key
            self._tell_box(old)
            self._tell_box(key)

    def hit(self, point: Point, tolerance: float) -> str | None:
        """The key of the smallest box at a place."""
        x, y, right, bottom = self._edges.T
        inside = (x - tolerance <= point.x) & (point.x < right + tolerance)
        inside &= (y - tolerance <= point.y) & (point.y < bottom + tolerance)
        found = [self._boxes[i] for i in np.nonzero(inside)[0]]
        return min(found, key=lambda box: box.rect.area).key if found else None

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Draw what is in view, the selected box last."""
        clip = clip_on_slide(painter, camera, _LABEL_WIDTH)
        x, y, right, bottom = self._edges.T
        seen = (right >= clip.x) & (x <= clip.right) & (bottom >= clip.y) & (y <= clip.bottom)
        boxes = sorted((self._boxes[i] for i in np.nonzero(seen)[0]), key=lambda b: b.key == self._selected)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for box in boxes:
            self._paint_box(painter, camera, box)

    def _paint_box(self, painter: QPainter, camera: Camera, box: Box) -> None:
        verdict, chosen = self._verdicts.get(box.key, "open"), box.key == self._selected
        frame = _at_least(to_widget_rect(camera, box.rect), _LEAST)
        color = QColor(*class_color(box.class_index, self._colors))
        width = _WIDTHS[verdict] + (1.2 if chosen else 0.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        halo = QColor(255, 255, 255, 235) if chosen else QColor(20, 20, 20, 150)
        for pen in (QPen(halo, width + (3 if chosen else 2)), QPen(color, width, _PENS[verdict])):
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(frame)
        if verdict == "rejected":
            painter.setPen(QPen(color, 1))
            painter.drawLine(frame.topLeft(), frame.bottomRight())
            painter.drawLine(frame.topRight(), frame.bottomLeft())
        if chosen or min(frame.width(), frame.height()) >= _TAG_FROM:
            with standing(painter, frame) as place:
                self._paint_tag(painter, place, box, verdict, color)

    def _paint_tag(self, painter: QPainter, frame: QRectF, box: Box, verdict: Verdict, color: QColor) -> None:
        """Class and score on a plate above the box, in whichever of black and white reads better on it."""
        sign = {"open": "", "accepted": "✓ ", "rejected": "✗ "}[verdict]
        text = f"{sign}{self._class_names[box.class_index]} {box.score:.2f}"
        metrics = QFontMetricsF(painter.font())
        plate = QRectF(0, 0, metrics.horizontalAdvance(text) + 8, metrics.height() + 2)
        plate.moveBottomLeft(QPointF(frame.left() - 1, frame.top() - 1))
        painter.fillRect(plate, color)
        light = color.red() * 0.30 + color.green() * 0.59 + color.blue() * 0.11 > 140
        painter.setPen(QColor(0, 0, 0) if light else QColor(255, 255, 255))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _tell_box(self, key: str | None) -> None:
        for box in self._boxes:
            if box.key == key:
                self.changed.emit(box.rect)


def _at_least(rect: QRectF, edge: float) -> QRectF:
    grow_x, grow_y = max(0.0, edge - rect.width()) / 2, max(0.0, edge - rect.height()) / 2
    return rect.adjusted(-grow_x, -grow_y, grow_x, grow_y)
