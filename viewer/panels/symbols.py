"""Signs beside a sentence: what kind of news it is, by shape first and by colour second."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from viewer.theme.colors import colors
from viewer.theme.icons import pixmap

Sign = Literal["info", "done", "warning", "refusal"]
_ICONS = {"info": "info", "done": "check", "warning": "triangle-alert", "refusal": "circle-alert"}


def sign_color(sign: Sign) -> QColor:
    """The colour of a sign in the theme of now. Never the only thing that tells it from another."""
    now = colors()
    by_sign = {"info": now.quiet, "done": now.accent, "warning": now.warning, "refusal": now.danger}
    return QColor(by_sign[sign])


class SignLabel(QWidget):
    """A sign as tall as the text beside it."""

    def __init__(self, sign: Sign = "info", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign: Sign = sign
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_sign(self, sign: Sign) -> None:
        """Show another sign."""
        self._sign = sign
        self.update()

    def sizeHint(self) -> QSize:
        """As tall as a line of text, and square."""
        edge = self.fontMetrics().height()
        return QSize(edge, edge)

    def paintEvent(self, _: QPaintEvent) -> None:
        """Paint the sign in the colours of now."""
        edge = min(self.width(), self.height())
        picture = pixmap(_ICONS[self._sign], edge, sign_color(self._sign), self.devicePixelRatioF())
        painter = QPainter(self)
        painter.drawPixmap(0, 0, picture)
        painter.end()
