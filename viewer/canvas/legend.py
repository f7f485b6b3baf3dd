"""What the colours over the slide mean, always in view while there are any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from ml.results.heatmap import DIVERGING, colorize

_RAMP = QSize(150, 10)  # widget px
_PAD = 8.0
_GAP = 4.0


@dataclass(frozen=True, slots=True)
class LegendLine:
    """One colour map: title ("Probability of “high”"), its ends in words, and where it begins to count."""

    title: str
    colormap: str
    ends: tuple[str, str]
    threshold: float | None = None


class Legend(QWidget):
    """A quiet plate in the upper left corner of a view. Hides while there is nothing to explain."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: tuple[LegendLine, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.move(12, 12)
        self.hide()

    def set_lines(self, lines: Sequence[LegendLine]) -> None:
        """Explain these, the uppermost first."""
        lines = tuple(lines)
        if lines == self.lines:
            return
        self.lines = lines
        self.setAccessibleName("Legend: " + "; ".join(line.title for line in lines))
        self.resize(self.sizeHint())
        self.setVisible(bool(lines))
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as the longest title, and no less than a ramp."""
        metrics = QFontMetricsF(self.font())
        widest = max((metrics.horizontalAdvance(line.title) for line in self.lines), default=0.0)
        height = len(self.lines) * self._height_of_line(metrics) + (len(self.lines) + 1) * _PAD
        return QSize(round(max(widest, _RAMP.width()) + 2 * _PAD), round(height))

    def paintEvent(self, _: QPaintEvent) -> None:
        """A plate like the scale bar's, with one ramp under the other."""
        dark = self.palette().color(QPalette.ColorRole.Window).lightness() < 128
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(30, 30, 32, 205) if dark else QColor(255, 255, 255, 215))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        ink = QColor(240, 240, 240) if dark else QColor(25, 25, 28)
        metrics = QFontMetricsF(self.font())
        y = _PAD
        for line in self.lines:
            self._paint_line(painter, line, y, metrics, ink)
            y += self._height_of_line(metrics) + _PAD
        painter.end()

    def _paint_line(
        self, painter: QPainter, line: LegendLine, y: float, metrics: QFontMetricsF, ink: QColor
    ) -> None:
        painter.setPen(ink)
        painter.drawText(QPointF(_PAD, y + metrics.ascent()), line.title)
        ramp = QRectF(_PAD, y + metrics.height() + _GAP / 2, _RAMP.width(), _RAMP.height())
        painter.drawImage(ramp, ramp_image(line.colormap, line.threshold))
        if line.threshold is not None:
            x = round(ramp.left() + line.threshold * ramp.width())
            painter.setPen(QPen(ink, 2))
            painter.drawLine(QPointF(x, ramp.top() - 2), QPointF(x, ramp.bottom() + 2))
        painter.setPen(ink)
        room = QRectF(ramp.left(), ramp.bottom() + _GAP / 2, ramp.width(), metrics.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, line.ends[0])
        painter.drawText(room, Qt.AlignmentFlag.AlignRight, line.ends[1])

    def _height_of_line(self, metrics: QFontMetricsF) -> float:
        return 2 * metrics.height() + _RAMP.height() + _GAP


def ramp_image(colormap: str, threshold: float | None = None) -> QImage:
    """The colours of 0 to 1 side by side, opaque: 256 × 1 px. A diverging map turns at the threshold."""
    values = np.linspace(0, 1, 256, dtype=np.float32)[np.newaxis]
    turn = threshold if threshold is not None and colormap in DIVERGING else 0.0
    rgba = np.ascontiguousarray(colorize(values, turn, 1.0, colormap))
    rgba[..., 3] = 255
    return QImage(rgba.data, 256, 1, 4 * 256, QImage.Format.Format_RGBA8888).copy()
