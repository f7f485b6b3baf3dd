"""Series side by side that scroll as one: where one is looked at in the patient, the others are too."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject

from ml.ct_measure import Place
from ml.geometry import Point
from viewer.ct.slice_view import SliceView
from viewer.main_window.ct_page import CtPage
from viewer.main_window.together import Together
from viewer.main_window.view_grid import ViewCell, ViewGrid
from viewer.panels.links import Links


class CtTogether(QObject):
    """Only the view that commands go to leads.

    Series that share a frame of reference are held at the same place, to the mm. Of others nobody knows how
    they lie to each other: they move by the same way from where they stood when they were linked.
    """

    def __init__(self, grid: ViewGrid, together: Together) -> None:
        super().__init__(grid)
        self._grid, self._together = grid, together
        self._links: dict[ViewCell, Links] = {}
        self._stood: dict[ViewCell, Place] = {}  # where each was when they were linked
        self._leads = False
        grid.shown.connect(self._meet)
        grid.arranged.connect(self._arrange)
        together.toggled.connect(self.gather)

    @property
    def several(self) -> bool:
        """Whether there are series in more than one view."""
        return len(self._pages()) > 1

    def gather(self) -> None:
        """Link the views from how they stand now; those of one frame of reference go to one place."""
        self._stood = {cell: page.reading.place for cell, page in self._pages().items()}
        for cell in self._stood:
            cell.title.ask("")
        if self._grid.active in self._stood:
            self._lead(self._grid.active)

    # ------------------------------------------------------------------ inside

    def _pages(self) -> dict[ViewCell, CtPage]:
        return {cell: cell.page for cell in self._grid.cells if isinstance(cell.page, CtPage)}

    def _arrange(self) -> None:
        for cell in [cell for cell in self._links if cell not in self._grid.cells]:
            self._part(cell)
        for cell in self._pages():
            if cell not in self._links:
                self._meet(cell)

    def _meet(self, cell: ViewCell) -> None:
        """A view shows another page."""
        self._part(cell)
        page = cell.page
        if not isinstance(page, CtPage) or cell not in self._grid.cells:
            return
        links = self._links[cell] = Links()
        links.follow(page.reading.place_changed, partial(self._lead, cell))
        links.follow(page.view.axial.camera_changed, partial(self._lead_camera, cell))
        self._stood = {other: its.reading.place for other, its in self._pages().items()}
        leader = self._grid.active
        if self.several and leader in self._stood:
            self._lead(leader)

    def _part(self, cell: ViewCell) -> None:
        if cell in self._links:
            self._links.pop(cell).drop()
        self._stood.pop(cell, None)
        if cell in self._grid.cells:
            cell.title.ask("")

    def _may_lead(self, cell: ViewCell) -> bool:
        return self._together.on and not self._leads and cell is self._grid.active and cell in self._stood

    def _lead(self, cell: ViewCell) -> None:
        pages = self._pages()
        if not self._may_lead(cell) or len(pages) < 2:
            return
        self._leads = True
        try:
            for other, page in pages.items():
                if other is not cell and other in self._stood:
                    place = self._place_in(cell, other, pages[cell].reading.place)
                    page.reading.go_to_place(place)
                    other.title.ask(beyond(page, place))
            cell.title.ask("")
        finally:
            self._leads = False

    def _place_in(self, cell: ViewCell, other: ViewCell, place: Place) -> Place:
        pages = self._pages()
        if in_one_space(pages[cell], pages[other]):
            return place
        began, stood = self._stood[cell], self._stood[other]
        x, y, z = (s + p - b for s, p, b in zip(stood, place, began, strict=True))
        return (x, y, z)

    def _lead_camera(self, cell: ViewCell, _: object) -> None:
        pages = self._pages()
        if not self._may_lead(cell) or len(pages) < 2:
            return
        self._leads = True
        try:
            for other, page in pages.items():
                if other is not cell:
                    same = in_one_space(pages[cell], page)
                    look_alike(pages[cell].view.axial, page.view.axial, same=same)
        finally:
            self._leads = False


def in_one_space(one: CtPage, other: CtPage) -> bool:
    """Whether the same mm are the same place: series of one frame of reference."""
    if one.opened is other.opened:
        return True
    first, second = one.opened.about.frame_of_reference, other.opened.about.frame_of_reference
    return bool(first) and first == second and one.opened.known and other.opened.known


def beyond(page: CtPage, place: Place) -> str:
    """That a series ends before a place; empty where it does not."""
    slice_ = page.opened.volume.geometry.to_voxel(*place)[2]
    if slice_ < -0.75:
        return "Begins further on"
    return "Ends before" if slice_ > page.reading.count - 0.25 else ""


def look_alike(leader: SliceView, view: SliceView, *, same: bool) -> None:
    """Have a view look at what another looks at, as closely: at one place, or as far from the middle."""
    if leader.shown is None or view.shown is None:
        return
    camera, here = leader.camera, leader.shown.bounds.center
    if same:
        center = view.shown.to_plane(leader.shown.to_patient(camera.center))
    else:
        there = view.shown.bounds.center
        center = Point(there.x + camera.center.x - here.x, there.y + camera.center.y - here.y)
    view.set_camera(
        replace(view.camera, center=center, scale=camera.scale, angle=camera.angle, flipped=camera.flipped)
    )
