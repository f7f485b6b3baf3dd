"""What was painted, kept: a pan scrolls it and paints only what is new."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QRectF, QSize
from PySide6.QtGui import QPainter, QPixmap, QRegion

from ml.geometry import Point, Rect, to_pixel
from viewer.canvas.camera import Camera
from viewer.canvas.layer import widget_bounds

Paint = Callable[[QPainter, Camera], None]


class BackBuffer:
    """The last field as painted, in device px, and which parts of it are out of date."""

    def __init__(self) -> None:
        self._pixmap = QPixmap()
        self._camera: Camera | None = None
        self._dirty = QRegion()

    @property
    def is_clean(self) -> bool:
        """Whether nothing has to be painted."""
        return self._dirty.isEmpty()

    def point(self, camera: Camera, device_ratio: float) -> None:
        """Look with a camera that is snapped to this device ratio: keep what can be kept, mark the rest."""
        size = QSize(to_pixel(camera.width * device_ratio), to_pixel(camera.height * device_ratio))
        old = self._camera
        self._camera = camera
        if size != self._pixmap.size() or device_ratio != self._pixmap.devicePixelRatio():
            self._pixmap = QPixmap(size)
            self._pixmap.setDevicePixelRatio(device_ratio)
            self.mark_all()
        elif old is None or not _alike(old, camera):
            self.mark_all()
        elif old != camera:
            before, now = old.to_widget(Point(0, 0)), camera.to_widget(Point(0, 0))
            dx, dy = (to_pixel((new - was) * device_ratio) for was, new in zip(before, now, strict=True))
            self._scroll(dx, dy)

    def mark_all(self) -> None:
        """Everything looks different."""
        self._dirty = QRegion(QRect(QPoint(0, 0), self._pixmap.size()))

    def mark(self, rect: Rect, bleed: float = 2.0) -> None:
        """This part of the slide, in level-0 px, looks different, and so many widget px around it."""
        if self._camera is not None:
            frame = widget_bounds(self._camera, rect).adjusted(-bleed, -bleed, bleed, bleed)
            self._dirty += self._device_rect(frame)

    def paint(self, painter: QPainter, paint: Paint) -> None:
        """Bring the buffer up to date with `paint`, which sees one clip after the other, and show it."""
        if not self._dirty.isEmpty() and self._camera is not None:
            self._refresh(self._camera, paint)
        painter.drawPixmap(0, 0, self._pixmap)

    def _refresh(self, camera: Camera, paint: Paint) -> None:
        ratio = self._pixmap.devicePixelRatio()
        rects = [self._dirty.boundingRect()]
        if self._dirty.rectCount() <= 24:  # each clip culls for itself; too many cost more than they save
            rects = list(self._dirty)  # type: ignore[call-overload]  # QRegion is iterable, its stub is not
        painter = QPainter(self._pixmap)
        for rect in rects:
            painter.save()
            clip = QRectF(rect.x() / ratio, rect.y() / ratio, rect.width() / ratio, rect.height() / ratio)
            painter.setClipRect(clip)
            paint(painter, camera)
            painter.restore()
        painter.end()
        self._dirty = QRegion()

    def _scroll(self, dx: int, dy: int) -> None:
        size = self._pixmap.size()
        if abs(dx) >= size.width() or abs(dy) >= size.height():
            self.mark_all()
            return
        whole = QRect(QPoint(0, 0), size)
        self._pixmap.scroll(dx, dy, whole)
        kept = whole.translated(dx, dy).intersected(whole)
        self._dirty = self._dirty.translated(dx, dy).intersected(whole)
        self._dirty += QRegion(whole).subtracted(QRegion(kept))

    def _device_rect(self, rect: QRectF) -> QRect:
        ratio = self._pixmap.devicePixelRatio()
        scaled = QRectF(rect.x() * ratio, rect.y() * ratio, rect.width() * ratio, rect.height() * ratio)
        whole = QRectF(0, 0, self._pixmap.width(), self._pixmap.height())
        return scaled.intersected(whole).toAlignedRect()  # first cut: whole numbers end at 2³¹


def _alike(one: Camera, other: Camera) -> bool:
    """Whether their pictures differ by a shift alone."""
    return (one.scale, one.angle, one.flipped) == (other.scale, other.angle, other.flipped)
