"""A stitched Grad-CAM map, smooth, with its own opacity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from ml.geometry import Point
from ml.results.cam import CamMap, CamPart
from ml.results.heatmap import colorize
from viewer.canvas.camera import Camera
from viewer.canvas.layer import Layer
from viewer.canvas.patch_paint import ColorRaster

_SAMPLE = 50_000  # raw values that the running estimate of the scale is made from
_RECOLOR = 1.1  # change of the scale that is worth colouring everything again


class CamLayer(Layer):
    """One `CamMap`. The map is the caller's: call `put` after a part is in it, `settle` after the last.

    All patches share one scale. While parts come it is estimated from a sample, and everything is coloured
    again only when it moved by a tenth; `settle` takes the map's exact one.
    """

    def __init__(self, cam: CamMap, colormap: str = "magma") -> None:
        super().__init__()
        self._cam = cam
        self.colormap = colormap
        self._scale = cam.scale
        self._sample = cam.values[~np.isnan(cam.values)][:_SAMPLE]
        rows, columns = cam.values.shape
        self._raster = ColorRaster(rows, columns, cam.grid.bounds)
        self._color_all()

    @property
    def class_index(self) -> int:
        """Which class is explained."""
        return self._cam.class_index

    def put(self, part: CamPart) -> None:
        """Maps of these patches are new: only their cells are coloured, unless the scale moved."""
        if not len(part.rows):
            return
        grid, cells = self._cam.grid, self._cam.cells
        if self._scale_moved(part):
            self._color_all()
            self.changed.emit(grid.bounds)
            return
        for row, column in zip(part.rows, part.columns, strict=True):
            rows = slice(int(row) * cells, (int(row) + 1) * cells)
            columns = slice(int(column) * cells, (int(column) + 1) * cells)
            self._raster.put(rows, columns, self._colors(self._cam.values[rows, columns]))
        first = grid.rect(int(part.rows.min()), int(part.columns.min()))
        last = grid.rect(int(part.rows.max()), int(part.columns.max()))
        # Smoothing reaches half a cell into the neighbours.
        self.changed.emit(first.union(last).grown(max(grid.patch.width, grid.patch.height) / cells))

    def settle(self) -> None:
        """The run is over: take the exact scale."""
        if self._cam.scale != self._scale:
            self._scale = self._cam.scale
            self._color_all()
            self.changed.emit(self._cam.grid.bounds)

    def value_at(self, point: Point) -> float | None:
        """The shown value, 0..1, under a place; None where no map was made."""
        bounds = self._cam.grid.bounds
        if not bounds.holds(point):
            return None
        rows, columns = self._cam.values.shape
        row = int((point.y - bounds.y) / bounds.height * rows)
        column = int((point.x - bounds.x) / bounds.width * columns)
        value = float(self._cam.values[row, column])
        return None if np.isnan(value) else min(value / self._scale, 1.0)

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Draw the map smoothly."""
        self._raster.paint(painter, camera, smooth=True)

    def _scale_moved(self, part: CamPart) -> bool:
        values = part.values[~np.isnan(part.values)].ravel()
        sample = np.concatenate([self._sample, values])
        self._sample = sample[:: -(-sample.size // _SAMPLE)] if sample.size else sample
        top = float(np.percentile(self._sample, 99)) if self._sample.size else 0.0
        estimate = top if top > 0 else 1.0
        moved = not 1 / _RECOLOR < estimate / self._scale < _RECOLOR
        if moved:
            self._scale = estimate
        return moved

    def _color_all(self) -> None:
        self._raster.put(slice(None), slice(None), self._colors(self._cam.values))

    def _colors(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        shown = np.clip(values / np.float32(self._scale), 0, 1)
        return colorize(shown, 0.0, 1.0, self.colormap)
