"""Which page stands in which view, and which view commands go to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from viewer.main_window.frame import Frame
from viewer.main_window.page import Page
from viewer.main_window.parts import Parts
from viewer.main_window.view_grid import ViewCell
from viewer.state.opened import Opened

Make = Callable[[Opened], Page | None]
"""Makes the page of something opened; None where it is of another kind."""


class Views(QObject):
    """Follows the session: what is current is shown in the view that commands go to."""

    page_changed = Signal(object)  # Page, or None

    def __init__(self, parts: Parts, frame: Frame) -> None:
        super().__init__(frame)
        self._parts, self._frame = parts, frame
        self._makers: list[Make] = []
        self._closes_shown = False  # what the active view shows is being closed
        self.page: Page | None = None
        parts.session.closing.connect(self._drop_pages)
        parts.session.current_changed.connect(self._show)
        frame.grid.touched.connect(self.activate)

    def make_with(self, make: Make) -> None:
        """One more kind of page."""
        self._makers.append(make)

    def show_in(self, cell: ViewCell, opened: Opened | None) -> None:
        """Show something in one of the views; it has a page of its own in each that shows it."""
        page = None if opened is None else cell.pages.get(opened) or self._new_page(opened)
        cell.show_page(page)
        if cell is self._frame.grid.active:
            self._follow(cell)

    def activate(self, cell: ViewCell) -> None:
        """Have commands, panels and the list of what is open go with another view."""
        grid = self._frame.grid
        if cell is grid.active:
            return
        grid.activate(cell)
        shown = None if cell.page is None else cell.page.opened
        if shown is not None and shown is not self._parts.session.current:
            self._parts.session.make_current(shown)
        else:
            self._follow(cell)

    def _new_page(self, opened: Opened) -> Page:
        return next(page for make in self._makers if (page := make(opened)) is not None)

    def _drop_pages(self, opened: Opened) -> None:
        self._closes_shown = opened is self._parts.session.current
        for cell in self._frame.grid.cells:
            cell.drop(opened)

    def _show(self, opened: Opened | None) -> None:
        """What is current in the session is shown in the view that commands go to.

        After something was closed its view stays empty where the next is in view already, and without
        anything there is one view.
        """
        grid, closed, self._closes_shown = self._frame.grid, self._closes_shown, False
        others = grid.others(grid.active)
        elsewhere = next((cell for cell in others if cell.page and cell.page.opened is opened), None)
        if closed and elsewhere is not None:
            self.activate(elsewhere)
            return
        if opened is None and grid.split:
            grid.arrange(1)
        self.show_in(grid.active, opened)

    def _follow(self, cell: ViewCell) -> None:
        """The window follows what this view shows."""
        grid = self._frame.grid
        self.page = cell.page
        empty = self.page is None and not grid.split
        self._frame.stack.setCurrentWidget(self._frame.welcome if empty else grid)
        self.page_changed.emit(self.page)
        if self.page is not None and not self.page.view.hasFocus():
            self.page.view.setFocus()
