"""The whole slide in a corner, with a frame around what is in view."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera

_LONGEST = 180  # widget px
_LEAST_FRAME = 6.0  # widget px: a smaller frame would not be seen


class Minimap(QWidget):
    """Shows the overview; a click or drag wishes for another centre. Hides while everything is in view."""

    wished = Signal(object)  # Point: the new centre, level-0 px

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._bounds = Rect(0, 0, 1, 1)
        self._view = Rect(0, 0, 1, 1)
        self._image: QImage | None = None
        self.setAccessibleName("Overview of the whole slide")
        self.setToolTip("Click or drag to go there")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def set_slide(self, bounds: Rect, image: QImage | None) -> None:
        """Show another slide; `image` is a picture of the whole of it, None while there is none."""
        self._bounds, self._image = bounds, image
        self.resize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        """The slide's form, no edge longer than fits a corner."""
        scale = _LONGEST / max(self._bounds.width, self._bounds.height)
        return QSize(max(24, round(self._bounds.width * scale)), max(24, round(self._bounds.height * scale)))

    def follow(self, camera: Camera) -> None:
        """Frame what this camera shows; hide when that is everything, or when there is no room."""
        view = camera.visible()
        inside = view.intersection(self._bounds)
        everything = inside.area >= self._bounds.area * 0.98
        room = camera.width > 3 * self.width() and camera.height > 2 * self.height()
        self.setVisible(room and not everything)
        if view != self._view:
            self._view = view
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        """The overview, its border, and the frame in two colours so that it is seen on any stain."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(225, 225, 228))
        if self._image is not None:
            painter.drawImage(self.rect(), self._image)
        painter.setPen(QPen(QColor(0, 0, 0, 110), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        frame = self._frame()
        for color, width in ((QColor(255, 255, 255, 220), 4), (QColor(10, 90, 200), 2)):
            pen = QPen(color, width)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(frame)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        self._wish(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._wish(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A second click is one more wish, and never the view's."""
        self._wish(event)

    def _wish(self, event: QMouseEvent) -> None:
        place = event.position()
        share_x = min(max(place.x() / self.width(), 0.0), 1.0)
        share_y = min(max(place.y() / self.height(), 0.0), 1.0)
        x = self._bounds.x + share_x * self._bounds.width
        y = self._bounds.y + share_y * self._bounds.height
        self.wished.emit(Point(x, y))
        event.accept()

    def _frame(self) -> QRectF:
        scale_x, scale_y = self.width() / self._bounds.width, self.height() / self._bounds.height
        inside = self._view.intersection(self._bounds)
        center = QPointF(
            (inside.center.x - self._bounds.x) * scale_x, (inside.center.y - self._bounds.y) * scale_y
        )
        width = max(inside.width * scale_x - 2, _LEAST_FRAME)
        height = max(inside.height * scale_y - 2, _LEAST_FRAME)
        return QRectF(center.x() - width / 2, center.y() - height / 2, width, height)
