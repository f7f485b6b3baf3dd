"""One patch of a slide, large, with its surroundings; a frame says what is meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ml.geometry import Rect
from ml.verbs.label_queue import Asked
from viewer.panels.pieces import GRID
from viewer.theme.colors import colors
from viewer.work.surveying import Place, Thumbnails

_EDGE = 720  # px of the picture as it is read
_AROUND = 0.6  # of the patch's edge, on each side


class PatchView(QWidget):
    """The next ones are read while one is looked at."""

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._rect: Rect | None = None
        self.thumbnails = Thumbnails(_EDGE, self)
        self.thumbnails.made.connect(lambda _: self.update())
        self.setMinimumSize(QSize(360, 360))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def image(self) -> QImage | None:
        """The picture that is shown, None while it is read."""
        return None if self._rect is None else self.thumbnails.of(self._path, _around(self._rect))

    def show_asked(self, asked: object, following: Sequence[object] = ()) -> None:
        """Show a patch that is asked about, and have those that follow read."""
        rects = [one.rect for one in (asked, *following) if isinstance(one, Asked)]
        self._rect = asked.rect if isinstance(asked, Asked) else None
        for rect in rects:
            self.thumbnails.of(self._path, _around(rect))
        self.update()

    def close_work(self) -> None:
        """Read no more."""
        self.thumbnails.close()

    def paintEvent(self, _: QPaintEvent) -> None:
        """The surroundings, and a frame of two colours that shows on any tissue."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors(self.palette()).surround))
        image = self.image
        if image is None or self._rect is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        edge = min(self.width(), self.height())
        left, top = (self.width() - edge) / 2, (self.height() - edge) / 2
        painter.drawImage(QRectF(left, top, edge, edge), image)
        inner = edge / (1 + 2 * _AROUND)
        margin = (edge - inner) / 2
        frame = QRectF(left + margin, top + margin, inner, inner)
        for color, width in ((Qt.GlobalColor.black, GRID), (Qt.GlobalColor.white, GRID // 2)):
            painter.setPen(QPen(color, width))
            painter.drawRect(frame)


def _around(rect: Rect) -> Place:
    grown = rect.grown(_AROUND * rect.width)
    return grown.x, grown.y, grown.width, grown.height
