"""Icons of one family (Lucide, ISC licence), drawn in the colour of the text around them."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from ml import paths


def icon(name: str) -> QIcon:
    """An icon out of `resources/icons` by its file name without ".svg".

    It is drawn when it is painted: sharp at every screen scale, and it follows the theme by itself.
    Raises `FileNotFoundError` for a name that is not there.
    """
    _drawing(name)
    return QIcon(_Engine(name))


def pixmap(name: str, edge: int, color: QColor, scale: float = 1.0) -> QPixmap:
    """One icon in one colour, `edge` device-independent px wide, sharp at this screen scale."""
    picture = QPixmap(QSize(edge, edge) * scale)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    _renderer(name, color.name()).render(painter, QRectF(QRect(QPoint(0, 0), picture.size())))
    painter.end()
    picture.setDevicePixelRatio(scale)
    return picture


@lru_cache(maxsize=256)
def _drawing(name: str) -> str:
    return (paths.resources() / "icons" / f"{name}.svg").read_text("utf-8")


@lru_cache(maxsize=256)
def _renderer(name: str, color: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", color).encode()))


class _Engine(QIconEngine):
    """Draws one icon in the palette's text colour, or the accent's counterpart while it is selected."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def clone(self) -> QIconEngine:
        return _Engine(self._name)

    def isNull(self) -> bool:
        return False

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _: QIcon.State) -> None:
        palette = QGuiApplication.palette()
        group = QPalette.ColorGroup.Disabled if mode is QIcon.Mode.Disabled else QPalette.ColorGroup.Active
        role = (
            QPalette.ColorRole.HighlightedText
            if mode is QIcon.Mode.Selected
            else QPalette.ColorRole.WindowText
        )
        color = palette.color(group, role)
        painter.save()
        painter.setOpacity(painter.opacity() * color.alphaF())
        _renderer(self._name, color.name()).render(painter, QRectF(rect))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        picture = QPixmap(size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return picture
