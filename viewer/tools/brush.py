"""Paint an area with a round brush, or wipe from it."""

from __future__ import annotations

from collections.abc import Callable

import shapely
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from ml.annotation.brush import Lines, Stroke
from ml.annotation.forms import area_on
from ml.annotation.shapes import Annotation
from ml.geometry import Point
from viewer.canvas.camera import Camera
from viewer.canvas.layer import to_widget_rect
from viewer.canvas.tool import Pointer, Tool
from viewer.tools.board import Board
from viewer.tools.sketch import lines_path, paint_path, sketch_path, sketch_pens

_LEAST, _MOST = 2.0, 400.0  # widget px: the radius
_A_NOTCH = 1.2  # so many times larger with each notch of the wheel
_SQUARE = 96.0  # widget px: the edge of what is put together anew at once
_SIZES = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}


class BrushTool(Tool):
    """Drag paints: on the selected area goes on with it, off it begins a new one; Shift joins it anyway.

    Alt wipes instead, and so does the other end of a pen. Shift and the wheel (or up and down) change
    the size, which is one of the screen. Esc drops the stroke.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, board: Board, *, erases: bool = False) -> None:
        self._board, self._erases = board, erases
        self._stroke: Stroke | None = None
        self._old: Annotation | None = None  # what the stroke changes
        self._rest = QPainterPath()  # its outline as it was
        self._picture: tuple[Camera, QImage] | None = None  # of that
        self._fresh: dict[tuple[int, int], tuple[Lines, QPainterPath]] = {}  # the outline as it is by now
        self._camera: Camera | None = None  # under which the stroke began
        self._here: Point | None = None

    @property
    def unfinished(self) -> bool:
        """Whether a stroke is under way."""
        return self._stroke is not None

    def enter(self, repaint: Callable[[], None]) -> None:
        """Nothing is painted outside of its own events."""

    def leave(self) -> None:
        """Drop what is unfinished."""
        if self._stroke is not None:
            self._board.lift(())
        self._stroke = self._old = self._here = None

    def mouse_press(self, pointer: Pointer) -> bool:
        """The stroke begins."""
        radius = self._board.choices.brush / pointer.camera.scale
        wipes = self._erases or pointer.erases or bool(pointer.modifiers & Qt.KeyboardModifier.AltModifier)
        joins = bool(pointer.modifiers & Qt.KeyboardModifier.ShiftModifier)
        self._here = pointer.point
        self._old = self._board.area_at(pointer.point, radius, erases=wipes, joins=joins)
        if self._old is None and wipes:
            self._board.tell("There is nothing to wipe here: select the area first.")
            return True
        base = shapely.Polygon() if self._old is None else self._old.shape.polygon
        self._begin(base, radius, wipes, pointer.camera)
        if self._old is not None:
            self._board.lift([self._old.id])
        return self.mouse_move(pointer)

    def mouse_move(self, pointer: Pointer) -> bool:
        """The stroke goes on; hovering, the circle follows."""
        self._here = pointer.point
        stroke = self._stroke
        if stroke is not None:
            if self._camera is not None and pointer.camera.scale != self._camera.scale:  # zoomed meanwhile
                self._begin(stroke.result(), stroke.radius, stroke.erases, pointer.camera)
                if stroke.place is not None and self._stroke is not None:
                    self._stroke.to(stroke.place)
            if self._stroke is not None:
                self._stroke.to(pointer.point)
        return True

    def mouse_release(self, pointer: Pointer) -> bool:
        """The stroke ends: one edit."""
        stroke, old = self._stroke, self._old
        if stroke is None:
            return True
        self.mouse_move(pointer)
        stroke = self._stroke or stroke
        self.leave()
        self._here = pointer.point
        area = stroke.result()
        if old is None or not area.equals_exact(old.shape.polygon, 0):
            self._board.put_area(old, area, "Wipe" if stroke.erases else "Paint with brush")
        return True

    def double_click(self, pointer: Pointer) -> bool:
        """Two dabs, not a zoom: the second is a press of its own."""
        if self._stroke is None and self.mouse_press(pointer):
            self.mouse_release(pointer)
        return True

    def wheel(self, notches: float) -> bool:
        """A larger or smaller brush."""
        size = self._board.choices.brush * _A_NOTCH**notches
        self._board.choices.brush = min(max(size, _LEAST), _MOST)
        return True

    def claims(self, key: Qt.Key, _: Qt.KeyboardModifier) -> bool:
        """Esc during a stroke."""
        return key == Qt.Key.Key_Escape and self.unfinished

    def key_press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> bool:
        """Esc drops the stroke; Shift with up and down change the size."""
        if key == Qt.Key.Key_Escape and self._stroke is not None:
            here = self._here
            self.leave()
            self._here = here
            return True
        return bool(key in _SIZES and modifiers & Qt.KeyboardModifier.ShiftModifier) and self.wheel(
            _SIZES[key]
        )

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """The area as it is by now, and the circle."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._stroke is not None:
            self._paint_stroke(painter, camera, self._stroke)
        if self._here is None:
            return
        x, y = camera.to_widget(self._here)
        radius = self._board.choices.brush
        if self._stroke is not None:
            radius = self._stroke.radius * camera.scale
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((QColor(255, 255, 255, 200), 3.0), (QColor(20, 20, 24), 1.2)):
            dashed = self._erases or (self._stroke is not None and self._stroke.erases)
            style = Qt.PenStyle.DashLine if dashed and width < 2 else Qt.PenStyle.SolidLine
            painter.setPen(QPen(color, width, style))
            painter.drawEllipse(QPointF(x, y), radius, radius)

    def _begin(self, base: shapely.Geometry, radius: float, wipes: bool, camera: Camera) -> None:
        self._camera, self._fresh, self._picture = camera, {}, None
        self._stroke = Stroke(base, radius, _SQUARE / camera.scale, erases=wipes)
        shape = None if base.is_empty else area_on(base, camera.visible().grown(_SQUARE / camera.scale))
        self._rest = QPainterPath() if shape is None else sketch_path(shape, camera.scale)

    def _paint_stroke(self, painter: QPainter, camera: Camera, stroke: Stroke) -> None:
        around = QPainterPath()
        around.addRect(QRectF(0, 0, camera.width, camera.height))
        for square in stroke.squares:
            around.addRect(to_widget_rect(camera, square))
        painter.save()
        painter.setClipPath(around, Qt.ClipOperation.IntersectClip)
        painter.drawImage(QPointF(0, 0), self._picture_of_rest(painter, camera))
        painter.restore()
        for key, lines in stroke.lines().items():
            if key not in self._fresh or self._fresh[key][0] is not lines:
                self._fresh[key] = (lines, lines_path(lines, camera.scale))
        paths = [path for _, path in self._fresh.values()]
        for pen in sketch_pens():  # all light lines before the first coloured one
            pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)  # many times faster, and the lines are finer than it
            for path in paths:
                paint_path(painter, camera, path, pens=[pen])

    def _picture_of_rest(self, painter: QPainter, camera: Camera) -> QImage:
        """The outline as it was, drawn once for each camera: a long one takes a while."""
        if self._picture is None or self._picture[0] != camera:
            ratio = painter.device().devicePixelRatioF()
            size = QSizeF(camera.width, camera.height) * ratio
            image = QImage(size.toSize(), QImage.Format.Format_ARGB32_Premultiplied)
            image.setDevicePixelRatio(ratio)
            image.fill(Qt.GlobalColor.transparent)
            within = QPainter(image)
            paint_path(within, camera, self._rest)
            within.end()
            self._picture = (camera, image)
        return self._picture[1]
