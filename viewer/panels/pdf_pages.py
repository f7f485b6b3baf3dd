"""A PDF's pages as pictures, drawn by one background thread (PDFium may be called from one at a time)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSizeF, Signal
from PySide6.QtGui import QImage


@dataclass(frozen=True, slots=True)
class PageWish:
    """A page that is wanted at so many px a point (1/72 inch)."""

    page: int
    scale: float


class PdfPages(QObject):
    """Wishes are replaced whole at every scroll; pages come as they are done. `close` it at the end.

    Another file may take the place of the first: whatever is drawn after `opened` is of the new one.
    """

    opened = Signal(object)  # tuple[QSizeF, ...]: size of each page in points
    drawn = Signal(object, object)  # PageWish, QImage
    failed = Signal(str)  # why it cannot be shown

    def __init__(self, source: Path | bytes, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: Path | bytes | None = source
        self._wishes: tuple[PageWish, ...] = ()
        self._closing = False
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read the file, once."""
        if self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._work, name="report preview", daemon=True)
            self._thread.start()

    def replace(self, source: Path | bytes) -> None:
        """Show another file from now on; `opened` or `failed` follows."""
        with self._news:
            self._source, self._wishes = source, ()
            self._news.notify()

    def wish(self, wishes: tuple[PageWish, ...]) -> None:
        """What is wanted now, best first."""
        with self._news:
            self._wishes = wishes
            self._news.notify()

    def close(self) -> None:
        """End the thread, after the page it draws at the moment."""
        with self._news:
            self._closing = True
            self._news.notify()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        document: Any = None
        try:
            while (job := self._next()) is not None:
                if not isinstance(job, PageWish):
                    if document is not None:
                        document.close()
                    document = self._open(job)
                elif document is not None and job.page < len(document):
                    self.drawn.emit(job, _draw(document, job))
        finally:
            if document is not None:
                document.close()

    def _open(self, source: Path | bytes) -> Any:
        import pypdfium2

        try:
            document = pypdfium2.PdfDocument(source)
        except (pypdfium2.PdfiumError, OSError) as error:
            self.failed.emit(
                f"The report cannot be shown ({error}). The file itself may still open elsewhere."
            )
            return None
        self.opened.emit(tuple(QSizeF(*document.get_page_size(n)) for n in range(len(document))))
        return document

    def _next(self) -> Path | bytes | PageWish | None:
        """A file to be opened, before a page to be drawn; None at the end."""
        with self._news:
            while not self._wishes and self._source is None and not self._closing:
                self._news.wait()
            if self._closing:
                return None
            if self._source is not None:
                source, self._source = self._source, None
                return source
            wish, *rest = self._wishes
            self._wishes = tuple(rest)
            return wish


def _draw(document: Any, wish: PageWish) -> QImage:
    page = document[wish.page]
    try:
        pixels = page.render(scale=wish.scale, rev_byteorder=True, prefer_bgrx=True).to_numpy()
        height, width = pixels.shape[:2]
        return QImage(pixels.data, width, height, pixels.strides[0], QImage.Format.Format_RGBX8888).copy()
    finally:
        page.close()
