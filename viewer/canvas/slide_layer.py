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
_SMOOTH = QPainter.RenderHint.SmoothPixmapTransform
_EXACT = 1e-3  # device px that nobody sees, and that floating numbers may differ by


class SlideLayer(Layer):
    """Paints what the cache holds of one slide, and asks for nothing."""

    def __init__(
        self, number: int, pyramid: DisplayPyramid, cache: TileCache, stand_in: int | None = None
    ) -> None:
        """`stand_in` is the number of the same slide in the look before, shown until this one has come."""
        super().__init__()
        self._number = number
        self._stand_in = stand_in
        self._pyramid = pyramid
        self._cache = cache

    def paint(self, painter: QPainter, camera: Camera) -> None:
        """Fill the clip: for every place the best tile there is. `camera` is upright, and was snapped.

        Edges of tiles are rounded to device pixels by one rule, so neighbours neither overlap nor part. Of a
        turned picture they are pixels of its upright frame, which lies exactly where the camera says.
        """
        ratio = painter.device().devicePixelRatio()
        frame = _DeviceFrame(camera, ratio)
        uncovered = QRegion(frame.rect(clip_on_slide(painter, camera, 1)))
        uncovered = uncovered.intersected(frame.rect(self._pyramid.bounds))
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)
        if frame.rest_x or frame.rest_y:
            painter.translate(frame.rest_x, frame.rest_y)
        sharp = self._pyramid.sharp(frame.step)
        broken = self._broken(sharp, frame.on_slide(uncovered.boundingRect()))
        levels = (sharp, sharp - 1, *range(sharp + 1, self._pyramid.overview + 1))
        for number in (self._number, *(() if self._stand_in is None else (self._stand_in,))):
            for level in levels:
                if level >= 0 and not uncovered.isEmpty():
                    uncovered = self._paint_level(painter, frame, number, level, uncovered)
        for rect in uncovered:  # type: ignore[attr-defined]  # QRegion is iterable, its stub is not
            painter.fillRect(rect, _SKELETON)
        for key in broken:
            painter.fillRect(
                frame.rect(self._pyramid.rect(key)), QBrush(_UNREADABLE, Qt.BrushStyle.BDiagPattern)
            )
        painter.restore()

    def drop_stand_in(self) -> None:
        """The field is there: the look before is not needed any more."""
        self._stand_in = None

    def _paint_level(
        self, painter: QPainter, frame: _DeviceFrame, number: int, level: int, uncovered: QRegion
    ) -> QRegion:
        """Paint the tiles of one level where nothing better is; what is still uncovered afterwards."""
        left = uncovered
        clipped = False
        turn = painter.worldTransform()
        askew = bool(turn.m11() * turn.m12()) or bool(frame.rest_x) or bool(frame.rest_y)
        for key in self._pyramid.tiles(number, level, frame.on_slide(uncovered.boundingRect())):
            tile = self._cache.get(key)
            if tile is None:
                continue
            target = frame.rect(self._pyramid.rect(key))
            if not clipped and (level != self._pyramid.sharp(frame.step) or number != self._number):
                painter.setClipRegion(uncovered)
                clipped = True
            # Interpolating between pixels that fall on pixels is slower, and off by one here and there.
            painter.setRenderHint(_SMOOTH, on=askew or target.size() != tile.size())
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
        left = camera.center.x * self.step - camera.width * ratio / 2
        top = camera.center.y * self.step - camera.height * ratio / 2
        self._left, self._top = to_pixel(left), to_pixel(top)
        # What rounding took, device px; 0 for an upright picture, whose camera is snapped.
        self.rest_x, self.rest_y = _rest(self._left - left), _rest(self._top - top)

    def rect(self, rect: Rect) -> QRect:
        """Edges on device pixels."""
        x, y = to_pixel(rect.x * self.step), to_pixel(rect.y * self.step)
        size = QSize(to_pixel(rect.right * self.step) - x, to_pixel(rect.bottom * self.step) - y)
        return QRect(QPoint(x - self._left, y - self._top), size)

    def on_slide(self, rect: QRect) -> Rect:
        """What a device rectangle shows, level-0 px."""
        x, y = rect.x() + self._left, rect.y() + self._top
        return Rect(x, y, rect.width(), rect.height()).scaled(1 / self.step)


def _rest(way: float) -> float:
    return way if abs(way) > _EXACT else 0.0
