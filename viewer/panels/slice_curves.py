"""Probability of each class over the slices, under the slider and on the same slices."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from ml import palette
from ml.report.words import percent
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, named
from viewer.panels.slice_slider import SliceSlider
from viewer.state.ct_findings import CtFindings
from viewer.theme.colors import colors

_HEIGHT = 14 * GRID


def class_color(findings: CtFindings, class_index: int) -> QColor:
    """The card's colour of a class, or one of a colour-blind-safe set; never near black."""
    color = QColor(*palette.class_color(class_index, findings.card.colors))
    return color if color.lightness() > 30 else QColor(128, 128, 128)


class SliceCurves(QWidget):
    """A click goes to the slice under it; the shown class is drawn last and thick, with its threshold."""

    go_wished = Signal(int)

    def __init__(self, slider: SliceSlider, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = slider
        self._findings: CtFindings | None = None
        self._links = Links()
        self.setFixedHeight(_HEIGHT)
        named(self, "Probability over the slices", "What the model said of each slice; click to go there")
        slider.valueChanged.connect(self._renew)
        self.hide()

    def set_findings(self, findings: CtFindings | None) -> None:
        """Follow these; None: there is nothing to be seen."""
        self._links.drop()
        self._findings = findings
        if findings is not None:
            self._links.follow(findings.scored, self._renew)
            self._links.follow(findings.selected, self._renew)
        self.setVisible(findings is not None)
        self.update()

    def x_of(self, slice_number: int) -> int:
        """Where a slice stands, px of the widget: under its place on the slider."""
        return self._slider.x_of(slice_number) + self.mapFromGlobal(self._slider.mapToGlobal(QPoint())).x()

    def slice_at(self, x: float) -> int:
        """The slice under a place."""
        count = self._slider.maximum() + 1
        first, last = self.x_of(0), self.x_of(count - 1)
        return min(max(round((x - first) / max(1, last - first) * (count - 1)), 0), count - 1)

    def words_at(self, slice_number: int) -> str:
        """What the model said of a slice, a class a line."""
        findings = self._findings
        if findings is None or not findings.scores.scored[slice_number]:
            return f"Slice {slice_number + 1}: not looked at"
        values = findings.scores.values[slice_number]
        lines = [
            f"{n}: {percent(float(v))}" for n, v in zip(findings.scores.class_names, values, strict=True)
        ]
        return "\n".join([f"Slice {slice_number + 1}", *lines])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.go_wished.emit(self.slice_at(event.position().x()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.go_wished.emit(self.slice_at(event.position().x()))

    def event(self, event: QEvent) -> bool:
        """What was said of the slice under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.words_at(self.slice_at(event.pos().x())), self)
            return True
        return super().event(event)

    def paintEvent(self, _: QPaintEvent) -> None:
        """Grid, curves, the threshold of the shown class, the slice that is looked at."""
        findings = self._findings
        if findings is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        quiet = QColor(colors(self.palette()).quiet)
        faint = QColor(quiet)
        faint.setAlpha(70)
        left, right = self.x_of(0), self.x_of(self._slider.maximum())
        painter.setPen(QPen(faint, 1))
        for share in (0.0, 0.5, 1.0):
            painter.drawLine(QPointF(left, self._y(share)), QPointF(right, self._y(share)))
        shown = findings.shown_class
        for class_index in [*(n for n in range(len(findings.scores.class_names)) if n != shown), shown]:
            self._curve(painter, findings, class_index, thick=class_index == shown)
        painter.setPen(QPen(class_color(findings, shown), 1, Qt.PenStyle.DashLine))
        y = self._y(findings.thresholds[shown])
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        painter.fillRect(QRectF(self.x_of(self._slider.value()) - 0.5, 0, 1.5, self.height()), quiet)
        painter.end()

    def _curve(self, painter: QPainter, findings: CtFindings, class_index: int, *, thick: bool) -> None:
        color = class_color(findings, class_index)
        color.setAlpha(255 if thick else 130)
        painter.setPen(QPen(color, 2.5 if thick else 1.2))
        column = findings.scores.values[:, class_index]
        edges = np.flatnonzero(np.diff(np.concatenate(([0], (~np.isnan(column)).astype(np.int8), [0]))))
        for first, last in edges.reshape(-1, 2):
            line = [QPointF(self.x_of(int(n)), self._y(float(column[n]))) for n in range(first, last)]
            if len(line) == 1:
                line.append(line[0] + QPointF(1, 0))
            painter.drawPolyline(QPolygonF(line))

    def _y(self, probability: float) -> float:
        return 3 + (1 - probability) * (self.height() - 6)

    def _renew(self, _: object = None) -> None:
        self.update()
