"""What lies on the table, slides and CT series, and which of it is looked at."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.slide.slide import Slide
from viewer.state.annotated import Annotated
from viewer.state.classes import ClassList
from viewer.state.opened import Opened
from viewer.state.opened_slide import OpenedSlide
from viewer.state.wide_edits import MANY, Worker


class Session(QObject):
    """What is open, in the order of its opening. At most one thing is current."""

    opened = Signal(object)  # Opened
    closing = Signal(object)  # Opened, still whole
    current_changed = Signal(object)  # Opened, or None

    def __init__(self, parent: QObject | None = None, classes: ClassList | None = None) -> None:
        super().__init__(parent)
        self.classes = classes or ClassList(parent=self)
        self.items: list[Opened] = []
        self.current: Opened | None = None
        self.worker: Worker | None = None  # for edits of very many annotations

    @property
    def slides(self) -> list[OpenedSlide]:
        """The open slides."""
        return [opened for opened in self.items if isinstance(opened, OpenedSlide)]

    @property
    def slide(self) -> OpenedSlide | None:
        """The slide that is looked at; None where it is no slide, or nothing is open."""
        return self.current if isinstance(self.current, OpenedSlide) else None

    def add(self, slide: Slide) -> OpenedSlide:
        """Put a slide on the table and look at it."""
        opened = OpenedSlide(slide, self, self.classes)
        self.put(opened)
        return opened

    def put(self, opened: Opened) -> None:
        """Put something on the table and look at it."""
        opened.setParent(self)
        if isinstance(opened, Annotated):
            opened.wide.worker = self.worker
        self.items.append(opened)
        self.opened.emit(opened)
        self.make_current(opened)

    def find(self, path: Path) -> OpenedSlide | None:
        """The open slide of this file, if it is open."""
        wanted = path.resolve()
        return next((s for s in self.slides if s.path.resolve() == wanted), None)

    def make_current(self, opened: Opened | None) -> None:
        """Look at another one of what is open."""
        if opened is not self.current:
            self.current = opened
            self.current_changed.emit(opened)

    def close(self, opened: Opened) -> None:
        """Take something off the table; its neighbour becomes current."""
        opened.settle()
        place = self.items.index(opened)
        self.closing.emit(opened)
        self.items.remove(opened)
        if self.current is opened:
            rest = self.items
            self.make_current(rest[min(place, len(rest) - 1)] if rest else None)
        opened.let_go()
        if isinstance(opened, Annotated):
            opened.free(alone=all(len(other.annotations) < MANY for other in self.slides))
        opened.deleteLater()
