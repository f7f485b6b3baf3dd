"""The middle of the window: one view, or up to four, one of which commands go to."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QPushButton, QStackedWidget, QWidget

from viewer.main_window.page import Page
from viewer.main_window.slide_page import SlidePage
from viewer.panels.pieces import GRID, Text, column, named
from viewer.panels.view_title import ViewTitle
from viewer.state.opened import Opened
from viewer.theme.colors import colors

MOST = 4
_EDGE = 2  # px of the frame around each of several views
_TOUCHES = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.NativeGesture,
        QEvent.Type.FocusIn,
    }
)


class ViewCell(QWidget):
    """One view: the pages that were shown in it, and over them a strip while there are several views."""

    touched = Signal(object)  # itself: a hand or the focus came to it
    close_wished = Signal(object)  # itself
    shown = Signal(object)  # itself: it shows another page, or none
    dropped = Signal(object)  # list[Path]
    open_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pages: dict[Opened, Page] = {}
        self.page: Page | None = None
        self._split = self._active = False
        self.title = ViewTitle(self)
        self.empty = _Empty(self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        layout = column(self, gap=0)
        layout.addWidget(self.title)
        layout.addWidget(self.stack, 1)
        self.title.close_wished.connect(lambda: self.close_wished.emit(self))
        self.empty.button.clicked.connect(self.open_wished)
        self.set_state(split=False, active=True)

    @property
    def slide(self) -> SlidePage | None:
        """Its page where that is of a slide."""
        return self.page if isinstance(self.page, SlidePage) else None

    def set_state(self, *, split: bool, active: bool) -> None:
        """Whether there are other views, and whether commands go to this one."""
        self._split, self._active = split, active
        edge = _EDGE if split else 0
        self.setContentsMargins(edge, edge, edge, edge)
        self.title.setVisible(split)
        self.title.set_active(active)
        self.setAcceptDrops(split)
        for widget in self._watched():
            widget.removeEventFilter(self)
            if split:  # a single view costs nothing
                widget.installEventFilter(self)
        self.update()

    def show_page(self, page: Page | None) -> None:
        """Show one of its pages, or the word on what to do."""
        if page is not None and page not in self.pages.values():
            self.pages[page.opened] = page
            self.stack.addWidget(page.view)
        changed = page is not self.page
        self.page = page
        self.stack.setCurrentWidget(self.empty if page is None else page.view)
        self.title.show_name("" if page is None else page.opened.title)
        if changed:
            self.set_state(split=self._split, active=self._active)
            self.shown.emit(self)

    def drop(self, opened: Opened) -> None:
        """Take a page off for good; where it was shown, nothing is shown now."""
        page = self.pages.pop(opened, None)
        if page is None:
            return
        page.close()
        if page is self.page:
            self.show_page(None)
        self.stack.removeWidget(page.view)
        page.view.deleteLater()
        page.deleteLater()

    def drop_all(self) -> None:
        """Take every page off."""
        for opened in list(self.pages):
            self.drop(opened)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """A press, a wheel, a finger or the focus makes this view the one that commands go to."""
        if event.type() in _TOUCHES and not self._active:
            self.touched.emit(self)
        return False

    def paintEvent(self, _: QPaintEvent) -> None:
        """The frame: in the accent colour around the view that commands go to."""
        if not self._split:
            return
        chosen = colors(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(chosen.window))
        color = QColor(chosen.accent if self._active else chosen.line)
        width = _EDGE if self._active else 1
        inside = self.rect().adjusted(width, width, -width, -width)
        for bar in (
            self.rect().adjusted(0, 0, 0, -inside.height() - width),
            self.rect().adjusted(0, inside.height() + width, 0, 0),
            self.rect().adjusted(0, 0, -inside.width() - width, 0),
            self.rect().adjusted(inside.width() + width, 0, 0, 0),
        ):
            painter.fillRect(bar, color)
        painter.end()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped into one of several views."""
        if _files_in(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open here what was dropped here."""
        self.touched.emit(self)
        self.dropped.emit(_files_in(event))
        event.acceptProposedAction()

    def _watched(self) -> list[QWidget]:
        widgets: list[QWidget] = [self.title, self.empty]
        for page in self.pages.values():
            widgets += [page.view, *page.view.findChildren(QWidget)]
        return widgets


class ViewGrid(QWidget):
    """The views in their order. There is always one at least, and always one that commands go to."""

    touched = Signal(object)  # ViewCell
    close_wished = Signal(object)  # ViewCell
    shown = Signal(object)  # ViewCell: it shows another page, or none
    arranged = Signal()  # there are other views than before
    dropped = Signal(object)  # list[Path]
    open_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.stacked = False
        self.cells: list[ViewCell] = [self._cell()]
        self.active = self.cells[0]
        self._lay()

    @property
    def split(self) -> bool:
        """Whether there are several views."""
        return len(self.cells) > 1

    def others(self, cell: ViewCell) -> list[ViewCell]:
        """The other views that show something."""
        return [other for other in self.cells if other is not cell and other.page is not None]

    def arrange(self, count: int, *, stacked: bool = False) -> list[ViewCell]:
        """Have so many views, two of them one over the other if wished; those that are new.

        The one that commands go to stays; of the others the last go first.
        """
        count = min(max(count, 1), MOST)
        rest = [cell for cell in self.cells if cell is not self.active]
        for cell in rest[::-1][: max(0, len(self.cells) - count)]:
            self._take_off(cell)
        new = [self._cell() for _ in range(count - len(self.cells))]
        self.cells += new
        self.stacked = stacked
        self._lay()
        self.arranged.emit()
        return new

    def remove(self, cell: ViewCell) -> None:
        """Close one view; never the one that commands go to."""
        if cell is not self.active:
            self._take_off(cell)
            self._lay()
            self.arranged.emit()

    def activate(self, cell: ViewCell) -> None:
        """Have commands go to this view."""
        self.active = cell
        self._mark()

    def _cell(self) -> ViewCell:
        cell = ViewCell(self)
        cell.touched.connect(self.touched)
        cell.close_wished.connect(self.close_wished)
        cell.shown.connect(self.shown)
        cell.dropped.connect(self.dropped)
        cell.open_wished.connect(self.open_wished)
        return cell

    def _take_off(self, cell: ViewCell) -> None:
        self.cells.remove(cell)
        cell.drop_all()
        cell.hide()
        self._layout.removeWidget(cell)
        cell.deleteLater()

    def _lay(self) -> None:
        count = len(self.cells)
        across = 1 if self.stacked and count == 2 else 2 if count == MOST else count
        for cell in self.cells:
            self._layout.removeWidget(cell)
        for place, cell in enumerate(self.cells):
            self._layout.addWidget(cell, place // across, place % across)
            cell.show()
        for n in range(MOST):
            self._layout.setColumnStretch(n, int(n < across))
            self._layout.setRowStretch(n, int(n < -(-count // across)))
        self._mark()

    def _mark(self) -> None:
        for cell in self.cells:
            cell.set_state(split=self.split, active=cell is self.active)


class _Empty(QWidget):
    """A view without a slide says what to do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = Text("Nothing here. Choose something at the left, or drop a file here.", parent=self)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton("Open…", self)
        named(self.button, "Open in this view", "Open a slide, a picture or CT from a file in this view")
        layout = column(self, margin=4 * GRID)
        layout.addStretch(1)
        layout.addWidget(self.text)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)


def _files_in(event: QDropEvent) -> list[Path]:
    return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
