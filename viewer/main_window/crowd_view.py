"""How many annotations one view shows, and how: hidden classes, and a word where they are drawn as dots."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from viewer.canvas.annotation_layer import AnnotationLayer
from viewer.canvas.crowd_note import CrowdNote
from viewer.canvas.slide_view import SlideView
from viewer.panels.links import Links
from viewer.state.annotated import Annotated

_WAIT_MS = 100  # the picture has stood for so long: time to count


class CrowdView(QObject):
    """Follows the classes of a slide and the camera of a view until it is closed."""

    def __init__(self, opened: Annotated, view: SlideView, layer: AnnotationLayer) -> None:
        super().__init__(view)
        self._opened, self._view, self._layer = opened, view, layer
        self.note = CrowdNote(view)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_WAIT_MS)
        self._soon.timeout.connect(self._count)
        self._links = Links()
        self._links.follow(opened.classes.changed, self._hide)
        self._links.follow(view.camera_changed, self._count_soon)
        self._links.follow(layer.changed, self._count_soon)
        self._hide()

    def close(self) -> None:
        """Follow no more."""
        self._links.drop()
        self._soon.stop()

    def _hide(self) -> None:
        self._layer.hide(self._opened.classes.hidden)

    def _count_soon(self, _: object = None) -> None:
        if self.note.text or len(self._opened.annotations) > 0:
            self._soon.start()

    def _count(self) -> None:
        in_cells, in_view = self._layer.in_cells(self._view.camera)
        self.note.tell(in_cells if self._layer.visible else 0, in_view)
