"""The whole slide in a corner, turned as the picture is, with a frame around what is in view."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QWidget

from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera
from viewer.canvas.layer import laid, to_widget_rect, widget_bounds
from viewer.canvas.visited import STEPS, Visited

_LONGEST = 180.0  # widget px
_LEAST_EDGE = 24  # widget px
_LEAST_FRAME = 6.0  # widget px: a smaller frame would not be seen
_UNSEEN = (60, 60, 66, 110)  # RGBA laid over what was not looked at; less of it the closer it was seen
_PAPER = QColor(225, 225, 228)


class Minimap(QWidget):
    """Shows the overview; a click or drag wishes for another centre. Hides while everything is in view."""

    wished = Signal(object)  # Point: the new centre, level-0 px
    resized = Signal()  # its corner is elsewhere
    visited_toggled = Signal(bool)
    visited_reset = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._bounds = Rect(0, 0, 1, 1)
        self._camera = Camera(Point(0.5, 0.5), 1.0, _LEAST_EDGE, _LEAST_EDGE)  # of the minimap itself
        self._view: Camera | None = None
        self._image: QImage | None = None
        self._visited: Visited | None = None
        self._shade: QImage | None = None
        self.setAccessibleName("Overview of the whole slide")
        self.setToolTip("Click or drag to go there")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()

    def set_slide(self, bounds: Rect, image: QImage | None) -> None:
        """Show another slide; `image` is a picture of the whole of it, None while there is none."""
        self._bounds, self._image = bounds, image
        self._turn(self._view)
        self.update()

    def set_visited(self, visited: Visited | None) -> None:
        """Shade what was not looked at; None: shade nothing. Call it again after more was seen."""
        self._visited = visited
        self._shade = None if visited is None else _shade(visited)
        words = "" if visited is None else f"\n{visited.in_words()}"
        self.setToolTip(f"Click or drag to go there{words}")
        self.update()

    def sizeHint(self) -> QSize:
        """The slide's form as it stands, no edge longer than fits a corner."""
        return QSize(round(self._camera.width), round(self._camera.height))

    def follow(self, camera: Camera) -> None:
        """Frame what this camera shows; hide when that is everything, or when there is no room."""
        inside = camera.visible().intersection(self._bounds)
        everything = inside.area >= self._bounds.area * 0.98
        before, self._view = self._view, camera
        if before is None or (before.angle, before.flipped) != (camera.angle, camera.flipped):
            self._turn(camera)
        room = camera.width > 3 * self.width() and camera.height > 2 * self.height()
        self.setVisible(room and not everything)
        if before is None or before != camera:
            self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What was seen: show it or not, and begin anew."""
        self.menu(event.globalPos()).popup(event.globalPos())
        event.accept()

    def menu(self, _: QPoint) -> QMenu:
        """The menu of what was seen; it goes when it is closed."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        shown = menu.addAction("Shade what was not looked at")
        shown.setCheckable(True)
        shown.setChecked(self._visited is not None)
        shown.toggled.connect(self.visited_toggled)
        menu.addAction("Forget what was looked at").triggered.connect(self.visited_reset)
        return menu

    def paintEvent(self, _: QPaintEvent) -> None:
        """The overview, what was seen, its border, and the frame in two colours: seen on any stain."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=self._camera.angle % 90 != 0)
        painter.setTransform(laid(self._camera))
        whole = to_widget_rect(self._camera.upright(), self._bounds)
        painter.fillRect(whole, _PAPER)
        for image in (self._image, self._shade):
            if image is not None:
                painter.drawImage(whole, image)
        painter.setPen(QPen(QColor(0, 0, 0, 110), 1))
        painter.drawRect(whole.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        frame = self._frame()
        for color, width in ((QColor(255, 255, 255, 220), 4), (QColor(10, 90, 200), 2)):
            pen = QPen(color, width)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(frame)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._wish(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._wish(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A second click is one more wish, and never the view's."""
        self._wish(event)

    def _wish(self, event: QMouseEvent) -> None:
        place = self._camera.to_slide(event.position().x(), event.position().y())
        x = min(max(place.x, self._bounds.x), self._bounds.right)
        y = min(max(place.y, self._bounds.y), self._bounds.bottom)
        self.wished.emit(Point(x, y))
        event.accept()

    def _turn(self, view: Camera | None) -> None:
        """Take the form of the slide as it stands in the view."""
        angle, flipped = (view.angle, view.flipped) if view is not None else (0.0, False)
        scale = _LONGEST / max(self._bounds.width, self._bounds.height)
        middle = Camera(self._bounds.center, scale, 0.0, 0.0, angle, flipped)
        form = widget_bounds(middle, self._bounds)
        shrink = min(1.0, _LONGEST / max(form.width(), form.height()))
        width, height = (
            float(max(_LEAST_EDGE, round(edge * shrink))) for edge in (form.width(), form.height())
        )
        self._camera = replace(middle, scale=scale * shrink, width=width, height=height)
        self.resize(self.sizeHint())
        self.resized.emit()

    def _frame(self) -> QRectF:
        """What is in view; both pictures stand alike, so it is upright."""
        view = self._view
        if view is None:
            return QRectF()
        x, y = self._camera.to_widget(view.center)
        shrink = self._camera.scale / view.scale
        width, height = view.width * shrink, view.height * shrink
        inside = QRectF(x - width / 2, y - height / 2, width, height).intersected(QRectF(self.rect()))
        width, height = max(inside.width() - 2, _LEAST_FRAME), max(inside.height() - 2, _LEAST_FRAME)
        return QRectF(inside.center().x() - width / 2, inside.center().y() - height / 2, width, height)


def _shade(visited: Visited) -> QImage:
    """Grey over what was not looked at, lighter where it was seen from afar, none where it was in detail."""
    steps = visited.steps()
    red, green, blue, alpha = _UNSEEN
    rgba = np.empty((*steps.shape, 4), dtype=np.uint8)
    rgba[..., :3] = (red, green, blue)
    rgba[..., 3] = (alpha * (len(STEPS) - steps.astype(np.float32)) / len(STEPS)).round()
    height, width = steps.shape
    return QImage(rgba.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
