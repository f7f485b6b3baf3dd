"""A grid of squares of a known size over the slide, to count in."""

from __future__ import annotations

import math

from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QPainter, QPen

from ml.geometry import Point, Rect, Spacing
from ml.slide.slide import KnownSpacing
from viewer.canvas.camera import Camera
from viewer.canvas.layer import Layer, clip_on_slide

_LEAST = 5.0  # widget px: finer cells would hide the tissue


class GridLayer(Layer):
    """Hidden until it is wanted. Its lines begin at the slide's corner, so that a cell is always the same."""

    def __init__(self, bounds: Rect) -> None:
        super().__init__()
        self._bounds = bounds
        self._spacing: Spacing | None = None
        self.cell_um = 100.0
        self.set_visible(False)

    def set_spacing(self, known: KnownSpacing | None) -> None:
        """How large a pixel is; without it there is no grid."""
        self._spacing = None if known is None else known.spacing
        self.changed.emit(None)

    def set_cell(self, cell_um: float) -> None:
        """Cells of so many µm."""
        if cell_um != self.cell_um:
            self.cell_um = cell_um
            self.changed.emit(None)

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The lines that are in view, where there is room for them."""
        spacing = self._spacing
        if spacing is None:
            return
        cell_x, cell_y = self.cell_um / spacing.x, self.cell_um / spacing.y
        if min(cell_x, cell_y) * camera.scale < _LEAST:
            return
        clip = clip_on_slide(painter, camera, 2).intersection(self._bounds)
        left, top = camera.to_widget(Point(clip.x, clip.y))
        right, bottom = camera.to_widget(Point(clip.right, clip.bottom))
        lines = []
        for number in range(math.ceil(clip.x / cell_x), math.floor(clip.right / cell_x) + 1):
            x = camera.to_widget(Point(number * cell_x, 0))[0]
            lines.append(QLineF(x, top, x, bottom))
        for number in range(math.ceil(clip.y / cell_y), math.floor(clip.bottom / cell_y) + 1):
            y = camera.to_widget(Point(0, number * cell_y))[1]
            lines.append(QLineF(left, y, right, y))
        for color, width in ((QColor(255, 255, 255, 120), 2.4), (QColor(20, 20, 24, 190), 1.0)):
            painter.setPen(QPen(color, width))
            painter.drawLines(lines)
