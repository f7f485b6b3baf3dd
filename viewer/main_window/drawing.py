"""Tools that draw, measure and count: taken into the hand, with a word about how they are used."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog

from ml.errors import Problem
from ml.report.words import round_length
from viewer.actions.command import Bound
from viewer.main_window.frame import Frame
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.main_window.viewing import Viewing
from viewer.panels.links import Links
from viewer.tools.circle import NO_SPACING

_HINTS = {
    "rectangle": "Drag. Shift keeps it square, Alt has it grow from its middle.",
    "ellipse": "Drag. Shift makes a circle, Alt has it grow from its middle.",
    "polygon": "Click corner after corner, or drag freehand. Enter closes it, Backspace takes one back.",
    "outline": "Draw round it in one go.",
    "line": "Click point after point. Enter ends it, Backspace takes one back.",
    "arrow": "Drag to what it shall point at.",
    "point": "Click to mark a place.",
    "brush": "Drag paints, Alt wipes, Shift and the wheel change the size. Off the selected area: a new one.",
    "eraser": "Drag wipes from the selected area. Shift and the wheel change the size.",
    "wand": "Press on a colour and drag to the right for more of it. Alt takes away.",
    "count": "Click each one; digits choose the class. Alt and a click takes one away.",
    "ruler": "Drag along it, or click both ends. Shift keeps it straight.",
    "angle": "Drag along one way, then click at the end of the other.",
    "counting_circle": "Click where it shall be.",
}
_FOR_ALL = ("move", "rectangle", "ellipse", "ruler", "angle")
_FOR_SLIDES = tuple(name for name in _HINTS if name not in _FOR_ALL)
_TOLD_MS = 12_000
_FINEST, _WIDEST = 1.0, 50_000.0  # µm of a grid's cell


class Drawing(QObject):
    """Follows the page that is looked at."""

    changed = Signal()  # a command may be possible now that was not, or the other way round
    refused = Signal(object)  # Problem

    def __init__(self, frame: Frame, status: StatusLine, slides: Slides, viewing: Viewing) -> None:
        super().__init__(frame)
        self._frame, self._status, self._slides, self._viewing = frame, status, slides, viewing
        self._links = Links()
        slides.page_changed.connect(self._follow)

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.drawing` do, and those of tools that CT has too."""
        viewing, choices = self._viewing, self._slides.choices
        bounds = {
            tool: Bound(
                partial(self.take, tool), partial(viewing.offers, tool), partial(viewing.has_tool, tool)
            )
            for tool in (*_FOR_ALL, *_FOR_SLIDES)
        }
        return bounds | {
            "counting_grid": Bound(self.toggle_grid, self._on_slide, self._has_grid),
            "grid_size": Bound(self.ask_grid_size, self._on_slide),
            "snap": Bound(self.toggle_snapping, self._on_slide, lambda: choices.snaps),
        }

    def take(self, tool: str) -> None:
        """Take a tool into the hand."""
        page = self._page
        if tool == "counting_circle" and page is not None and page.opened.spacing is None:
            self.refused.emit(NO_SPACING)
        else:
            self._viewing.take(tool)

    def toggle_grid(self) -> None:
        """Show the counting grid, or hide it."""
        page = self._page
        if page is None:
            return
        grid = page.drawing.grid
        if page.opened.spacing is None and not grid.visible:
            self.refused.emit(
                Problem("Without a pixel size there is no grid of known cells.", NO_SPACING.remedy)
            )
            return
        grid.set_visible(not grid.visible)
        if grid.visible:
            words = f"A cell of the grid is {round_length(grid.cell_um)} wide. Too fine a grid hides itself."
            self._status.showMessage(words, _TOLD_MS)
        self.changed.emit()

    def ask_grid_size(self) -> None:
        """Let the person type how wide a cell is; the grid is shown then."""
        page = self._page
        if page is None:
            return
        grid = page.drawing.grid
        um, accepted = QInputDialog.getDouble(
            self._frame, "Counting grid", "Width of a cell, µm:", grid.cell_um, _FINEST, _WIDEST, 0
        )
        if accepted:
            grid.set_cell(um)
            if not grid.visible:
                self.toggle_grid()

    def toggle_snapping(self) -> None:
        """Have corners and lines catch, or not."""
        choices = self._slides.choices
        choices.snaps = not choices.snaps
        words = "Corners and lines catch." if choices.snaps else "Nothing catches any more."
        self._status.showMessage(words, _TOLD_MS)
        self.changed.emit()

    @property
    def _page(self) -> SlidePage | None:
        return self._viewing.page

    def _on_slide(self) -> bool:
        return self._page is not None

    def _has_grid(self) -> bool:
        return self._page is not None and self._page.drawing.grid.visible

    def _follow(self, page: SlidePage | None) -> None:
        self._links.drop()
        if page is not None:
            self._links.follow(page.tool_changed, self._hint)

    def _hint(self, tool: str) -> None:
        """How the tool in the hand is used; the hands that move and select need no word."""
        if tool in _HINTS:
            self._status.showMessage(_HINTS[tool], _TOLD_MS)
        elif self._status.currentMessage() in _HINTS.values():
            self._status.clearMessage()
