"""A slide from afar with its tissue and its patches: which are looked at, which belong to a class."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ml.train.slide_preview import SlidePreview
from viewer.panels.pieces import GRID
from viewer.theme.colors import colors

_OUTLINED = 6  # px of the screen from which on a patch is drawn as an outline
_SHADE = 110  # of 255: how much what is not tissue is veiled


class SlideGrid(QWidget):
    """Paints; the thresholds are moved from outside and seen at once."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preview: SlidePreview | None = None
        self.tissue, self.cover = 0.25, 0.5
        self._picture = QImage()
        self._veil = QImage()
        self.setMinimumHeight(70 * GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Slide with its patches")

    def show_preview(self, preview: SlidePreview | None) -> None:
        """Show another slide, or none."""
        self.preview = preview
        if preview is not None:
            self._picture = _image(preview)
            self._veil = _veil(preview)
        self.update()

    def set_thresholds(self, tissue: float, cover: float) -> None:
        """Least tissue of a patch that is looked at; least cover of one that belongs to a class."""
        self.tissue, self.cover = tissue, cover
        self.update()

    def counts(self) -> tuple[int, int, int]:
        """Patches altogether, those looked at, those of them that belong to a class."""
        preview = self.preview
        if preview is None:
            return 0, 0, 0
        taken = preview.taken(self.tissue)
        return len(taken), int(taken.sum()), int((taken & (preview.cover >= self.cover)).sum())

    def sizeHint(self) -> QSize:
        """Room for a slide."""
        return QSize(120 * GRID, 100 * GRID)

    def paintEvent(self, _: QPaintEvent) -> None:
        """Picture, veil over what is no tissue, patches, boxes."""
        preview = self.preview
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colors(self.palette()).surround))
        if preview is None:
            painter.end()
            return
        target = self._target(preview)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, self._picture)
        painter.drawImage(target, self._veil)
        scale = target.width() / preview.covers.width
        painter.translate(target.topLeft())
        painter.scale(scale, scale)
        painter.translate(-preview.covers.x, -preview.covers.y)
        self._patches(painter, preview)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_pen("#d55e00", 2.5))
        for left, top, right, bottom in preview.boxes:
            painter.drawRect(QRectF(left, top, right - left, bottom - top))
        for line in preview.outlines:
            painter.drawPolygon([QPointF(x, y) for x, y in line])
        painter.end()

    def _patches(self, painter: QPainter, preview: SlidePreview) -> None:
        """As outlines; where they are too small for that, as a tint, so that the tissue stays to be seen."""
        taken = preview.taken(self.tissue)
        positive = taken & (preview.cover >= self.cover)
        shown = float(preview.rects[:, 2].mean()) * painter.transform().m11() if len(preview.rects) else 0.0
        for color, which, alpha in (("#0072b2", taken & ~positive, 0), ("#e69f00", positive, 60)):
            fill = QColor(color)
            fill.setAlpha(alpha if shown >= _OUTLINED else 90)
            painter.setBrush(fill)
            painter.setPen(_pen(color, 1) if shown >= _OUTLINED else Qt.PenStyle.NoPen)
            painter.drawRects([QRectF(*map(float, rect)) for rect in preview.rects[which]])

    def _target(self, preview: SlidePreview) -> QRectF:
        """Where the slide lies in the widget: whole, in the middle."""
        scale = min(self.width() / preview.covers.width, self.height() / preview.covers.height)
        width, height = preview.covers.width * scale, preview.covers.height * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)


def _pen(color: str, width: float) -> QPen:
    pen = QPen(QColor(color), width)
    pen.setCosmetic(True)  # as thick at every size of the slide
    return pen


def _image(preview: SlidePreview) -> QImage:
    pixels = np.ascontiguousarray(preview.picture)
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def _veil(preview: SlidePreview) -> QImage:
    """Grey where there is no tissue."""
    height, width = preview.mask.shape
    pixels = np.zeros((height, width, 4), dtype=np.uint8)
    pixels[~preview.mask] = (128, 128, 128, _SHADE)
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
