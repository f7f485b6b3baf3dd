"""One open slide in the middle of the window: its view, its layers and its tools."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Literal

from PySide6.QtCore import Signal

from ml.geometry import Point
from viewer.canvas.annotation_layer import AnnotationLayer
from viewer.canvas.history import History
from viewer.canvas.layer import Layer
from viewer.canvas.legend import Legend
from viewer.canvas.slide_view import SlideView
from viewer.canvas.tile_cache import TileCache
from viewer.canvas.tile_loader import TileLoader
from viewer.canvas.tool import Tool
from viewer.cases.values import Json
from viewer.main_window.crowd_view import CrowdView
from viewer.main_window.layer_choice import LayerChoice, LayerName
from viewer.main_window.page import Page
from viewer.main_window.result_layers import ResultLayers
from viewer.main_window.slide_tools import SlideTools
from viewer.panels.links import Links
from viewer.state.findings import Findings
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.board import Choices

LentTool = Literal["landmark", "pick", "known_length"]


class SlidePage(Page):
    """Follows one slide's findings: makes their layers, feeds them, and takes them off again."""

    layers_changed = Signal()
    told = Signal(str)  # a sentence about what a tool did or could not do
    refused = Signal(object)  # Problem
    opened: OpenedSlide
    view: SlideView

    def __init__(
        self, opened: OpenedSlide, loader: TileLoader, cache: TileCache, choices: Choices | None = None
    ) -> None:
        super().__init__(opened)
        self.opened = opened
        self.view = SlideView(opened.title, loader, cache)
        self.view.set_slide(opened.slide, opened.title)
        self.view.set_look(opened.look, opened.plane)
        self.view.set_spacing(opened.spacing)
        self.legend = Legend(self.view)
        self.history = History()
        self.view.camera_changed.connect(lambda camera: self.history.moved(camera, time.monotonic()))
        self.annotations = AnnotationLayer(opened.annotations)
        self.crowd = CrowdView(opened, self.view, self.annotations)
        self.results = ResultLayers(self)
        self.tool = "move"
        self._always = Links()
        self._choice = LayerChoice()
        on = (opened, self.view, self.annotations, self.results.box_at, choices or Choices())
        self.drawing = SlideTools(*on, partial(self.take, "move"), self.told.emit, self.refused.emit)
        self._tools = self.drawing.by_name
        self.tool_changed.connect(self.drawing.show_tool)
        self.view.set_tool(self._tools["move"])
        opened.spacing_changed.connect(self._show_spacing)
        self._show_spacing()
        opened.look_changed.connect(self._show_look)
        opened.plane_changed.connect(self._show_look)
        self._always.follow(opened.selection_changed, self.annotations.select)
        self.results.leaving.connect(self._unlay)
        self.results.laid.connect(self._lay)
        self.results.colors_changed.connect(self._explain_colors)
        opened.findings_changed.connect(self.follow)
        self.annotations.select(opened.selection)
        self._lay()
        if opened.findings is not None:  # a second view of a slide that was analyzed
            self.follow(opened.findings)

    def layer(self, name: LayerName) -> Layer | None:
        """A layer by its name, None while there is none."""
        found: Layer | None = self.annotations if name == "annotations" else getattr(self.results, name)
        return found

    def toggle(self, name: LayerName) -> None:
        """Show or hide a layer; the next run keeps the choice."""
        layer = self.layer(name)
        if layer is not None:
            layer.set_visible(not layer.visible)
            self._choice.shown[name] = layer.visible
            self.layers_changed.emit()

    def kept_layers(self) -> Json:
        """What is shown and how strongly, to be kept."""
        self._note_opacity()
        return self._choice.as_json()

    def show_layers(self, kept: Mapping[str, object]) -> None:
        """As it was kept."""
        self._unlay()
        self._choice.take(kept)
        self._lay()

    @property
    def pictures(self) -> tuple[SlideView]:
        """The one view of the slide."""
        return (self.view,)

    @property
    def tools(self) -> frozenset[str]:
        """Those that are always there."""
        return frozenset(self._tools)

    def take(self, tool: str) -> None:
        """Take a tool into the hand; what was unfinished with the last one is dropped."""
        self.tool = tool
        self.view.set_tool(self._tools[tool])
        self.tool_changed.emit(tool)

    def lend(self, tool: Tool, name: LentTool) -> None:
        """Take a tool into the hand that somebody else has made; `take` lays it down."""
        self.tool = name
        self.view.set_tool(tool)
        self.tool_changed.emit(name)

    def select_at(self, point: Point) -> None:
        """Select what stands at a place, as a click would; what is selected among others stays with them."""
        tolerance = 6 / self.view.camera.scale
        found = self.annotations.hit(point, tolerance)
        if found is None or not self.opened.is_selected(found) or self.results.box_at(point, tolerance):
            self.drawing.move.select_at(point, tolerance)

    def follow(self, findings: Findings | None) -> None:
        """Show other findings, or none. What came before is kept until the run begins to tell."""
        self._unlay()
        self.results.follow(findings)
        self._lay()

    def close(self) -> None:
        """Take the picture off, so that nothing asks for tiles any more."""
        self.results.drop()
        self._always.drop()
        self.crowd.close()
        self.annotations.close()
        self.drawing.close()
        self.view.set_tool(None)
        self.view.set_slide(None)

    def _show_look(self, _: object) -> None:
        self.view.set_look(self.opened.look, self.opened.plane)

    def _show_spacing(self, _: object = None) -> None:
        for part in (self.view, self.annotations, self.drawing.grid):
            part.set_spacing(self.opened.spacing)

    def _lay(self) -> None:
        """All layers in their order: values lowest, what a person drew on top."""
        self._unlay()
        for name in ("heatmap", "cam", "boxes", "annotations"):
            layer = self.layer(name)
            if layer is not None:
                layer.set_visible(self._choice.shown.get(name, layer.visible))
                layer.set_opacity(self._choice.opacity.get(name, layer.opacity))
                self.view.add_layer(layer)
        self.view.add_layer(self.drawing.grid)
        self._explain_colors()
        self.layers_changed.emit()

    def _explain_colors(self) -> None:
        self.legend.set_lines(self.results.legend())

    def _unlay(self) -> None:
        self._note_opacity()
        for layer in self.view.layers:
            self.view.remove_layer(layer)

    def _note_opacity(self) -> None:
        """The next run keeps what the person has chosen."""
        for name in self._choice.opacity:
            before = self.layer(name)
            if before is not None and before in self.view.layers:
                self._choice.opacity[name] = before.opacity
