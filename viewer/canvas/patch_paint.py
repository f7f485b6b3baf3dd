"""Painting a raster of values that lies on a patch grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from ml.geometry import Rect
from viewer.canvas.camera import Camera
from viewer.canvas.layer import clip_on_slide, to_widget_rect


class ColorRaster:
    """Colours of rows × columns cells over a rectangle of the slide, changed in place and painted at once."""

    def __init__(self, rows: int, columns: int, bounds: Rect) -> None:
        self.bounds = bounds
        self.rows, self.columns = rows, columns
        self._pixels = np.zeros((rows, columns, 4), dtype=np.uint8)
        # The image looks at the array's memory: what is written there is painted.
        self._image = QImage(
            self._pixels.data, columns, rows, columns * 4, QImage.Format.Format_ARGB32_Premultiplied
        )

    def put(
        self, rows: NDArray[np.intp] | slice, columns: NDArray[np.intp] | slice, rgba: NDArray[np.uint8]
    ) -> None:
        """Set cells to straight RGBA colours: (n, 4) for index arrays, (h, w, 4) for slices."""
        alpha = rgba[..., 3:].astype(np.uint16)
        premultiplied = (rgba[..., :3] * alpha + 127) // 255
        self._pixels[rows, columns, :3] = premultiplied[..., ::-1]  # Qt's 32 bit are B, G, R, A in memory
        self._pixels[rows, columns, 3] = rgba[..., 3]

    def paint(self, painter: QPainter, camera: Camera, *, smooth: bool) -> None:
        """Draw the cells within the clip: with hard edges, or smoothly from middle to middle."""
        clip = clip_on_slide(painter, camera, 2).intersection(self.bounds)
        if clip.is_empty:
            return
        width, height = self.bounds.width / self.columns, self.bounds.height / self.rows
        first_column = max(0, int((clip.x - self.bounds.x) / width) - 1)
        first_row = max(0, int((clip.y - self.bounds.y) / height) - 1)
        last_column = min(self.columns, int((clip.right - self.bounds.x) / width) + 2)
        last_row = min(self.rows, int((clip.bottom - self.bounds.y) / height) + 2)
        columns, rows = last_column - first_column, last_row - first_row
        target = Rect(
            self.bounds.x + first_column * width,
            self.bounds.y + first_row * height,
            columns * width,
            rows * height,
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=smooth)
        source = QRectF(first_column, first_row, columns, rows)
        painter.drawImage(to_widget_rect(camera, target), self._image, source)
