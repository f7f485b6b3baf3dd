"""Several views side by side, of one slide or of several, moved together or apart."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from viewer.actions.command import Bound
from viewer.main_window.aligning import Aligning
from viewer.main_window.ct_together import CtTogether
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.main_window.together import Together
from viewer.main_window.view_grid import ViewCell
from viewer.main_window.viewing import Viewing
from viewer.main_window.views import Views
from viewer.state.opened import Opened

_COUNTS = {"one_view": 1, "two_views": 2, "three_views": 3, "four_views": 4}


class Splitting(QObject):
    """Arranges the views, fills new ones with the open slides, and links them."""

    changed = Signal()  # a command may be possible now that was not, or the other way round
    refused = Signal(object)  # Problem

    def __init__(
        self, parts: Parts, frame: Frame, status: StatusLine, views: Views, viewing: Viewing
    ) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._views = parts, frame, status, views
        self._viewing = viewing
        self._grid = frame.grid
        self.together = Together(frame.grid, parts.loader)
        self.ct_together = CtTogether(frame.grid, self.together)
        self.aligning = Aligning(frame.grid, self.together)
        self.aligning.refused.connect(self.refused)
        self.aligning.changed.connect(self.changed)
        self.aligning.aligned.connect(lambda words: status.showMessage(words, 15_000))
        self._grid.close_wished.connect(self.close)
        self._grid.arranged.connect(self.changed)
        self._grid.shown.connect(lambda _: self.changed.emit())
        parts.session.closing.connect(self.together.alignments.forget)

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.splitting` do."""
        grid = self._grid

        def shown() -> bool:
            return self._views.page is not None or grid.split

        def several() -> bool:
            return sum(cell.slide is not None for cell in grid.cells) > 1

        bounds = {
            name: Bound(partial(self.arrange, count), shown, partial(self._has, count, stacked=False))
            for name, count in _COUNTS.items()
        }
        return bounds | {
            "two_stacked": Bound(
                partial(self.arrange, 2, stacked=True), shown, partial(self._has, 2, stacked=True)
            ),
            "next_view": Bound(self.next_view, lambda: grid.split),
            "together": Bound(self.toggle_together, lambda: grid.split, lambda: self.together.on),
            "align": Bound(self.align, lambda: several() and not self.aligning.running),
            "forget_alignment": Bound(self.forget_alignment, several),
        }

    def arrange(self, count: int, *, stacked: bool = False) -> None:
        """Have so many views. New ones show open slides that no other view shows, else the one looked at."""
        self.aligning.stop()
        for cell in self._grid.arrange(count, stacked=stacked):
            self._views.show_in(cell, self._next())
        self.together.put_together()
        self.ct_together.gather()
        self.changed.emit()

    def close(self, cell: ViewCell) -> None:
        """Close one of several views; its slide stays open."""
        if not self._grid.split:
            return
        if cell is self._grid.active:
            others = [other for other in self._grid.cells if other is not cell]
            self._views.activate(others[0])
        self._grid.remove(cell)

    def next_view(self) -> None:
        """Have commands and keys go to the next view."""
        cells = self._grid.cells
        self._views.activate(cells[(cells.index(self._grid.active) + 1) % len(cells)])

    def toggle_together(self) -> None:
        """Move all views as one, or each for itself."""
        self.together.set_on(not self.together.on)
        self.changed.emit()

    def align(self) -> None:
        """Have the person click the same two landmarks in each view."""
        self.aligning.start()
        words = "Click the same two landmarks in each view, the first one first. Esc leaves."
        if all(cell.slide is None or not cell.slide.view.camera.flipped for cell in self._grid.cells):
            words += " If one section lies mirrored, leave and mirror its view before."
        self._status.showMessage(words, 30_000)

    def forget_alignment(self) -> None:
        """What belongs together is the middles again."""
        for cell in self._grid.cells:
            if cell.slide is not None:
                self.together.alignments.forget(cell.slide)
                self.together.alignments.forget(cell.slide.opened)
        self.together.put_together()

    def _next(self) -> Opened | None:
        shown = {cell.page.opened for cell in self._grid.cells if cell.page is not None}
        rest = [opened for opened in self._parts.session.items if opened not in shown]
        return rest[0] if rest else self._parts.session.current

    def _has(self, count: int, *, stacked: bool) -> bool:
        return len(self._grid.cells) == count and (count != 2 or self._grid.stacked == stacked)
