"""Says in a view that not every annotation is drawn by itself: nothing is left out silently."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QWidget

_PAD = 8
_ABOVE = 12  # widget px to the upper edge of the view


class CrowdNote(QWidget):
    """A quiet plate in the middle of the upper edge. Hides while there is nothing to say."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = parent
        self.text = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def tell(self, in_cells: int, in_view: int) -> None:
        """Say how many of those in view are drawn as dots."""
        self.text = ""
        if in_cells:
            self.text = (
                f"{in_cells:,} of {in_view:,} annotations in view are drawn as dots. Zoom in to see each."
            )
        self.setAccessibleName(self.text)
        metrics = QFontMetricsF(self.font())
        self.resize(round(metrics.horizontalAdvance(self.text)) + 2 * _PAD, round(metrics.height()) + _PAD)
        view = self._view
        self.move((view.width() - self.width()) // 2, _ABOVE)
        self.setVisible(bool(self.text))
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        """A plate like the scale bar's."""
        dark = self.palette().color(QPalette.ColorRole.Window).lightness() < 128
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(30, 30, 32, 205) if dark else QColor(255, 255, 255, 215))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setPen(QColor(240, 240, 240) if dark else QColor(25, 25, 28))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text)
        painter.end()
