"""Scores of one class as a heatmap that grows while a run goes on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter

from ml.geometry import Point
from ml.results.heatmap import colorize
from ml.results.scores import ScorePart, Scores
from viewer.canvas.camera import Camera
from viewer.canvas.layer import Layer, clip_on_slide, to_widget_rect
from viewer.canvas.patch_paint import ColorRaster

_SKIPPED = QColor(110, 110, 120, 120)
_HATCH_FROM = 5.0  # widget px: smaller cells get an even grey in place of a hatching


class HeatmapLayer(Layer):
    """One class of `Scores`. Cells below the threshold are transparent; skipped background is hatched.

    The scores are the caller's: call `put` after new ones are in them.
    """

    def __init__(
        self, scores: Scores, class_index: int, threshold: float = 0.5, colormap: str = "viridis"
    ) -> None:
        super().__init__()
        self._scores = scores
        self._class_index = class_index
        self._threshold = threshold
        self._colormap = colormap
        self._raster = ColorRaster(scores.grid.rows, scores.grid.columns, scores.grid.bounds)
        self._skipped = _runs(scores.grid.inside & ~scores.grid.kept)
        self._color_all()

    @property
    def class_index(self) -> int:
        """Which class is shown."""
        return self._class_index

    @property
    def threshold(self) -> float:
        """The least probability that is shown."""
        return self._threshold

    @property
    def colormap(self) -> str:
        """Name of the colour map."""
        return self._colormap

    def put(self, part: ScorePart) -> None:
        """Scores of these patches are new: only their cells are coloured and repainted."""
        if not len(part.rows):
            return
        values = self._scores.values[part.rows, part.columns, self._class_index]
        self._raster.put(part.rows, part.columns, self._colors(values))
        grid = self._scores.grid
        first = grid.rect(int(part.rows.min()), int(part.columns.min()))
        self.changed.emit(first.union(grid.rect(int(part.rows.max()), int(part.columns.max()))))

    def set_class(self, class_index: int) -> None:
        """Show another class."""
        if class_index != self._class_index:
            self._class_index = class_index
            self._recolor()

    def set_threshold(self, threshold: float) -> None:
        """Show only what is at least as probable."""
        if threshold != self._threshold:
            self._threshold = threshold
            self._recolor()

    def set_colormap(self, colormap: str) -> None:
        """Show it in other colours."""
        if colormap != self._colormap:
            self._colormap = colormap
            self._recolor()

    def value_at(self, point: Point) -> float | None:
        """The probability under a place, also below the threshold; None where nothing was scored."""
        found = self._scores.at(point)
        return None if found is None else float(found[self._class_index])

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Hatch what was skipped, then draw the cells with their true edges."""
        self._paint_skipped(painter, camera)
        self._raster.paint(painter, camera, smooth=False)

    def _paint_skipped(self, painter: QPainter, camera: Camera) -> None:
        grid = self._scores.grid
        clip = clip_on_slide(painter, camera, 2)
        first = int((clip.y - grid.origin.y) // grid.patch.height)
        last = int((clip.bottom - grid.origin.y) // grid.patch.height) + 1
        low, high = np.searchsorted(self._skipped[:, 0], (first, last))
        hatched = grid.patch.height * camera.scale >= _HATCH_FROM
        style = Qt.BrushStyle.BDiagPattern if hatched else Qt.BrushStyle.SolidPattern
        color = _SKIPPED if hatched else QColor(_SKIPPED.red(), _SKIPPED.green(), _SKIPPED.blue(), 45)
        # The pattern hangs on the slide, so that it moves with it.
        x_widget, y_widget = camera.to_widget(Point(0, 0))
        painter.setBrushOrigin(QPointF(round(x_widget) % 8, round(y_widget) % 8))
        for row, start, end in self._skipped[low:high]:
            run = grid.rect(int(row), int(start)).union(grid.rect(int(row), int(end) - 1))
            if not run.intersection(clip).is_empty:
                painter.fillRect(to_widget_rect(camera, run), QBrush(color, style))

    def _recolor(self) -> None:
        self._color_all()
        self.changed.emit(self._scores.grid.bounds)

    def _color_all(self) -> None:
        values = self._scores.values[..., self._class_index]
        self._raster.put(slice(None), slice(None), self._colors(values))

    def _colors(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        # The layer's own opacity comes on top when it is painted.
        return colorize(values, self._threshold, 1.0, self._colormap)


def _runs(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Unbroken stretches of a mask's rows: (n, 3) row, first column, column after the last; by row."""
    padded = np.pad(mask.astype(np.int8), ((0, 0), (1, 1)))
    steps = np.diff(padded, axis=1)
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]
    runs: NDArray[np.intp] = np.stack([rows, starts, ends], axis=1)
    return runs
