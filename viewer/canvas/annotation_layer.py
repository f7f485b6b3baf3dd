"""What a person drew on a slide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.places import Rows
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect, Spacing
from ml.slide.slide import KnownSpacing
from viewer.canvas.annotation_marks import paint_marks
from viewer.canvas.camera import Camera
from viewer.canvas.crowd import CROWD, cells_of, sizes_of, split
from viewer.canvas.layer import Layer, clip_on_slide, standing, to_widget_rect
from viewer.canvas.long_lines import draw_line

if TYPE_CHECKING:
    import shapely

_DEFAULT = (0, 114, 178)
_NAME_FROM = 60.0  # widget px: a smaller shape shows no name
_MANY = 50  # more parts than this: all is painted anew
_DOT = 4.5  # widget px: the radius of a point
_MOST_PATHS = 20_000  # that are kept: more than can be seen one by one
_SOON_MS = 250  # until many new ones are painted
_TINY = 4.0  # widget px: a smaller shape is drawn as a dot of this size


class AnnotationLayer(Layer):
    """The shapes of an `AnnotationDocument`, each a coloured line within a white one: seen on any tissue.

    It listens to the document until it is closed, and names only the changed shapes. Where there are very
    many, small ones are drawn as cells of a picture: see `viewer.canvas.crowd`.
    """

    bleed = 220.0  # a name above the shape

    def __init__(self, document: AnnotationDocument) -> None:
        super().__init__()
        self._document = document
        self._places = document.places
        self._chosen: frozenset[str] = frozenset()
        self._marked: NDArray[np.bool_] | None = None  # row by row whether it is chosen, made when needed
        self._lifted: frozenset[str] = frozenset()  # in a tool's hand, which shows them itself
        self._hidden: frozenset[str] = frozenset()  # classes
        self._spacing: Spacing | None = None
        self._paths: dict[str, tuple[Shape, QPainterPath]] = {}  # in level-0 px, made when first painted
        self._named = {annotation.id for annotation in document if annotation.name}
        self._soon = _paint_later(self)
        document.listen(self._take)

    def close(self) -> None:
        """Listen no more; a second view of the slide goes on without this one."""
        self._soon.stop()
        self._document.unlisten(self._take)

    def select(self, ids: tuple[str, ...]) -> None:
        """Show these as selected."""
        before, self._chosen, self._marked = self._chosen, frozenset(ids), None
        self._show_anew(before ^ self._chosen)

    def lift(self, ids: Iterable[str]) -> None:
        """Leave these out: a tool has them in its hand."""
        before, self._lifted = self._lifted, frozenset(ids)
        self._show_anew(before ^ self._lifted)

    def hide(self, classes: frozenset[str]) -> None:
        """Show nothing of these classes, and let nobody click it."""
        if classes != self._hidden:
            self._hidden = classes
            self.changed.emit(None)

    def set_spacing(self, known: KnownSpacing | None) -> None:
        """How large a pixel is: for the numbers of rulers and angles."""
        self._spacing = None if known is None else known.spacing
        self.changed.emit(None)

    def within(self, rect: Rect) -> tuple[str, ...]:
        """The ids of what is shown and lies wholly in a rectangle, in the order of drawing."""
        rows = self._shown(self._places.within(rect))
        return tuple(annotation.id for annotation in self._places.annotations(rows))

    def touching(self, rect: Rect) -> list[Annotation]:
        """What is shown and has its bounds in a rectangle, or touching it; in the order of drawing."""
        return self._places.annotations(self._shown(self._places.touching(rect)))

    def hit(self, point: Point, tolerance: float) -> str | None:
        """The id of the annotation at a place: a line within reach, else the smallest area around it."""
        import shapely

        here = shapely.Point(point.x, point.y)
        rows = self._places.touching(Rect(point.x, point.y, 0, 0).grown(tolerance))
        near = self._places.annotations(self._shown(rows))
        lines = [(float(_edge(a.shape).distance(here)), a.id) for a in near]
        lines = [line for line in lines if line[0] <= tolerance]
        if lines:
            return min(lines)[1]
        around = [(a.shape.area, a.id) for a in near if shapely.intersects(a.shape.polygon, here)]
        return min(around)[1] if around else None

    def in_cells(self, camera: Camera) -> tuple[int, int]:
        """How many of those in view are drawn as cells, and how many are in view."""
        if len(self._places) <= CROWD:
            return 0, len(self._places)
        rows = self._shown(self._places.touching(camera.visible()))
        return len(split(self._places, rows, camera.scale).cells), len(rows)

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Draw what is in view, the selected ones last."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        clip = clip_on_slide(painter, camera, 16)
        rows = self._shown(self._places.touching_unordered(clip))
        crowd = split(self._places, rows, camera.scale)
        if len(crowd.cells):
            self._paint_cells(painter, camera, crowd.cells, clip_on_slide(painter, camera))
        if len(crowd.outlines):
            self._paint_outlines(painter, camera, crowd.outlines)
        full = self._places.annotations(self._places.ordered(crowd.full))
        for annotation in sorted(full, key=lambda a: a.id in self._chosen):
            self._paint_shape(painter, camera, annotation)
        self._paint_names(painter, camera)

    def _paint_cells(self, painter: QPainter, camera: Camera, rows: Rows, clip: Rect) -> None:
        palette = [color or _DEFAULT for _, color in self._places.known_inks]
        cells = cells_of(self._places, rows, palette, self._marks()[rows], clip, camera.scale)
        height, width = cells.pixels.shape[:2]
        image = QImage(cells.pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        painter.drawImage(to_widget_rect(camera, cells.rect), image)

    def _paint_outlines(self, painter: QPainter, camera: Camera, rows: Rows) -> None:
        """Thin lines, all of one ink together; below them a wide white one for the selected."""
        chosen = rows[self._marks()[rows]]
        inks = self._places.inks[rows]
        lots = [(chosen, QColor(255, 255, 255), 4.0)] if len(chosen) else []
        for ink in np.unique(inks).tolist():
            color = QColor(*(self._places.known_inks[ink][1] or _DEFAULT))
            lots.append((rows[inks == ink], color, 1.4))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        _scale(painter, camera)
        for lot, color, width in lots:
            path = QPainterPath()
            for annotation in self._places.annotations(lot):
                path.addPath(self._path(annotation))
            painter.setPen(_pen(color, width))
            painter.drawPath(path)
        painter.restore()

    def _paint_names(self, painter: QPainter, camera: Camera) -> None:
        """Names stand above their shapes: also those of shapes beside what is painted."""
        clip = clip_on_slide(painter, camera, self.bleed)
        if len(self._named) <= _MANY:
            rows = self._places.rows_of(self._named)
        else:
            rows = self._places.touching_unordered(clip)
        rows = self._shown(rows)
        large = rows[sizes_of(self._places, rows) * camera.scale >= _NAME_FROM]
        for annotation in self._places.annotations(self._places.ordered(large)):
            if annotation.name and _meet(annotation.shape.bounds, clip):
                with standing(painter, to_widget_rect(camera, annotation.shape.bounds)) as place:
                    _paint_name(painter, place, annotation.name)

    def _paint_shape(self, painter: QPainter, camera: Camera, annotation: Annotation) -> None:
        color = QColor(*(annotation.color or _DEFAULT))
        frame = to_widget_rect(camera, annotation.shape.bounds)
        points = annotation.shape.kind == "points"
        if max(frame.width(), frame.height()) < _TINY and not points:  # seen as a dot rather than missed
            painter.fillRect(QRectF(frame.center().x() - 2, frame.center().y() - 2, _TINY, _TINY), color)
            return
        chosen = annotation.id in self._chosen
        path = self._path(annotation)
        painter.save()
        _scale(painter, camera)
        width = 2.6 if chosen else 2.0
        for line, px in ((QColor(255, 255, 255, 230), width + 2.4), (color, width)):
            painter.setPen(_pen(line, px))
            draw_line(painter, path)
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
        self._marked = None
        self._named.difference_update([a.id for a in change.removed] if self._named else ())
        self._named.update([a.id for a in change.added if a.name])
        if len(change.removed) + len(change.added) > 2 * _MANY:
            if change.removed:
                self._paths.clear()
                self.changed.emit(None)
            elif not self._soon.isActive():  # many come, and more after them
                self._soon.start()
            return
        for annotation in (*change.removed, *change.added):
            self._paths.pop(annotation.id, None)
        for rect in {a.shape.bounds for a in (*change.removed, *change.added)}:
            self.changed.emit(rect)

    def _shown(self, rows: Rows) -> Rows:
        """Without those of hidden classes, and without those in a tool's hand."""
        if self._hidden and len(rows):
            hidden = np.array([name in self._hidden for name, _ in self._places.known_inks])
            rows = rows[~hidden[self._places.inks[rows]]]
        if self._lifted:
            rows = rows[~np.isin(rows, self._places.rows_of(self._lifted))]
        return rows

    def _marks(self) -> NDArray[np.bool_]:
        if self._marked is None:
            self._marked = np.zeros(len(self._places.bounds), np.bool_)
            self._marked[self._places.rows_of(self._chosen)] = True
        return self._marked

    def _path(self, annotation: Annotation) -> QPainterPath:
        known = self._paths.get(annotation.id)
        if known is None or known[0] is not annotation.shape:
            if len(self._paths) >= _MOST_PATHS:
                self._paths.clear()
            known = self._paths[annotation.id] = (annotation.shape, _path(annotation.shape))
        return known[1]


def _paint_later(layer: AnnotationLayer) -> QTimer:
    soon = QTimer(layer)
    soon.setSingleShot(True)
    soon.setInterval(_SOON_MS)
    soon.timeout.connect(lambda: layer.changed.emit(None))
    return soon


def _scale(painter: QPainter, camera: Camera) -> None:
    """From now on level-0 px are painted."""
    x_widget, y_widget = camera.to_widget(Point(0, 0))
    painter.translate(x_widget, y_widget)
    painter.scale(camera.scale, camera.scale)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _pen(color: QColor, width: float) -> QPen:
    pen = QPen(color, width)
    pen.setCosmetic(True)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen


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


def _meet(one: Rect, other: Rect) -> bool:
    """Whether they touch; a shape without width counts too."""
    apart = one.right < other.x or other.right < one.x or one.bottom < other.y or other.bottom < one.y
    return not apart
