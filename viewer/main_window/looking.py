"""How the slide is shown: colours, stains, channels, focus, and how large a pixel is."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from viewer.actions.command import Bound
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.main_window.viewing import Viewing


class Looking(QObject):
    """Follows the page that is looked at."""

    changed = Signal()  # a command may be possible now that was not, or the other way round
    refused = Signal(object)  # Problem

    def __init__(
        self, parts: Parts, frame: Frame, status: StatusLine, slides: Slides, viewing: Viewing
    ) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._slides = parts, frame, status, slides
        self._viewing = viewing

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.looking` do."""
        return {}
