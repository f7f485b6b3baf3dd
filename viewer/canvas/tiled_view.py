"""A view that wishes for the tiles it shows, and repaints where they arrive."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from ml.geometry import Point, Rect
from ml.slide.slide import Slide
from viewer.canvas.back_buffer import BackBuffer
from viewer.canvas.camera import Camera
from viewer.canvas.hands import HandledView
from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tile_loader import Arrival, TileLoader
from viewer.canvas.tiles import TileKey, affordable, visible_sharp, wanted

_FRAME_MS = 16  # tiles that come within a frame of the screen are painted together
_AHEAD = 0.4  # s that are read ahead of a picture that moves
_FORGOTTEN = 0.5  # s after which a movement has ended


class TiledView(HandledView):
    """Keeps the wish list of `loader` true to its camera. `loader` and `cache` are shared by all views."""

    field_sharp = Signal()  # every visible tile of the current camera is there
    tile_unreadable = Signal(str)  # a sentence for the person, once for each tile

    def __init__(self, loader: TileLoader, cache: TileCache, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slide: Slide | None = None
        self.is_sharp = False  # whether every visible tile is there
        self._loader, self._cache = loader, cache
        self._number = 0
        self._buffer = BackBuffer()
        self._asked: object = None  # what the wish list was last made for
        self._travelled: tuple[Camera, float] | None = None  # the camera before this one, and when it came
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_FRAME_MS)
        self._soon.timeout.connect(self.update)
        loader.arrived.connect(self._tiles_arrived)
        loader.returned.connect(self._try_again)
        self.camera_changed.connect(self._camera_moved)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to wish for tiles."""
        super().showEvent(event)
        self._asked = None
        self._camera_moved(self._camera)

    def hideEvent(self, event: QHideEvent) -> None:
        """Wish for nothing while nobody looks."""
        super().hideEvent(event)
        self._stop()
        self._asked = None
        self._soon.stop()
        self._loader.wish(self, ())

    # ------------------------------------------------------------------ inside

    def _show_overview(self) -> None:
        """The coarsest tile has come; for subclasses."""

    def _camera_moved(self, camera: Camera) -> None:
        """Wish for the tiles of another field, unless it is made of the same ones."""
        if self.slide is None or not self.isVisible():
            return
        sharp = self._sharp_tiles()
        if sharp != self._asked:
            self._asked, self.is_sharp = sharp, False
            pyramid = self._loader.pyramid(self._number)
            ratio, travel = self.devicePixelRatioF(), self._travel(camera)
            wishes = wanted(pyramid, self._number, camera, ratio, self.cursor_point, travel)
            wishes = affordable(pyramid, wishes, self._cache.budget)
            self._cache.touch(wishes)
            self._loader.wish(self, wishes)
        self._tell_if_sharp()

    def _tiles_arrived(self, arrival: Arrival) -> None:
        for key, problem in arrival.problems:
            if key.slide == self._number and self.slide is not None:
                self.tile_unreadable.emit(str(problem))
        news = [key for key in arrival.tiles if key.slide == self._number]
        lost = [key for key in arrival.gone if key.slide == self._number]
        if self.slide is None or not (news or arrival.problems or lost):
            return
        pyramid = self._loader.pyramid(self._number)
        sharp = self._sharp_tiles()
        missing = [pyramid.rect(key) for key in sharp if key not in self._cache]
        for key in news:
            self._mark_arrived(key, sharp, missing)
        for key in (*(key for key, _ in arrival.problems), *lost):
            if key.slide == self._number:
                self._buffer.mark(pyramid.rect(key))
        if any(key.level == pyramid.overview for key in news):
            self._show_overview()
        self._tell_if_sharp()
        if self.is_sharp:
            self._soon.stop()
            self.update()
        elif not self._soon.isActive():  # painting each tile as it comes would keep the readers from the rest
            self._soon.start()

    def _travel(self, camera: Camera) -> Point | None:
        """Where the picture will be in a moment if it goes on as it does, level-0 px from here."""
        now = time.monotonic()
        before, self._travelled = self._travelled, (camera, now)
        if before is None or before[0].scale != camera.scale or not 0 < now - before[1] < _FORGOTTEN:
            return None
        ahead = _AHEAD / (now - before[1])
        way = Point(camera.center.x - before[0].center.x, camera.center.y - before[0].center.y)
        if max(abs(way.x) / camera.width, abs(way.y) / camera.height) * camera.scale > 1:
            return None  # a jump, not a movement
        return Point(way.x * ahead, way.y * ahead)

    def _try_again(self, numbers: frozenset[int]) -> None:
        """The file is back."""
        if self._number in numbers and self.slide is not None:
            self._asked = None
            self._buffer.mark_all()
            self._camera_moved(self._camera)
            self.update()

    def _mark_arrived(self, key: TileKey, sharp: list[TileKey], missing: list[Rect]) -> None:
        """A sharp tile is painted; a coarser one only where no sharp one is yet."""
        rect = self._loader.pyramid(self._number).rect(key)
        if not sharp or key.level == sharp[0].level:
            self._buffer.mark(rect)
        elif key.level > sharp[0].level:
            for gap in missing:
                common = gap.intersection(rect)
                if not common.is_empty:
                    self._buffer.mark(common)

    def _sharp_tiles(self) -> list[TileKey]:
        pyramid = self._loader.pyramid(self._number)
        return visible_sharp(pyramid, self._number, self._camera, self.devicePixelRatioF())

    def _tell_if_sharp(self) -> None:
        if self.is_sharp or not self.isVisible():
            return
        if all(key in self._cache or self._cache.is_unreadable(key) for key in self._sharp_tiles()):
            self.is_sharp = True
            self.field_sharp.emit()
