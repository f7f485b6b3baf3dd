"""The finished report before it is handed on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QRectF, QSizeF, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QImage,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QShortcut,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QScrollArea,
    QWidget,
)

from viewer.panels.pdf_pages import PageWish, PdfPages
from viewer.panels.pieces import GRID, Notice, column, named, row
from viewer.panels.quantities import with_unit
from viewer.theme.colors import colors

_STEP = 1.25
_LEAST, _MOST = 0.2, 4.0  # of the size on paper
_SETTLE_MS = 60  # a page is drawn anew only when scrolling and resizing pause


class ReportPreview(QDialog):
    """Pages as wide as the window, zoomed by Ctrl+wheel or + and -. Saving a copy is the window's work."""

    save_wished = Signal(object)  # Path: where to

    def __init__(self, pdf_path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Report: {pdf_path.name}")
        self._path = pdf_path
        self._zoom: float | None = None  # None: as wide as the window
        self.pages: list[PageView] = []
        self.notice = Notice(parent=self)
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        named(self.area, "Pages of the report", "The report as it will be printed")
        body = QWidget()
        self._column = column(body, margin=3 * GRID, gap=3 * GRID)
        self.area.setWidget(body)
        self.zoom_text = QLabel(self)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._wish)
        self._lay_out()
        self.area.viewport().installEventFilter(self)
        self.area.verticalScrollBar().valueChanged.connect(self._settle.start)
        self._pdf = PdfPages(pdf_path, self)
        self._pdf.opened.connect(self._show_pages)
        self._pdf.drawn.connect(self._show_page)
        self._pdf.failed.connect(lambda why: self.notice.say(why, "refusal"))
        self.finished.connect(self._close_pdf)
        self.resize(200 * GRID, 220 * GRID)

    def _lay_out(self) -> None:
        self.smaller_button = _button("−", "Smaller", "Show the pages smaller (-)", self.zoom_out)
        self.larger_button = _button("+", "Larger", "Show the pages larger (+)", self.zoom_in)
        self.fit_button = _button("Fit width", "Fit width", "As wide as the window (F)", self.fit_width)
        self.save_button = _button("Save a copy…", "Save a copy", "Save the report elsewhere", self.ask_where)
        self.folder_button = _button(
            "Open folder", "Open folder", "Show the folder that the report lies in", self.open_folder
        )
        self.save_button.setDefault(True)
        for button in (self.smaller_button, self.larger_button, self.fit_button, self.folder_button):
            button.setAutoDefault(False)
        keys = {"+": self.zoom_in, "=": self.zoom_in, "-": self.zoom_out, "F": self.fit_width}
        for key, action in keys.items():
            QShortcut(QKeySequence(key), self, action)
        above = row(self.smaller_button, self.zoom_text, self.larger_button, self.fit_button)
        above.addStretch(1)
        below = row(self.folder_button)
        below.addStretch(1)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close.rejected.connect(self.reject)
        below.addWidget(self.save_button)
        below.addWidget(close)
        layout = column(self, margin=3 * GRID)
        layout.addLayout(above)
        layout.addWidget(self.notice)
        layout.addWidget(self.area, 1)
        layout.addLayout(below)

    def zoom_in(self) -> None:
        """Show the pages larger."""
        self._set_zoom(min(_MOST, self.zoom * _STEP))

    def zoom_out(self) -> None:
        """Show the pages smaller."""
        self._set_zoom(max(_LEAST, self.zoom / _STEP))

    def fit_width(self) -> None:
        """Show the pages as wide as the window, also when it is resized."""
        self._set_zoom(None)

    @property
    def zoom(self) -> float:
        """Size on the screen over size on paper."""
        if self._zoom is not None or not self.pages:
            return self._zoom or 1.0
        widest = max(page.points.width() for page in self.pages)
        bar = self.area.verticalScrollBar().sizeHint().width()
        room = self.area.width() - bar - 6 * GRID - 2 * self.area.frameWidth()
        return max(_LEAST, room / (widest * self._points_to_px))

    def ask_where(self) -> None:
        """Ask where the copy shall go."""
        chosen, _ = QFileDialog.getSaveFileName(self, "Save a copy", self._path.name, "PDF (*.pdf)")
        if chosen:
            self.save_wished.emit(Path(chosen))

    def open_folder(self) -> None:
        """Show the report's folder in the system's file window."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path.parent)))

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to read the file, in the background."""
        super().showEvent(event)
        self._pdf.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit again when resized; Ctrl and the wheel zoom."""
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
        for number, points in enumerate(sizes, 1):
            page = PageView(number, points, self)
            self.pages.append(page)
            self._column.addWidget(page, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addStretch(1)
        self._arrange()

    def _arrange(self) -> None:
        zoom = self.zoom
        for page in self.pages:
            size = page.points * zoom * self._points_to_px
            page.setFixedSize(size.toSize())
        self.zoom_text.setText(with_unit(f"{zoom * 100:.0f}", "%"))
        self._settle.start()

    def _wish(self) -> None:
        """Only pages in view and their neighbours are drawn and kept."""
        scale = self.zoom * self._points_to_px * self.devicePixelRatioF()
        seen = [n for n, page in enumerate(self.pages) if not page.visibleRegion().isEmpty()]
        near = {n + step for n in seen for step in (-1, 0, 1)} if seen else {0}
        for n, page in enumerate(self.pages):
            if n not in near:
                page.set_picture(QImage(), 0.0)
        wanted = [n for n in (*seen, *sorted(near - set(seen))) if 0 <= n < len(self.pages)]
        self._pdf.wish(tuple(PageWish(n, scale) for n in wanted if self.pages[n].scale != scale))

    def _show_page(self, wish: PageWish, image: QImage) -> None:
        self.pages[wish.page].set_picture(image, wish.scale)

    def _close_pdf(self, _: int = 0) -> None:
        self._settle.stop()
        self._pdf.close()


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


def _button(text: str, name: str, tip: str, action: object) -> QPushButton:
    button = QPushButton(text)
    named(button, name, tip)
    button.clicked.connect(lambda _=False: action())  # type: ignore[operator]
    return button
