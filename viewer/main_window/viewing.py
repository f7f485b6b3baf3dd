"""What is looked at and how: magnification, layers, tools, panels, and the words that go with them."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, Signal

from ml.geometry import Point
from ml.slide.slide import KnownSpacing
from viewer.main_window.frame import Frame
from viewer.main_window.layer_choice import LayerName
from viewer.main_window.page import Page
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.main_window.views import Views
from viewer.panels.links import Links
from viewer.state.findings import Findings

_STEP = 2**0.5


class Viewing(QObject):
    """Follows the page that is looked at."""

    changed = Signal()  # a command may be possible now that was not, or the other way round
    sharp = Signal()  # every tile in view is there
    moved = Signal()  # the picture moves
    menu_wanted = Signal(object, object)  # Point in level-0 px, QPoint on the screen

    def __init__(self, frame: Frame, status: StatusLine, slides: Slides, views: Views) -> None:
        super().__init__(frame)
        self._frame, self._status, self._slides, self._views = frame, status, slides, views
        self._links = Links()
        self._findings_links = Links()
        self.point: Point | None = None  # under the cursor, level-0 px
        slides.page_changed.connect(self._follow)

    @property
    def page(self) -> SlidePage | None:
        """The slide that is looked at."""
        return self._slides.page

    @property
    def shown(self) -> Page | None:
        """What is looked at, be it a slide or a series."""
        return self._views.page

    def take(self, tool: str) -> None:
        """Take a tool into the hand."""
        if self.shown is not None:
            self.shown.take(tool)

    def offers(self, tool: str) -> bool:
        """Whether there is such a tool for what is looked at."""
        return self.shown is not None and tool in self.shown.tools

    def has_tool(self, tool: str) -> bool:
        """Whether this tool is in the hand."""
        return self.shown is not None and self.shown.tool == tool

    def toggle(self, layer: LayerName) -> None:
        """Show or hide a layer."""
        if self.page is not None:
            self.page.toggle(layer)

    def has_layer(self, name: LayerName) -> bool:
        """Whether there is such a layer to show."""
        return self.page is not None and self.page.layer(name) is not None

    def shows(self, name: LayerName) -> bool:
        """Whether a layer is shown."""
        layer = None if self.page is None else self.page.layer(name)
        return layer is not None and layer.visible

    def hold(self, hidden: bool) -> None:
        """Hide all layers for a moment, or show them again."""
        if self.shown is not None:
            self.shown.hold_layers(hidden)

    def zoom_to(self, magnification: float) -> None:
        """Show the slide at ×magnification."""
        if self.page is not None:
            self.page.view.zoom_to(magnification)

    def zoom(self, steps: int) -> None:
        """So many half magnifications closer (or back)."""
        if self.shown is not None:
            self.shown.zoom_by(_STEP**steps)

    @property
    def has_scale(self) -> bool:
        """Whether a magnification means something here: the pixel size is known."""
        return self.page is not None and self.page.opened.spacing is not None

    def fit(self) -> None:
        """Show the whole of it."""
        if self.shown is not None:
            self.shown.fit()

    def _follow(self, page: SlidePage | None) -> None:
        self._links.drop()
        if page is not None:
            opened, view = page.opened, page.view
            for signal, slot in (
                (view.camera_changed, self._show_scale),
                (opened.spacing_changed, self._show_scale),
                (view.field_sharp, self.sharp.emit),
                (view.cursor_moved, self._show_place),
                (view.menu_wanted, self._want_menu),
                (page.layers_changed, self._show_layers),
                (page.tool_changed, self._tell),
                (opened.findings_changed, self._show_findings),
                (opened.selection_changed, self._tell),
                (opened.annotations_changed, self._tell),
                (opened.loading_changed, self._tell),
                (opened.undo.indexChanged, self._tell),
            ):
                self._links.follow(signal, slot)
        self._show_findings(None if page is None else page.opened.findings)
        self._show_layers()
        self._show_scale()
        self._show_place(None)

    def _show_findings(self, findings: Findings | None) -> None:
        self._findings_links.drop()
        self._frame.findings.set_findings(findings)
        if findings is not None:
            for signal in (findings.selected, findings.boxes_changed, findings.finished):
                self._findings_links.follow(signal, self._tell)
        self.changed.emit()

    def _show_layers(self) -> None:
        page = self.page
        if page is None:
            self._frame.layers.set_layers(None, None, None, None, None)
        else:
            self._frame.layers.set_layers(
                page.results.heatmap,
                page.results.cam,
                page.results.boxes,
                page.annotations,
                page.opened.findings,
            )
        self.changed.emit()

    def _show_scale(self, _: object = None) -> None:
        page = self.page
        known: KnownSpacing | None = None if page is None else page.opened.spacing
        magnification = None if page is None else page.view.magnification
        self._status.show_scale(magnification, known, slide=page is not None)
        self.moved.emit()

    def _show_place(self, point: Point | None) -> None:
        self.point = point
        page = self.page
        known = None if page is None else page.opened.spacing
        value = "" if page is None else page.results.value_at(point)
        self._frame.layers.show_value(value)
        self._status.show_place(point, None if known is None else known.spacing, value)

    def _want_menu(self, point: Point, place: QPoint) -> None:
        self.menu_wanted.emit(point, place)

    def _tell(self, _: object = None) -> None:
        self.changed.emit()
