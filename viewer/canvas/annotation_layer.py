"""What a person drew on a slide."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect
from viewer.canvas.camera import Camera
from viewer.canvas.layer import Layer, clip_on_slide, standing, to_widget_rect

if TYPE_CHECKING:
    import shapely

_DEFAULT = (0, 114, 178)
_HANDLE = 8.0  # widget px
_MOST_HANDLES = 64  # a freehand outline with more shows none: it is drawn anew rather than bent
_NAME_FROM = 60.0  # widget px: a smaller shape shows no name
_MANY = 50  # more parts than this: all is painted anew
_TINY = 4.0  # widget px: a smaller shape is drawn as a dot of this size


class AnnotationLayer(Layer):
    """The shapes of an `AnnotationDocument`, each a coloured line within a white one: seen on any tissue.

    It listens to the document until it is closed, and names only the changed shapes.
    """

    bleed = 220.0  # a name above the shape

    def __init__(self, document: AnnotationDocument) -> None:
        super().__init__()
        self._document = document
        self._selected: tuple[str, ...] = ()  # the one with the handles last
        self._chosen: frozenset[str] = frozenset()
        self._paths: dict[str, QPainterPath] = {}  # in level-0 px, made when first painted
        document.listen(self._take)

    def close(self) -> None:
        """Listen no more; a second view of the slide goes on without this one."""
        self._document.unlisten(self._take)

    def select(self, ids: tuple[str, ...]) -> None:
        """Show these as selected; one alone has handles."""
        before, self._selected, self._chosen = self._chosen, ids, frozenset(ids)
        different = before ^ self._chosen
        if len({len(before), len(ids)} & {1}) == 1:  # handles come or go
            different = before | self._chosen
        if len(different) > _MANY:
            self.changed.emit(None)
            return
        for key in different:
            if key in self._document:
                self.changed.emit(self._document[key].shape.bounds)

    def within(self, rect: Rect) -> tuple[str, ...]:
        """The ids of what lies wholly in a rectangle, in the order of drawing."""
        return tuple(a.id for a in self._document if _holds(rect, a.shape.bounds))

    def hit(self, point: Point, tolerance: float) -> str | None:
        """The id of the annotation at a place: a line within reach, else the smallest area around it."""
        import shapely

        here = shapely.Point(point.x, point.y)
        near = [a for a in self._document if a.shape.bounds.grown(tolerance).holds(point)]
        lines = [(float(_edge(a.shape).distance(here)), a.id) for a in near]
        lines = [line for line in lines if line[0] <= tolerance]
        if lines:
            return min(lines)[1]
        around = [(a.shape.area, a.id) for a in near if shapely.intersects(a.shape.polygon, here)]
        return min(around)[1] if around else None

    def handle_at(self, point: Point, tolerance: float) -> int | None:
        """Which corner of the selected outer ring stands at a place, None where none does."""
        if len(self._selected) != 1 or self._selected[0] not in self._document:
            return None
        ring = self._document[self._selected[0]].shape.rings[0]
        if len(ring) > _MOST_HANDLES:
            return None
        ways = [(math.hypot(corner.x - point.x, corner.y - point.y), i) for i, corner in enumerate(ring)]
        way, index = min(ways)
        return index if way <= tolerance else None

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Draw what is in view, the selected ones last."""
        clip = clip_on_slide(painter, camera, 16)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        named = clip_on_slide(painter, camera, self.bleed)
        for annotation in sorted(self._document, key=lambda a: a.id in self._chosen):
            bounds = annotation.shape.bounds
            if _meet(bounds, clip):
                self._paint_shape(painter, camera, annotation)
            if annotation.name and _meet(bounds, named):
                with standing(painter, to_widget_rect(camera, bounds)) as place:
                    _paint_name(painter, place, annotation.name)

    def _paint_shape(self, painter: QPainter, camera: Camera, annotation: Annotation) -> None:
        color = QColor(*(annotation.color or _DEFAULT))
        frame = to_widget_rect(camera, annotation.shape.bounds)
        if max(frame.width(), frame.height()) < _TINY:  # seen as a dot rather than missed
            painter.fillRect(QRectF(frame.center().x() - 2, frame.center().y() - 2, _TINY, _TINY), color)
            return
        chosen = annotation.id in self._chosen
        path = self._paths.get(annotation.id)
        if path is None:
            path = self._paths[annotation.id] = _path(annotation.shape)
        painter.save()
        x_widget, y_widget = camera.to_widget(Point(0, 0))
        painter.translate(x_widget, y_widget)
        painter.scale(camera.scale, camera.scale)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = 2.6 if chosen else 2.0
        for line, px in ((QColor(255, 255, 255, 230), width + 2.4), (color, width)):
            pen = QPen(line, px)
            pen.setCosmetic(True)
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawPath(path)
        painter.restore()
        if annotation.shape.kind == "points":
            _paint_points(painter, camera, annotation.shape, color)
        if chosen and len(self._chosen) == 1:
            _paint_handles(painter, camera, annotation.shape, color)

    def _take(self, change: Change) -> None:
        for annotation in (*change.removed, *change.added):
            self._paths.pop(annotation.id, None)
        for rect in {a.shape.bounds for a in (*change.removed, *change.added)}:
            self.changed.emit(rect)


def _edge(shape: Shape) -> shapely.Geometry:
    """What is drawn of it: the lines around an area, the line, the points."""
    return shape.polygon.boundary if shape.is_area else shape.geometry


def _path(shape: Shape) -> QPainterPath:
    path = QPainterPath()
    for ring in shape.rings if shape.kind != "points" else ():
        path.addPolygon(QPolygonF([QPointF(corner.x, corner.y) for corner in ring]))
        if shape.is_area:
            path.closeSubpath()
    return path


def _paint_points(painter: QPainter, camera: Camera, shape: Shape, color: QColor) -> None:
    painter.setPen(QPen(QColor(255, 255, 255, 230), 1.2))
    painter.setBrush(color)
    for place in shape.rings[0]:
        painter.drawEllipse(QPointF(*camera.to_widget(place)), _TINY, _TINY)


def _paint_handles(painter: QPainter, camera: Camera, shape: Shape, color: QColor) -> None:
    if len(shape.rings[0]) > _MOST_HANDLES:
        return
    painter.setBrush(QColor(255, 255, 255))
    painter.setPen(QPen(color, 1.6))
    for corner in shape.rings[0]:
        x_widget, y_widget = camera.to_widget(corner)
        painter.drawRect(QRectF(x_widget - _HANDLE / 2, y_widget - _HANDLE / 2, _HANDLE, _HANDLE))


def _paint_name(painter: QPainter, frame: QRectF, name: str) -> None:
    if max(frame.width(), frame.height()) < _NAME_FROM:
        return
    metrics = QFontMetricsF(painter.font())
    plate = QRectF(0, 0, min(metrics.horizontalAdvance(name), 190.0) + 8, metrics.height() + 2)
    plate.moveBottomLeft(frame.topLeft() - QPointF(0, 5))
    painter.fillRect(plate, QColor(255, 255, 255, 215))
    painter.setPen(QColor(20, 20, 24))
    short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, plate.width() - 6)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, short)


def _holds(rect: Rect, inner: Rect) -> bool:
    """Whether a rectangle lies wholly in another."""
    return (
        rect.x <= inner.x and inner.right <= rect.right and rect.y <= inner.y and inner.bottom <= rect.bottom
    )


def _meet(one: Rect, other: Rect) -> bool:
    """Whether they touch; a shape without width counts too."""
    apart = one.right < other.x or other.right < one.x or one.bottom < other.y or other.bottom < one.y
    return not apart
