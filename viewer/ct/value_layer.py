"""Values over slices in colours: where a network looked, or how sure it is. Scrolls with the slice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage, QPainter

from ml.geometry import Point
from ml.results.heatmap import colorize
from viewer.canvas.camera import Camera
from viewer.canvas.layer import to_widget_rect
from viewer.ct.plane_layer import PlaneLayer

_KEPT = 64  # coloured slices


class ValueLayer(PlaneLayer):
    """One raster of 0..1 for each slice that has one, (rows, columns) float32 over the whole slice.

    What is nan is not painted. Only acquired slices show it, not planes across them.
    """

    def __init__(self, maps: Mapping[int, NDArray[np.float32]], colormap: str = "magma") -> None:
        super().__init__()
        self._maps = dict(maps)
        self.colormap = colormap
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self.set_opacity(0.6)

    def put(self, slice_: int, values: NDArray[np.float32]) -> None:
        """The values of one slice are new."""
        self._maps[slice_] = values
        self._images.pop(slice_, None)
        self.changed.emit(None)

    def value_at(self, point: Point) -> float | None:
        """The value under a place of the plane."""
        if self.shown is None or self.shown.slice_ not in self._maps or not self.shown.bounds.holds(point):
            return None
        values, bounds = self._maps[self.shown.slice_], self.shown.bounds
        row = int(point.y / bounds.height * values.shape[0])
        found = float(values[row, int(point.x / bounds.width * values.shape[1])])
        return None if np.isnan(found) else found

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Draw the slice's values smoothly."""
        if self.shown is None or self.shown.slice_ not in self._maps:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(to_widget_rect(camera, self.shown.bounds), self._image(self.shown.slice_))

    def _image(self, slice_: int) -> QImage:
        image = self._images.pop(slice_, None)
        if image is None:
            rgba = np.ascontiguousarray(colorize(self._maps[slice_], 0.0, 1.0, self.colormap))
            height, width = rgba.shape[:2]
            made = QImage(rgba.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
            image = made.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        self._images[slice_] = image
        while len(self._images) > _KEPT:
            self._images.popitem(last=False)
        return image
