"""What a person drew on a slide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect, Spacing
from ml.slide.slide import KnownSpacing
from viewer.canvas.annotation_marks import paint_marks
from viewer.canvas.camera import Camera
from viewer.canvas.layer import Layer, clip_on_slide, standing, to_widget_rect

if TYPE_CHECKING:
    import shapely

_DEFAULT = (0, 114, 178)
_NAME_FROM = 60.0  # widget px: a smaller shape shows no name
_MANY = 50  # more parts than this: all is painted anew
_DOT = 4.5  # widget px: the radius of a point
_TINY = 4.0  # widget px: a smaller shape is drawn as a dot of this size


class AnnotationLayer(Layer):
    """The shapes of an `AnnotationDocument`, each a coloured line within a white one: seen on any tissue.

    It listens to the document until it is closed, and names only the changed shapes.
    """

    bleed = 220.0  # a name above the shape

    def __init__(self, document: AnnotationDocument) -> None:
        super().__init__()
        self._document = document
        self._chosen: frozenset[str] = frozenset()
        self._lifted: frozenset[str] = frozenset()  # in a tool's hand, which shows them itself
        self._spacing: Spacing | None = None
        self._paths: dict[str, QPainterPath] = {}  # in level-0 px, made when first painted
        document.listen(self._take)

    def close(self) -> None:
        """Listen no more; a second view of the slide goes on without this one."""
        self._document.unlisten(self._take)

    def select(self, ids: tuple[str, ...]) -> None:
        """Show these as selected."""
        before, self._chosen = self._chosen, frozenset(ids)
        self._show_anew(before ^ self._chosen)

    def lift(self, ids: Iterable[str]) -> None:
        """Leave these out: a tool has them in its hand."""
        before, self._lifted = self._lifted, frozenset(ids)
        self._show_anew(before ^ self._lifted)

    def set_spacing(self, known: KnownSpacing | None) -> None:
        """How large a pixel is: for the numbers of rulers and angles."""
        self._spacing = None if known is None else known.spacing
        self.changed.emit(None)

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

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Draw what is in view, the selected ones last."""
        clip = clip_on_slide(painter, camera, 16)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        named = clip_on_slide(painter, camera, self.bleed)
        for annotation in sorted(self._document, key=lambda a: a.id in self._chosen):
            bounds = annotation.shape.bounds
            if annotation.id in self._lifted:
                continue
            if _meet(bounds, clip):
                self._paint_shape(painter, camera, annotation)
            if annotation.name and _meet(bounds, named):
                with standing(painter, to_widget_rect(camera, bounds)) as place:
                    _paint_name(painter, place, annotation.name)

    def _paint_shape(self, painter: QPainter, camera: Camera, annotation: Annotation) -> None:
        color = QColor(*(annotation.color or _DEFAULT))
        frame = to_widget_rect(camera, annotation.shape.bounds)
        points = annotation.shape.kind == "points"
        if max(frame.width(), frame.height()) < _TINY and not points:  # seen as a dot rather than missed
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
        if points:
            _paint_points(painter, camera, annotation.shape, color, chosen=chosen)
        paint_marks(painter, camera, annotation, color, self._spacing)

    def _show_anew(self, ids: frozenset[str]) -> None:
        if len(ids) > _MANY:
            self.changed.emit(None)
            return
        for key in ids:
            if key in self._document:
                self.changed.emit(self._document[key].shape.bounds)

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


def _paint_points(painter: QPainter, camera: Camera, shape: Shape, color: QColor, *, chosen: bool) -> None:
    painter.setPen(QPen(QColor(255, 255, 255, 230), 1.4))
    painter.setBrush(color)
    for place in shape.rings[0]:
        painter.drawEllipse(QPointF(*camera.to_widget(place)), _DOT, _DOT)
    if chosen:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 1.6))
        for place in shape.rings[0]:
            painter.drawEllipse(QPointF(*camera.to_widget(place)), _DOT + 3, _DOT + 3)


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
