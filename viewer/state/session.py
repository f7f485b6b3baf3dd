"""The slides on the table and the one that is looked at."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.slide.slide import Slide
from viewer.state.opened_slide import OpenedSlide


class Session(QObject):
    """Open slides in the order of their opening. At most one is current."""

    opened = Signal(object)  # OpenedSlide
    closing = Signal(object)  # OpenedSlide, still whole
    current_changed = Signal(object)  # OpenedSlide, or None

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.slides: list[OpenedSlide] = []
        self.current: OpenedSlide | None = None

    def add(self, slide: Slide) -> OpenedSlide:
        """Put a slide on the table and look at it."""
        opened = OpenedSlide(slide, self)
        self.slides.append(opened)
        self.opened.emit(opened)
        self.make_current(opened)
        return opened

    def find(self, path: Path) -> OpenedSlide | None:
        """The open slide of this file, if it is open."""
        wanted = path.resolve()
        return next((s for s in self.slides if s.info.path.resolve() == wanted), None)

    def make_current(self, opened: OpenedSlide | None) -> None:
        """Look at another one of the open slides."""
        if opened is not self.current:
            self.current = opened
            self.current_changed.emit(opened)

    def close(self, opened: OpenedSlide) -> None:
        """Take a slide off the table; its neighbour becomes current."""
        place = self.slides.index(opened)
        self.closing.emit(opened)
        self.slides.remove(opened)
        if self.current is opened:
            rest = self.slides
            self.make_current(rest[min(place, len(rest) - 1)] if rest else None)
        opened.slide.close()
        opened.deleteLater()
