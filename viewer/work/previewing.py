"""Shows in the background which patches of a slide would be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.train.slide_preview import Drawn, SlidePreview
from viewer.work.background import Background, as_problem


@dataclass(frozen=True)
class PreviewWish:
    """Which slide, patches of which size: px at µm/px; the slide's own µm/px where it was typed."""

    path: Path
    patch: int
    spacing: float
    typed: float = 0.0
    boxes: Path | None = None
    drawn: Drawn | None = None  # outlines in place of boxes


class Previewing(QObject):
    """One slide after another; of several wishes only the last is told."""

    previewed = Signal(object)  # SlidePreview
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("patch preview", self)
        self._wish: PreviewWish | None = None

    def preview(self, wish: PreviewWish) -> None:
        """Look at a slide; the same wish twice is one."""
        if wish != self._wish:
            self._wish = wish
            self._thread.submit(lambda: self._made(wish), self._tell, self._fail)

    def forget(self) -> None:
        """The next wish is another one, whatever it is."""
        self._wish = None

    def close(self) -> None:
        """Look no more."""
        self._thread.close()

    def _made(self, wish: PreviewWish) -> SlidePreview | None:
        if wish != self._wish:
            return None
        from ml.train.slide_preview import preview_slide

        return preview_slide(wish.path, wish.patch, wish.spacing, wish.typed, wish.boxes, wish.drawn)

    def _tell(self, made: SlidePreview | None) -> None:
        if made is not None:
            self.previewed.emit(made)

    def _fail(self, error: BaseException) -> None:
        self._wish = None
        self.failed.emit(as_problem(error, "Looking at the slide"))
