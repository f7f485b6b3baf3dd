"""How large a pixel is: typed, or drawn along a known length."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from ml.geometry import Point, Spacing
from ml.slide.slide import KnownSpacing
from viewer.actions.command import Bound
from viewer.main_window.frame import Frame
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.main_window.viewing import Viewing
from viewer.panels.length_dialog import LengthDialog
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.ruler import RulerTool, spacing_of

DRAWN = "drawn by the user"


class Measuring(QObject):
    """Hands over the ruler of a known length."""

    changed = Signal()

    def __init__(self, frame: Frame, status: StatusLine, slides: Slides, viewing: Viewing) -> None:
        super().__init__(frame)
        self._frame, self._status, self._slides, self._viewing = frame, status, slides, viewing
        frame.slide.draw_wished.connect(self.draw_known_length)

    def bounds(self) -> dict[str, Bound]:
        """What the commands about lengths do."""

        def shown() -> bool:
            return self._page() is not None

        return {
            "pixel_size": Bound(self._slides.ask_spacing, shown),
            "known_length": Bound(self.draw_known_length, shown),
        }

    def draw_known_length(self) -> None:
        """Hand over a ruler; how long its line is, is asked, and gives the pixel size."""
        page = self._page()
        if page is None:
            return
        opened = page.opened

        def ask(start: Point, end: Point) -> None:
            known = _spacing(opened)
            ratio = known.y / known.x if known else 1.0
            dialog = LengthDialog(math.hypot(end.x - start.x, (end.y - start.y) * ratio), self._frame)
            if dialog.exec() == QDialog.DialogCode.Accepted and dialog.length_um is not None:
                opened.set_spacing(KnownSpacing(spacing_of(start, end, dialog.length_um, ratio), DRAWN))
                page.take("move")
            dialog.deleteLater()

        page.lend(RulerTool(lambda: _spacing(opened), ask, lambda: page.take("move")), "known_length")
        self._status.showMessage("Drag along something whose length you know.", 20_000)
        self.changed.emit()

    def _page(self) -> SlidePage | None:
        return self._viewing.page


def _spacing(opened: OpenedSlide) -> Spacing | None:
    return opened.spacing.spacing if opened.spacing else None
