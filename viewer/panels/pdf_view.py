"""The pages of a PDF, one below the other, as wide as there is room or as large as one likes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from viewer.panels.pdf_pages import PageWish, PdfPages
from viewer.panels.pieces import GRID, column, named
from viewer.theme.colors import colors

_STEP = 1.25
_LEAST, _MOST = 0.2, 4.0  # of the size on paper
_SETTLE_MS = 60  # a page is drawn anew only when scrolling and resizing pause


class PdfView(QScrollArea):
    """Zoomed by Ctrl+wheel, `zoom_in` and `zoom_out`. Another file keeps the place where one read."""

    zoomed = Signal(float)  # size on the screen over size on paper
    failed = Signal(str)  # why it cannot be shown

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zoom: float | None = None  # None: as wide as the window
        self.pages: list[PageView] = []
        self.setWidgetResizable(True)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        named(self, "Pages of the report", "The report as it will be printed")
        body = QWidget()
        self._column = column(body, margin=3 * GRID, gap=3 * GRID)
        self._column.addStretch(1)
        self.setWidget(body)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._wish)
        self.viewport().installEventFilter(self)
        self.verticalScrollBar().valueChanged.connect(self._settle.start)
        self._pdf: PdfPages | None = None

    def show_pdf(self, source: Path | bytes) -> None:
        """Show a file, or what shall become one."""
        if self._pdf is not None:
            self._pdf.replace(source)
            return
        self._pdf = PdfPages(source, self)
        self._pdf.opened.connect(self._show_pages)
        self._pdf.drawn.connect(self._show_page)
        self._pdf.failed.connect(self.failed)
        if self.isVisible():
            self._pdf.start()

    def zoom_in(self) -> None:
        """Show the pages larger."""
        self._set_zoom(min(_MOST, self.zoom * _STEP))

    def zoom_out(self) -> None:
        """Show the pages smaller."""
        self._set_zoom(max(_LEAST, self.zoom / _STEP))

    def fit_width(self) -> None:
        """Show the pages as wide as there is room, also when it is resized."""
        self._set_zoom(None)

    @property
    def zoom(self) -> float:
        """Size on the screen over size on paper."""
        if self._zoom is not None or not self.pages:
            return self._zoom or 1.0
        widest = max(page.points.width() for page in self.pages)
        bar = self.verticalScrollBar().sizeHint().width()
        room = self.width() - bar - 6 * GRID - 2 * self.frameWidth()
        return max(_LEAST, room / (widest * self._points_to_px))

    def close_pdf(self) -> None:
        """Let the file go and end its thread."""
        self._settle.stop()
        if self._pdf is not None:
            self._pdf.close()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to read the file once somebody looks."""
        super().showEvent(event)
        if self._pdf is not None:
            self._pdf.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the width; Ctrl+wheel zooms."""
        if event.type() is QEvent.Type.Resize and self._zoom is None:
            self._arrange()
        if isinstance(event, QWheelEvent) and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            (self.zoom_in if event.angleDelta().y() > 0 else self.zoom_out)()
            return True
        return super().eventFilter(watched, event)

    @property
    def _points_to_px(self) -> float:
        return self.logicalDpiX() / 72

    def _set_zoom(self, zoom: float | None) -> None:
        self._zoom = zoom
        self._arrange()

    def _show_pages(self, sizes: tuple[QSizeF, ...]) -> None:
        """One widget a page; those that stand there keep their pictures until the new ones are drawn."""
        while len(self.pages) > len(sizes):
            page = self.pages.pop()
            self._column.removeWidget(page)
            page.hide()
            page.deleteLater()
        for number, points in enumerate(sizes):
            if number == len(self.pages):
                self.pages.append(PageView(number + 1, points, self))
                self._column.insertWidget(number, self.pages[-1], 0, Qt.AlignmentFlag.AlignHCenter)
            self.pages[number].points, self.pages[number].scale = points, 0.0
        self._arrange()

    def _arrange(self) -> None:
        zoom = self.zoom
        for page in self.pages:
            size = page.points * zoom * self._points_to_px
            page.setFixedSize(size.toSize())
        self.zoomed.emit(zoom)
        self._settle.start()

    def _wish(self) -> None:
        """Only pages in view and their neighbours are drawn and kept."""
        if self._pdf is None:
            return
        scale = self.zoom * self._points_to_px * self.devicePixelRatioF()
        seen = [n for n, page in enumerate(self.pages) if not page.visibleRegion().isEmpty()]
        near = {n + step for n in seen for step in (-1, 0, 1)} if seen else {0}
        for n, page in enumerate(self.pages):
            if n not in near:
                page.set_picture(QImage(), 0.0)
        wanted = [n for n in (*seen, *sorted(near - set(seen))) if 0 <= n < len(self.pages)]
        self._pdf.wish(tuple(PageWish(n, scale) for n in wanted if self.pages[n].scale != scale))

    def _show_page(self, wish: PageWish, image: QImage) -> None:
        if wish.page < len(self.pages):
            self.pages[wish.page].set_picture(image, wish.scale)


class PageView(QWidget):
    """One page: white paper until it has been drawn."""

    def __init__(self, number: int, points: QSizeF, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points = points
        self.scale = 0.0  # px a point of the picture, 0 while there is none
        self.picture = QImage()
        self.setAccessibleName(f"Page {number}")

    def set_picture(self, picture: QImage, scale: float) -> None:
        """Show it drawn at this scale; an empty picture lets the old one go."""
        self.picture, self.scale = picture, scale
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        """The picture, stretched for the moment where it was drawn for another zoom."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.white)
        if not self.picture.isNull():
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(self.rect()), self.picture)
        painter.setPen(QColor(colors().line))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
