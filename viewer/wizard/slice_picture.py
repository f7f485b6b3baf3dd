"""One slice of open CT series, large, through a window; its neighbours by the wheel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ml.verbs.slice_queue import AskedSlice
from ml.volume.window import Window
from viewer.ct.gray import image_of, table
from viewer.panels.links import Links
from viewer.panels.pieces import GRID
from viewer.state.opened_series import OpenedSeries
from viewer.theme.colors import colors

_LEAST = 360  # px


class SlicePicture(QWidget):
    """Of what is asked about; `step` looks at slices beside it, and the next question begins at its own."""

    def __init__(self, series: Sequence[OpenedSeries], window: Window, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series = {opened.series.key: opened for opened in series}
        self._opened, self._window = series[0], window
        self._links = Links()
        for opened in series:
            self._links.follow(opened.complete, self.update)
        self._asked: int | None = None
        self.shown: int | None = None  # number of the slice
        self.setMinimumSize(QSize(_LEAST, _LEAST))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The slice that is asked about")

    def show_asked(self, asked: object, _: Sequence[object] = ()) -> None:
        """Show a slice that is asked about."""
        number = asked.number if isinstance(asked, AskedSlice) else None
        opened = self._series[asked.series] if isinstance(asked, AskedSlice) else self._opened
        if number != self._asked or opened is not self._opened or number is None:
            self.shown = number
        self._asked, self._opened = number, opened
        self.update()

    def step(self, by: int) -> None:
        """Look at a slice beside it."""
        if self.shown is not None:
            self.shown = max(0, min(self.shown + by, len(self._opened.series) - 1))
            self.update()

    def close_work(self) -> None:
        """There is none, as the series are in memory; they are followed no more."""
        self._links.drop()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A notch is a slice."""
        if event.angleDelta().y():
            self.step(-1 if event.angleDelta().y() > 0 else 1)
        event.accept()

    def paintEvent(self, _: QPaintEvent) -> None:
        """The slice with square mm, and which one it is."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors(self.palette()).surround))
        if self.shown is None:
            return
        volume, slice_ = self._opened.volume, self._opened.series.slices[self.shown]
        scale, offset = float(volume.scale[self.shown]), float(volume.offset[self.shown])
        shades = table(self._window, slice_.is_inverted, scale, offset)
        image = image_of(volume.voxels[self.shown], shades)
        down, across = slice_.spacing or (1.0, 1.0)
        width, height = image.width() * across, image.height() * down
        factor = min(self.width() / width, self.height() / height)
        target = QRectF(0, 0, width * factor, height * factor)
        target.moveCenter(QRectF(self.rect()).center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, image)
        away = self.shown - (self._asked or 0)
        side = "after" if away > 0 else "before"
        beside = f", {abs(away)} {side} the one that is asked about" if away else ""
        words = f"Slice {self.shown + 1} of {len(self._opened.series)}{beside}"
        place = self.rect().adjusted(2 * GRID, 2 * GRID, -2 * GRID, -2 * GRID)
        painter.setPen(Qt.GlobalColor.white)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, words)
