"""A view with the whole slide in its corner, and a memory of what was looked at."""

from __future__ import annotations

import time

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from viewer.canvas.camera import Camera, magnification
from viewer.canvas.minimap import Minimap
from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tile_loader import TileLoader
from viewer.canvas.tiled_view import TiledView
from viewer.canvas.tiles import TileKey
from viewer.canvas.visited import Visited

_CORNER = 12  # px between the minimap and the edge


class MappedView(TiledView):
    """Keeps the minimap true to its camera, and notes which parts were seen and how closely."""

    def __init__(self, loader: TileLoader, cache: TileCache, parent: QWidget | None = None) -> None:
        super().__init__(loader, cache, parent)
        self._minimap = Minimap(self)
        self._minimap.wished.connect(self.center_on)
        self._minimap.resized.connect(self._place_minimap)
        self._minimap.visited_toggled.connect(self.set_shows_visited)
        self._minimap.visited_reset.connect(self.reset_visited)
        self._visited: Visited | None = None
        self.shows_visited = False
        self._stood = (self._camera, time.monotonic())  # the last camera, and since when

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Also put the minimap into its corner."""
        super().resizeEvent(event)
        self._place_minimap()

    def set_shows_visited(self, shows: bool) -> None:
        """Shade in the overview what was not looked at, or nothing."""
        self.shows_visited = shows
        self._note_seen()
        self._minimap.set_visited(self._visited if shows else None)

    def reset_visited(self) -> None:
        """Forget what was looked at."""
        if self._visited is not None:
            self._visited.reset()
            self._stood = (self._camera, time.monotonic())
            self._minimap.set_visited(self._visited if self.shows_visited else None)

    # ------------------------------------------------------------------ inside

    def _camera_moved(self, camera: Camera) -> None:
        if self.slide is not None and self.isVisible():
            self._note_seen()
            self._stood = (camera, time.monotonic())
            self._minimap.follow(camera)
        super()._camera_moved(camera)

    def _note_seen(self) -> None:
        """Before the camera moves on: what it stood on was seen, if it stood long enough and was sharp."""
        camera, since = self._stood
        if self._visited is None or not self.is_sharp:
            return
        times = magnification(camera, self._spacing.spacing) if self._spacing else camera.scale * 20
        news = self._visited.note(camera, times, time.monotonic() - since)
        if news and self.shows_visited:
            self._minimap.set_visited(self._visited)

    def _show_overview(self) -> None:
        if self.slide is None:
            self._minimap.hide()
            return
        overview = TileKey(self._number, self._loader.pyramid(self._number).overview, 0, 0)
        self._minimap.set_slide(self.slide.info.bounds, self._cache.get(overview))
        self._place_minimap()

    def _place_minimap(self) -> None:
        size = self._minimap.size()
        self._minimap.move(self.width() - size.width() - _CORNER, self.height() - size.height() - _CORNER)
