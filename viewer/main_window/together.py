"""Several views that move as one: where one of them looks, the others look too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QObject, Signal

from ml.geometry import Point
from viewer.canvas.alignments import Alignments
from viewer.canvas.camera import Camera
from viewer.canvas.cursor_twin import CursorTwin
from viewer.canvas.link import Link, beside, follow, standing
from viewer.canvas.tile_loader import TileLoader
from viewer.main_window.view_grid import ViewCell, ViewGrid
from viewer.panels.links import Links
from viewer.state.opened_slide import OpenedSlide


class Together(QObject):
    """Holds for each view how its slide lies on one common table, and passes moves on over that table.

    Only the view that commands go to leads, so nothing ever comes back to it.
    """

    toggled = Signal()  # the person wants the views to move together, or no more

    def __init__(self, grid: ViewGrid, loader: TileLoader) -> None:
        super().__init__(grid)
        self._grid, self._loader = grid, loader
        self._wanted = True
        self._held = False
        self._leads = False
        self._tables: dict[ViewCell, Link] = {}  # from level-0 px to the table
        self._links: dict[ViewCell, Links] = {}
        self._twins: dict[ViewCell, CursorTwin] = {}
        self.alignments = Alignments()
        grid.shown.connect(self._meet)
        grid.arranged.connect(self._arrange)

    @property
    def on(self) -> bool:
        """Whether the person wants the views to move together."""
        return self._wanted

    def set_on(self, wanted: bool) -> None:
        """Move together from how the views stand now, or each for itself."""
        self._wanted = wanted
        if wanted:
            self.gather()
        else:
            self._hide_twins()
        self.toggled.emit()

    def hold(self, held: bool) -> None:
        """For a while, every view for itself."""
        self._held = held
        self._hide_twins()

    def link(self, cell: ViewCell, other: ViewCell) -> Link:
        """From the slide of one view to that of another, as they are moved together."""
        return self._tables[cell].then(self._tables[other].inverse())

    def gather(self) -> None:
        """Link the views as they stand, at one magnification; aligned slides by their alignment."""
        cell = self._grid.active
        if cell.slide is None:
            return
        self._tables = {cell: Link()}
        for other in self._others(cell):
            assert other.slide is not None
            known = self._aligned(cell, other)
            if known is None:
                scale = _scale(cell.slide.opened, other.slide.opened)
                known = standing(cell.slide.view.camera, other.slide.view.camera, scale)
            self._tables[other] = known.inverse()
        self.lead()

    def put_together(self) -> None:
        """Link the views by their alignment, else middle to middle: however they were moved before."""
        cell = self._grid.active
        self._tables = {cell: Link()}
        for other in self._others(cell):
            self._tables[other] = self._natural(cell, other).inverse()
        self.lead()

    def align_as(self, cell: ViewCell, links: Mapping[ViewCell, Link]) -> None:
        """Link other views with one as a person has put them in line, and move them together from now on."""
        self._wanted = True
        self._tables = {cell: Link(), **{other: link.inverse() for other, link in links.items()}}
        for other in self._others(cell):
            if other not in self._tables:
                self._tables[other] = self._natural(cell, other).inverse()
        self.lead()

    def lead(self) -> None:
        """Have the others look where the view looks that commands go to."""
        page = self._grid.active.slide
        if page is not None:
            self._lead(self._grid.active, page.view.camera)

    # ------------------------------------------------------------------ inside

    def _arrange(self) -> None:
        for cell in [cell for cell in self._links if cell not in self._grid.cells]:
            self._part(cell)
        for cell in self._grid.cells:
            if not self._grid.split:
                self._part(cell)
            elif cell not in self._links:
                self._meet(cell)

    def _meet(self, cell: ViewCell) -> None:
        """A view shows another page: link it with the others, and have it look where they look."""
        self._part(cell)
        if not self._grid.split or cell.slide is None or cell not in self._grid.cells:
            return
        links = self._links[cell] = Links()
        links.follow(cell.slide.view.camera_changed, partial(self._lead, cell))
        links.follow(cell.slide.view.cursor_moved, partial(self._point, cell))
        links.follow(cell.slide.opened.spacing_changed, partial(self._spacing_changed, cell))
        others = [other for other in self._others(cell) if other in self._tables]
        if not others:
            self._tables[cell] = Link()
            return
        first = self._grid.active if self._grid.active in others else others[0]
        link = self._natural(first, cell)
        self._tables[cell] = link.inverse().then(self._tables[first])
        if self._wanted and not self._held and first.slide is not None:
            self._leads = True
            cell.slide.view.set_camera(follow(first.slide.view.camera, link))
            self._leads = False

    def _part(self, cell: ViewCell) -> None:
        if cell in self._links:
            self._links.pop(cell).drop()
        self._tables.pop(cell, None)
        twin = self._twins.pop(cell, None)
        if twin is not None:
            twin.hide()
            twin.deleteLater()

    def _natural(self, cell: ViewCell, other: ViewCell) -> Link:
        """How two slides belong together when nobody has moved them."""
        assert cell.slide is not None
        assert other.slide is not None
        one, two = cell.slide.opened, other.slide.opened
        known = self._aligned(cell, other)
        if known is not None:
            return known
        spacings = (s.spacing.spacing if s.spacing else None for s in (one, two))
        return beside(one.info.bounds, next(spacings), two.info.bounds, next(spacings))

    def _aligned(self, cell: ViewCell, other: ViewCell) -> Link | None:
        """How a person has put two views in line; two views of one slide are known by their pages."""
        assert cell.slide is not None
        assert other.slide is not None
        one, two = cell.slide.opened, other.slide.opened
        return self.alignments.find(cell.slide, other.slide) if one is two else self.alignments.find(one, two)

    def _spacing_changed(self, _cell: ViewCell, _: object) -> None:
        if self._wanted and not self._held:
            self.gather()

    def _lead(self, cell: ViewCell, camera: Camera) -> None:
        if not self._wanted or self._held or self._leads:
            return
        if cell is not self._grid.active or cell not in self._tables or cell.slide is None:
            return
        self._leads = True
        try:
            for other in self._others(cell):
                if other in self._tables and other.slide is not None:
                    other.slide.view.set_camera(follow(camera, self.link(cell, other)))
        finally:
            self._leads = False
        self._loader.prefer(cell.slide.view)

    def _point(self, cell: ViewCell, point: Point | None) -> None:
        """Show in the other views where the mouse is in this one."""
        if point is None or not self._wanted or self._held:
            self._hide_twins()
            return
        for other in self._others(cell):
            if other in self._tables and cell in self._tables and other.slide is not None:
                view = other.slide.view
                if other not in self._twins:
                    self._twins[other] = CursorTwin(view)
                self._twins[other].show_at(*view.camera.to_widget(self.link(cell, other).to(point)))
        if cell in self._twins:
            self._twins[cell].hide()

    def _others(self, cell: ViewCell) -> list[ViewCell]:
        """The other views that show a slide."""
        return [other for other in self._grid.others(cell) if other.slide is not None]

    def _hide_twins(self) -> None:
        for twin in self._twins.values():
            twin.hide()


def _scale(one: OpenedSlide, two: OpenedSlide) -> float | None:
    """Level-0 px of the second slide per level-0 px of the first, None where nobody knows."""
    if one is two:
        return 1.0
    if one.spacing is None or two.spacing is None:
        return None
    return one.spacing.spacing.mean / two.spacing.spacing.mean
