"""One CT series in a view of the window: its planes, what lies over them, and its tools."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Signal

from ml.geometry import Point
from viewer.canvas.tool import Tool
from viewer.ct.cine import Cine
from viewer.ct.hand_tool import HandTool
from viewer.ct.look import CtLook
from viewer.ct.measure_layer import MeasureLayer
from viewer.ct.measure_tools import MeasureTool, PlaceTool, WindowTool
from viewer.ct.plane import Shown
from viewer.ct.plane_layer import PlaneLayer
from viewer.ct.reading import Reading
from viewer.ct.slice_view import SliceView
from viewer.ct.words import place_in_words, value_in_words
from viewer.main_window.ct_planes import CtPlanes
from viewer.main_window.page import Page
from viewer.panels.ct_stage import CtStage
from viewer.state.measurements import Kind, Measurement
from viewer.state.opened_series import OpenedSeries
from viewer.work.reformatting import Reformatting

_TOOLS: dict[str, Kind] = {
    "ruler": "length",
    "angle": "angle",
    "rectangle": "rectangle",
    "ellipse": "ellipse",
}
_HU_A_PX = 1 / 300  # share of the window's width that a drag over one px changes
_LEAST_HU = 0.4  # HU that it changes at least


class CtPage(Page):
    """Its `reading` is what commands and panels change; everything here follows."""

    probed = Signal()  # the cursor is elsewhere
    menu_wanted = Signal(object, object)  # Point in mm of the plane, QPoint on the screen
    opened: OpenedSeries
    view: CtStage

    def __init__(self, opened: OpenedSeries, reformatting: Reformatting, look: CtLook) -> None:
        super().__init__(opened)
        self.opened = opened
        self.reading = Reading(opened, look, self)
        self.cine = Cine(self.reading, self)
        self.view = CtStage(self.reading, self.cine)
        self.planes = CtPlanes(self.reading, self.view, reformatting)
        self.tool = "move"
        self.overlays: tuple[PlaneLayer, ...] = ()
        self._over: SliceView | None = None  # which plane the cursor is over
        self._measures: dict[SliceView, MeasureLayer] = {}
        self._tools: dict[SliceView, dict[str, Tool]] = {}
        for view in self.view.views:
            self._measures[view] = MeasureLayer(opened.measurements, sized=opened.sized)
            self._tools[view] = self._tools_of(view)
            view.window_dragged.connect(self.drag_window)
            view.menu_wanted.connect(self._want_menu)
            view.cursor_moved.connect(lambda point, view=view: self._point(view, point))
            view.probed.connect(self.probed)
        self._lay()
        self.take("move")

    @property
    def pictures(self) -> list[SliceView]:
        """The planes that are to be seen."""
        return self.view.seen

    @property
    def tools(self) -> frozenset[str]:
        """Every tool; cross-hairs where there are planes to go to."""
        return frozenset(("move", "window_tool", *_TOOLS, *(("crosshair",) if self.reading.three else ())))

    def take(self, tool: str) -> None:
        """Take a tool into the hand, on every plane."""
        self.tool = tool
        for view, tools in self._tools.items():
            view.set_tool(tools[tool])
        self.tool_changed.emit(tool)

    def take_back(self) -> bool:
        """Stop slices that run; else lay down any tool but the hand."""
        if self.cine.running:
            self.cine.stop()
            return True
        return super().take_back()

    def drag_window(self, right: float, down: float) -> None:
        """To the right for a wider window, up for a higher level: faster where the window is wide."""
        step = max(_LEAST_HU, self.reading.look.window.width * _HU_A_PX)
        self.reading.nudge(-down * step, right * step)

    def set_three(self, three: bool) -> None:
        """Three planes, with the hand that moves the cross-hairs; or the slices alone."""
        self.reading.set_three(three)
        self.take("crosshair" if three else "move")

    def go_to(self, measurement: Measurement) -> None:
        """Look at what was measured, and select it."""
        places = measurement.places
        middle = tuple(sum(p[n] for p in places) / len(places) for n in range(3))
        if measurement.slice_ is not None and not self.reading.three:
            self.reading.go(measurement.slice_)
        else:
            self.reading.go_to_place((middle[0], middle[1], middle[2]))
        self.opened.measurements.select(measurement.id)

    def select_at(self, point: Point) -> None:
        """Select what stands under the cursor, as a click would."""
        if self._over is not None:
            key = self._measures[self._over].hit(point, 6 / self._over.camera.scale)
            if key is not None:
                self.opened.measurements.select(key)

    def probe(self) -> str:
        """What stands under the cursor: "43 HU · L 12.3 · P 40.1 · H 18.0 mm"; empty beside the planes."""
        view = self._over
        if view is None or view.shown is None or view.cursor_point is None:
            return ""
        value = view.shown.value_at(view.cursor_point)
        if value is None:
            return ""
        parts = [value_in_words(value, view.shown.unit)]
        if self.opened.known:
            parts.append(place_in_words(view.shown.to_patient(view.cursor_point)))
        else:
            pixel, point = view.shown.pixel, view.cursor_point
            parts.append(f"{int(point.x / pixel[0])} · {int(point.y / pixel[1])} px")
        return " · ".join(parts)

    def set_overlays(self, overlays: tuple[PlaneLayer, ...]) -> None:
        """Lay these over the slices, under the measurements."""
        self.overlays = overlays
        self._lay()

    @property
    def measures_shown(self) -> bool:
        """Whether measurements are to be seen."""
        return self._measures[self.view.axial].visible

    def show_measures(self, shown: bool) -> None:
        """Show or hide measurements on all planes."""
        for layer in self._measures.values():
            layer.set_visible(shown)

    def close(self) -> None:
        """Follow the series no more."""
        self.planes.close()
        self.view.close_links()
        for view, layer in self._measures.items():
            view.set_tool(None)
            view.set_layers(())
            layer.close()

    # ------------------------------------------------------------------ inside

    def _tools_of(self, view: SliceView) -> dict[str, Tool]:
        opened = self.opened

        def under() -> Shown | None:
            return view.shown

        tools: dict[str, Tool] = {
            "move": HandTool(self._measures[view], opened, under),
            "window_tool": WindowTool(self.drag_window),
            "crosshair": PlaceTool(under, self.reading.go_to_place),
        }
        for name, kind in _TOOLS.items():
            tools[name] = MeasureTool(kind, under, opened.measure, sized=opened.sized)
        return tools

    def _lay(self) -> None:
        for view in self.view.views:
            over = self.overlays if view is self.view.axial else ()
            view.set_layers((*over, self.planes.crosses[view], self._measures[view]))

    def _point(self, view: SliceView, point: Point | None) -> None:
        if point is not None:
            self._over = view
        elif self._over is view:
            self._over = None
        self.probed.emit()

    def _want_menu(self, point: Point, place: QPoint) -> None:
        self.menu_wanted.emit(point, place)
