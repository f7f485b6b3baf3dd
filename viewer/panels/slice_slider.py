"""A slider over the slices: what is there to be seen is filled, where something was found stands a mark."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QToolTip, QWidget

from viewer.panels.pieces import GRID, named
from viewer.state.opened_series import Mark
from viewer.theme.colors import colors

_HEIGHT = 8 * GRID
_TALL = 9.0  # px of the tallest mark


class SliceSlider(QSlider):
    """Counts from 0. A click goes to the slice under it, or to the mark beside it."""

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, max(0, count - 1))
        self.setPageStep(10)
        self.setFixedHeight(_HEIGHT)
        self.setEnabled(count > 1)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the picture
        self.marks: tuple[Mark, ...] = ()
        self.measured: tuple[int, ...] = ()
        self._handle: int | None = None  # px of its width, as the style has it
        self._there: NDArray[np.bool_] = np.zeros(count, dtype=bool)
        named(self, "Slice", "Drag to scroll; marks stand where something was found or measured")

    def set_marks(self, marks: tuple[Mark, ...], measured: tuple[int, ...] = ()) -> None:
        """Show where something was found, and, quieter, where something was measured."""
        self.marks, self.measured = marks, measured
        self.update()

    def set_there(self, there: NDArray[np.bool_]) -> None:
        """Show which slices have been read."""
        self._there = there
        self.update()

    def x_of(self, slice_: int) -> int:
        """Where a slice stands, px of the widget."""
        if self._handle is None:
            option = QStyleOptionSlider()
            self.initStyleOption(option)
            handle = QStyle.SubControl.SC_SliderHandle
            kind = QStyle.ComplexControl.CC_Slider
            self._handle = self.style().subControlRect(kind, option, handle, self).width()
        way = QStyle.sliderPositionFromValue(
            self.minimum(), self.maximum(), slice_, self.width() - self._handle
        )
        return way + self._handle // 2

    def slice_at(self, x: float) -> int:
        """The slice under a place; a mark within some px of it has precedence."""
        near = [m.slice_ for m in self.marks if abs(self.x_of(m.slice_) - x) <= GRID]
        if near:
            return min(near, key=lambda slice_: abs(self.x_of(slice_) - x))
        first, last = self.x_of(0), self.x_of(self.maximum())
        return round((x - first) / max(1, last - first) * self.maximum())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there at once, and be held from then on."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setValue(self.slice_at(event.position().x()))
            self.setSliderDown(True)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the hand."""
        if self.isSliderDown():
            self.setValue(self.slice_at(event.position().x()))

    def mouseReleaseEvent(self, _: QMouseEvent) -> None:
        """Let go."""
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """As over the picture: towards the hand is on."""
        self.setValue(self.value() - round(event.angleDelta().y() / 120))
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        """Another style: another handle."""
        super().changeEvent(event)
        self._handle = None

    def event(self, event: QEvent) -> bool:
        """A mark says what was found there."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            near = [m for m in self.marks if abs(self.x_of(m.slice_) - event.pos().x()) <= GRID]
            if near:
                words = "\n".join(f"Slice {m.slice_ + 1}: {m.words}" for m in near)
                QToolTip.showText(event.globalPos(), words, self)
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """What was read, the marks, and then the slider as the system has it."""
        painter = QPainter(self)
        now = colors(self.palette())
        if not self._there.all():
            self._paint_there(painter)
        for slice_ in self.measured:
            x = self.x_of(slice_)
            painter.fillRect(QRectF(x - 0.5, self.height() - 6, 1.5, 6), QColor(now.quiet))
        for mark in self.marks:
            tall = 3 + (_TALL - 3) * min(max(mark.weight, 0.0), 1.0)
            painter.fillRect(QRectF(self.x_of(mark.slice_) - 1, 0, 2.5, tall), QColor(now.warning))
        painter.end()
        super().paintEvent(event)

    def _paint_there(self, painter: QPainter) -> None:
        """A thin line under the slices that have come, while not all have."""
        color = self.palette().color(QPalette.ColorRole.Highlight)
        edges = np.flatnonzero(np.diff(np.concatenate(([0], self._there.astype(np.int8), [0]))))
        for first, last in edges.reshape(-1, 2):
            left, right = self.x_of(int(first)), self.x_of(int(last) - 1)
            painter.fillRect(QRectF(left, self.height() - 3, max(1, right - left), 3), color)
