"""Measurements over the plane that they were drawn on, each with its numbers beside it."""

from __future__ import annotations

import math
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from ml.geometry import Point
from viewer.canvas.camera import Camera
from viewer.canvas.layer import standing
from viewer.ct.plane import Shown
from viewer.ct.plane_layer import PlaneLayer
from viewer.ct.words import angle_in_words, length_in_words, roi_in_words
from viewer.state.measurements import Measurement, Measurements

_LINE, _CHOSEN, _UNDER = QColor(255, 214, 10), QColor(90, 200, 250), QColor(0, 0, 0, 170)
_PARALLEL = 0.9995  # cosine of the planes' normals from which on they are the same way round
_TICK = 5.0  # widget px


class MeasureLayer(PlaneLayer):
    """Shows those that lie in the plane (within half its depth) and in its direction."""

    def __init__(self, measurements: Measurements, *, sized: bool) -> None:
        super().__init__()
        self._measurements, self._sized = measurements, sized
        self._here: list[Measurement] | None = None  # known until something changes
        self._hidden: str | None = None  # the one that is being changed
        measurements.changed.connect(self._tell)
        measurements.selected.connect(self._tell)

    def close(self) -> None:
        """Follow nothing any more."""
        self._measurements.changed.disconnect(self._tell)
        self._measurements.selected.disconnect(self._tell)

    def here(self) -> list[Measurement]:
        """Those that lie in the plane that is shown."""
        if self._here is None:
            shown = self.shown
            items = () if shown is None else self._measurements.items
            self._here = [m for m in items if shown is not None and lies_in(m, shown)]
        return self._here

    def show(self, shown: Shown | None) -> None:
        """Another plane is under it."""
        super().show(shown)
        self._here = None

    def hide_one(self, measurement_id: str | None) -> None:
        """Leave one out while it is being changed: a tool paints it."""
        self._hidden = measurement_id

    def hit(self, point: Point, tolerance: float) -> str | None:
        """The id of the measurement whose line or edge is there, the newest first."""
        for measurement in reversed(self.here()):
            assert self.shown is not None
            if _distance(measurement, self.shown, point) <= tolerance:
                return measurement.id
        return None

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Every line twice, dark under bright, and its words on a plate that stands upright."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plates: list[QRectF] = []
        for measurement in self.here():
            assert self.shown is not None
            if measurement.id == self._hidden:
                continue
            chosen = measurement.id == self._measurements.selected_id
            points = [self.shown.to_plane(place) for place in measurement.places]
            lines = words_of(measurement, sized=self._sized)
            paint_measurement(painter, camera, measurement.kind, points, lines, plates, chosen=chosen)

    def _tell(self, _: object = None) -> None:
        self._here = None
        self.changed.emit(None)


def words_of(measurement: Measurement, *, sized: bool = True) -> tuple[str, ...]:
    """Its numbers, a few short lines."""
    if measurement.facts is not None:
        return roi_in_words(measurement.facts, measurement.unit, known=sized)
    if measurement.kind == "angle":
        return (angle_in_words(measurement.value),)
    return (length_in_words(measurement.value, known=sized),)


def lies_in(measurement: Measurement, shown: Shown) -> bool:
    """Whether a measurement lies in a plane: the same way round, and no more than half its depth away."""
    if measurement.slice_ is not None and shown.slice_ is not None:
        return measurement.slice_ == shown.slice_  # most are compared so, at every slice that is scrolled
    r, d, n = measurement.right, measurement.down, shown.normal
    normal = (r[1] * d[2] - r[2] * d[1], r[2] * d[0] - r[0] * d[2], r[0] * d[1] - r[1] * d[0])
    along = abs(sum(a * b for a, b in zip(normal, n, strict=True)))
    away = [abs(shown.away(place)) for place in measurement.places]
    return along > _PARALLEL and max(away) <= shown.depth / 2


