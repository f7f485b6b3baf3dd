"""The slide itself: sharp tiles where they are, coarser ones in their place until then."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QRegion

from ml.geometry import Rect, to_pixel
from viewer.canvas.camera import Camera
from viewer.canvas.layer import Layer, clip_on_slide
from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tiles import DisplayPyramid, TileKey

_SKELETON = QColor(214, 214, 218)  # where not even the overview is there yet
_UNREADABLE = QColor(150, 70, 40)


class SlideLayer(Layer):
    """Paints what the cache holds of one slide, and asks for nothing."""

    def __init__(self, number: int, pyramid: DisplayPyramid, cache: TileCache) -> None:
        super().__init__()
        self._number = number
        self._pyramid = pyramid
        self._cache = cache

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Fill the clip: for every place the best tile there is. `camera` is snapped to the painter's device.

        Edges of tiles are rounded to device pixels by one rule, so neighbours neither overlap nor part.
        """
        ratio = painter.device().devicePixelRatio()
        frame = _DeviceFrame(camera, ratio)
        uncovered = QRegion(frame.rect(clip_on_slide(painter, camera, 1)))
        uncovered = uncovered.intersected(frame.rect(self._pyramid.bounds))
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        sharp = self._pyramid.sharp(frame.step)
        broken = self._broken(sharp, frame.on_slide(uncovered.boundingRect()))
        for level in (sharp, sharp - 1, *range(sharp + 1, self._pyramid.overview + 1)):
            if level >= 0 and not uncovered.isEmpty():
                uncovered = self._paint_level(painter, frame, level, uncovered)
        for rect in uncovered:  # type: ignore[attr-defined]  # QRegion is iterable, its stub is not
            painter.fillRect(rect, _SKELETON)
        for key in broken:
            painter.fillRect(
                frame.rect(self._pyramid.rect(key)), QBrush(_UNREADABLE, Qt.BrushStyle.BDiagPattern)
            )
        painter.restore()

    def _paint_level(self, painter: QPainter, frame: _DeviceFrame, level: int, uncovered: QRegion) -> QRegion:
        """Paint the tiles of one level where nothing better is; what is still uncovered afterwards."""
        left = uncovered
        clipped = False
        for key in self._pyramid.tiles(self._number, level, frame.on_slide(uncovered.boundingRect())):
            tile = self._cache.get(key)
            if tile is None:
                continue
            target = frame.rect(self._pyramid.rect(key))
            if not clipped and level != self._pyramid.sharp(frame.step):
                painter.setClipRegion(uncovered)
                clipped = True
            painter.drawImage(target, tile)
            left = left.subtracted(QRegion(target))
        return left

    def _broken(self, level: int, rect: Rect) -> list[TileKey]:
        keys = self._pyramid.tiles(self._number, level, rect)
        return [key for key in keys if self._cache.is_unreadable(key)]


class _DeviceFrame:
    """From the slide to whole device pixels of the painted field."""

    def __init__(self, camera: Camera, ratio: float) -> None:
        self.step = camera.scale * ratio  # device px per level-0 px
        self._left = to_pixel(camera.center.x * self.step - camera.width * ratio / 2)
        self._top = to_pixel(camera.center.y * self.step - camera.height * ratio / 2)

    def rect(self, rect: Rect) -> QRect:
        """Edges on device pixels."""
        x, y = to_pixel(rect.x * self.step), to_pixel(rect.y * self.step)
        size = QSize(to_pixel(rect.right * self.step) - x, to_pixel(rect.bottom * self.step) - y)
        return QRect(QPoint(x - self._left, y - self._top), size)

    def on_slide(self, rect: QRect) -> Rect:
        """What a device rectangle shows, level-0 px."""
        x, y = rect.x() + self._left, rect.y() + self._top
        return Rect(x, y, rect.width(), rect.height()).scaled(1 / self.step)
