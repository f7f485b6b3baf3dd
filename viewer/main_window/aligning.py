"""Putting slides in line: the same two landmarks are clicked in each view."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from viewer.canvas.link import Link, aligned
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.together import Together
from viewer.main_window.view_grid import ViewCell, ViewGrid
from viewer.tools.landmark import WANTED, LandmarkTool


class Aligning(QObject):
    """Hands a landmark tool to every view, and links those in which both landmarks were clicked."""

    changed = Signal()  # it began or ended
    aligned = Signal(str)  # what was done, in one sentence
    refused = Signal(object)  # Problem

    def __init__(self, grid: ViewGrid, together: Together) -> None:
        super().__init__(grid)
        self._grid, self._together = grid, together
        self._tools: dict[ViewCell, tuple[SlidePage, LandmarkTool]] = {}
        self._ends = False
        grid.shown.connect(self._leave)
        grid.arranged.connect(self._leave)

    @property
    def running(self) -> bool:
        """Whether landmarks are being clicked."""
        return bool(self._tools)

    def start(self) -> None:
        """Begin: every view for itself, so that the same place can be found in each."""
        cells = [cell for cell in self._grid.cells if cell.slide is not None]
        if len(cells) < 2 or self.running:
            return
        self._together.hold(True)
        for cell in cells:
            assert cell.slide is not None
            tool = LandmarkTool(cell.slide.view.pan_by, self._clicked, self._leave)
            self._tools[cell] = (cell.slide, tool)
            cell.slide.lend(tool, "landmark")
        self._ask()
        self.changed.emit()

    def stop(self) -> None:
        """Leave; views with both landmarks are linked, whatever the others have."""
        self._leave()

    def _clicked(self) -> None:
        self._ask()
        if all(len(tool.points) == WANTED for _, tool in self._tools.values()):
            self._leave()

    def _ask(self) -> None:
        waiting = any(len(tool.points) < WANTED for _, tool in self._tools.values())
        for cell, (_, tool) in self._tools.items():
            number = len(tool.points) + 1
            if number <= WANTED:
                cell.title.ask(f"Click landmark {number}")
            else:
                cell.title.ask("Now the other view" if waiting else "")

    def _leave(self, _: object = None) -> None:
        if self._ends or not self._tools:
            return
        self._ends = True
        tools, self._tools = self._tools, {}
        for cell, (page, _tool) in tools.items():
            cell.title.ask("")
            if page.tool == "landmark":
                page.take("move")
        self._ends = False
        self._together.hold(False)
        self._link([(cell, page, tool) for cell, (page, tool) in tools.items() if len(tool.points) == WANTED])
        self.changed.emit()

    def _link(self, found: list[tuple[ViewCell, SlidePage, LandmarkTool]]) -> None:
        found = [entry for entry in found if entry[0].slide is entry[1]]  # still shown
        if len(found) < 2:
            return
        (first, page, tool), *rest = found
        links, sentences = dict[ViewCell, Link](), []
        for cell, other, its in rest:
            mirrored = page.view.camera.flipped != other.view.camera.flipped
            try:
                link = aligned(list(zip(tool.points, its.points, strict=True)), flipped=mirrored)
            except Problem as problem:
                self.refused.emit(problem)
                return
            if other.opened is page.opened:
                self._together.alignments.put(page, other, link)
            else:
                self._together.alignments.put(page.opened, other.opened, link)
            links[cell] = link
            sentences.append(_in_words(page, other, link))
        self._together.align_as(first, links)
        self.aligned.emit(" ".join(sentences))


def _in_words(page: SlidePage, other: SlidePage, link: Link) -> str:
    """ "b.svs is in line with a.svs: turned by 12°, 1.02 times as large."."""
    turned = (link.angle + 180) % 360 - 180
    parts = [f"turned by {turned:.0f}°"] if abs(turned) >= 0.5 else ["not turned"]
    known = (page.opened.spacing, other.opened.spacing)
    if known[0] is not None and known[1] is not None:
        times = link.scale * known[1].spacing.mean / known[0].spacing.mean
        parts.append(f"{times:.3g} times as large")
    if link.flipped:
        parts.append("mirrored")
    return f"{other.opened.title} is in line with {page.opened.title}: {', '.join(parts)}."