def paint_measurement(
    painter: QPainter,
    camera: Camera,
    kind: str,
    points: list[Point],
    words: tuple[str, ...],
    plates: list[QRectF] | None = None,
    *,
    chosen: bool = False,
) -> None:
    """One measurement through an upright camera, also while it is being drawn.

    `plates` are those of words that are there already; its own is put beside them and is added.
    """
    places = [QPointF(*camera.to_widget(point)) for point in points]
    for color, width in ((_UNDER, 4.0), (_CHOSEN if chosen else _LINE, 2.0)):
        painter.setPen(QPen(color, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if kind in {"rectangle", "ellipse"} and len(places) == 2:
            frame = QRectF(places[0], places[1]).normalized()
            painter.drawRect(frame) if kind == "rectangle" else painter.drawEllipse(frame)
            continue
        for start, end in pairwise(places):
            painter.drawLine(start, end)
        if kind == "length" and len(places) == 2:
            _paint_ends(painter, places[0], places[1])
    if words:
        corner = _words_at(kind, places)
        with standing(painter, QRectF(corner, corner)) as there:
            _paint_plate(painter, there.topLeft(), words, camera, [] if plates is None else plates)


def _words_at(kind: str, places: list[QPointF]) -> QPointF:
    if kind in {"rectangle", "ellipse"}:
        return QPointF(max(p.x() for p in places), max(p.y() for p in places))
    return places[1] if kind == "angle" and len(places) == 3 else places[-1]


def _paint_ends(painter: QPainter, start: QPointF, end: QPointF) -> None:
    way = end - start
    far = math.hypot(way.x(), way.y())
    if far >= 1:
        across = QPointF(-way.y(), way.x()) * (_TICK / far)
        for place in (start, end):
            painter.drawLine(place - across, place + across)


def _paint_plate(
    painter: QPainter, place: QPointF, words: tuple[str, ...], camera: Camera, others: list[QRectF]
) -> None:
    metrics = QFontMetricsF(painter.font())
    width = max(metrics.horizontalAdvance(line) for line in words) + 10
    plate = QRectF(place.x() + 8, place.y() + 6, width, metrics.height() * len(words) + 4)
    plate.moveRight(min(plate.right(), camera.width - 2))
    plate.moveBottom(min(plate.bottom(), camera.height - 2))
    for _ in others:
        covered = next((other for other in others if other.intersects(plate)), None)
        if covered is None:
            break
        plate.moveTop(covered.bottom() + 2)
    others.append(plate)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(20, 20, 22, 215))
    painter.drawRoundedRect(plate, 3, 3)
    painter.setPen(QColor(255, 255, 255))
    for number, line in enumerate(words):
        y = plate.top() + 2 + metrics.ascent() + number * metrics.height()
        painter.drawText(QPointF(plate.left() + 5, y), line)


def _distance(measurement: Measurement, shown: Shown, point: Point) -> float:
    """mm from a place of the plane to the measurement's line."""
    points = [shown.to_plane(place) for place in measurement.places]
    if measurement.kind in {"rectangle", "ellipse"}:
        left, right = sorted((points[0].x, points[1].x))
        top, bottom = sorted((points[0].y, points[1].y))
        if measurement.kind == "ellipse":
            half_x, half_y = max((right - left) / 2, 1e-6), max((bottom - top) / 2, 1e-6)
            out = math.hypot((point.x - (left + right) / 2) / half_x, (point.y - (top + bottom) / 2) / half_y)
            return abs(out - 1) * min(half_x, half_y)
        corners = [Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom)]
        points = [*corners, corners[0]]
    return min(_to_segment(point, *ends) for ends in pairwise(points))


def _to_segment(point: Point, start: Point, end: Point) -> float:
    way_x, way_y = end.x - start.x, end.y - start.y
    long = way_x**2 + way_y**2
    share = ((point.x - start.x) * way_x + (point.y - start.y) * way_y) / long if long else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.hypot(point.x - start.x - share * way_x, point.y - start.y - share * way_y)
