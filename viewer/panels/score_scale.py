"""Legend, histogram and threshold in one: the scores from 0 to 1 in the heatmap's own colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ml.report.words import number
from viewer.canvas.legend import ramp_image
from viewer.panels.pieces import GRID, named

BINS = 50
_STEP, _LEAP = 0.01, 0.1
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_BAR = 3 * GRID  # px: height of the colour bar
_PLOT = 16 * GRID  # px: height of the histogram


class ScoreScale(QWidget):
    """How many patches have which score, over the colour bar; drag the mark to move the threshold.

    A count is drawn by its square root, so that a few high scores are seen beside thousands of low ones.
    """

    threshold_moved = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: NDArray[np.intp] = np.zeros(BINS, dtype=np.intp)
        self._colormap = "viridis"
        self._bar = QImage()
        self._threshold = 0.5
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        named(self, "Scores and threshold", "How many patches have which score; drag to move the threshold")

    def set_scores(self, scores: NDArray[np.float32]) -> None:
        """Count these (any shape, 0..1, NaN left out)."""
        known = scores[~np.isnan(scores)]
        self._counts = np.histogram(known, bins=BINS, range=(0, 1))[0]
        self.update()

    @property
    def counts(self) -> NDArray[np.intp]:
        """How many patches in each of `BINS` equal steps from 0 to 1."""
        return self._counts

    def set_threshold(self, threshold: float) -> None:
        """Move the mark, without telling it back."""
        if threshold != self._threshold:
            self._threshold = threshold
            self._bar = QImage()  # a diverging map turns at the threshold
            self.setAccessibleDescription(f"Threshold {number(threshold)}")
            self.update()

    def set_colormap(self, name: str) -> None:
        """Show the colours of the heatmap."""
        if name != self._colormap:
            self._colormap = name
            self._bar = QImage()
            self.update()

    def sizeHint(self) -> QSize:
        """Histogram, colour bar, numbers."""
        return QSize(60 * GRID, _PLOT + _BAR + GRID + self.fontMetrics().height())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the threshold to where the pointer is."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._move(self._score_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the threshold."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._move(self._score_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys move the threshold by a hundredth, page keys by a tenth."""
        steps = {
            Qt.Key.Key_Left: -_STEP,
            Qt.Key.Key_Right: _STEP,
            Qt.Key.Key_Down: -_STEP,
            Qt.Key.Key_Up: _STEP,
            Qt.Key.Key_PageDown: -_LEAP,
            Qt.Key.Key_PageUp: _LEAP,
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._move(self._threshold + step)

    def paintEvent(self, _: QPaintEvent) -> None:
        """Bars, colour bar, numbers, and the mark over all of them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self._room()
        if self._bar.isNull():
            self._bar = ramp_image(self._colormap, self._threshold)
        self._paint_bars(painter, room)
        painter.drawImage(QRectF(room.left(), _PLOT, room.width(), _BAR), self._bar)
        self._paint_numbers(painter, room)
        self._paint_mark(painter, room)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Highlight), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.end()

    def _room(self) -> QRectF:
        edge = 2 * GRID
        return QRectF(edge, GRID, max(1, self.width() - 2 * edge), _PLOT - GRID)

    def _paint_bars(self, painter: QPainter, room: QRectF) -> None:
        most = int(self._counts.max())
        if not most:
            return
        wide = room.width() / BINS
        strong = self.palette().color(QPalette.ColorRole.WindowText)
        faint = QColor(strong)
        faint.setAlpha(85)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, count in enumerate(self._counts):
            if count:
                tall = max(1.5, room.height() * float(np.sqrt(count / most)))
                above = (place + 1) / BINS > self._threshold
                left = room.left() + place * wide
                bar = QRectF(left, room.bottom() - tall, max(1.0, wide - 0.5), tall)
                painter.fillRect(bar, strong if above else faint)

    def _paint_numbers(self, painter: QPainter, room: QRectF) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
        line = self.fontMetrics().height()
        for tick in _TICKS:
            text = f"{tick:g}"
            wide = self.fontMetrics().horizontalAdvance(text)
            x = room.left() + tick * room.width() - wide / 2
            x = min(max(x, 0.0), float(self.width() - wide))
            box = QRectF(x, _PLOT + _BAR + GRID / 2, wide + 1, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_mark(self, painter: QPainter, room: QRectF) -> None:
        x = room.left() + self._threshold * room.width()
        color = self.palette().color(QPalette.ColorRole.WindowText)
        ground = self.palette().color(QPalette.ColorRole.Window)
        for pen in (QPen(ground, 4), QPen(color, 2)):
            painter.setPen(pen)
            painter.drawLine(QPointF(x, 2), QPointF(x, _PLOT + _BAR))
        painter.setPen(QPen(ground, 1))
        painter.setBrush(color)
        painter.drawPolygon(QPolygonF([QPointF(x - 6, 0), QPointF(x + 6, 0), QPointF(x, 8)]))

    def _score_at(self, x_widget: float) -> float:
        room = self._room()
        return (x_widget - room.left()) / room.width()

    def _move(self, threshold: float) -> None:
        threshold = round(min(max(threshold, 0.0), 1.0), 2)
        if threshold != self._threshold:
            self.set_threshold(threshold)
            self.threshold_moved.emit(threshold)
