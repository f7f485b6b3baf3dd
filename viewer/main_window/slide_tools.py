"""The tools that there are in one view of a slide, by the names of their commands, and what they work on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt

from ml.errors import Problem
from viewer.canvas.annotation_layer import AnnotationLayer
from viewer.canvas.grid_layer import GridLayer
from viewer.canvas.slide_view import SlideView
from viewer.canvas.tissue import tissue_in
from viewer.canvas.tool import Tool
from viewer.panels.count_card import CountCard
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.board import Board, Choices, Hit
from viewer.tools.brush import BrushTool
from viewer.tools.circle import CircleTool
from viewer.tools.edit import EditTool
from viewer.tools.line import LineTool
from viewer.tools.move import MoveTool
from viewer.tools.outline import OutlineTool, PolygonTool
from viewer.tools.point import PointTool
from viewer.tools.rectangle import EllipseTool, RectangleTool
from viewer.tools.select import SelectTool
from viewer.tools.wand import WandTool


class SlideTools:
    """Made once for each view; `by_name` are all of them, `grid` and `card` come with some."""

    def __init__(
        self,
        opened: OpenedSlide,
        view: SlideView,
        layer: AnnotationLayer,
        box_at: Hit,
        choices: Choices,
        back: Callable[[], None],
        tell: Callable[[str], None],
        refuse: Callable[[Problem], None],
    ) -> None:
        self.grid = GridLayer(opened.info.bounds)
        self.card = CountCard(opened, view)
        board = Board(
            opened,
            drawn=back,
            choices=choices,
            annotation_at=layer.hit,
            tell=tell,
            refuse=refuse,
            lift=layer.lift,
            camera=lambda: view.camera,
            tissue=partial(tissue_in, view),
            near=layer.touching,
        )
        self.move = MoveTool(opened, box_at, layer.hit, EditTool(board, Qt.CursorShape.OpenHandCursor))
        edit = EditTool(board, Qt.CursorShape.ArrowCursor)
        self.by_name: dict[str, Tool] = {
            "move": self.move,
            "select": SelectTool(opened, layer.hit, layer.within, edit),
            **_drawing_tools(board),
        }

    def show_tool(self, name: str) -> None:
        """Another tool is in the hand: the totals are in view while one counts."""
        self.card.setVisible(name == "count")

    def close(self) -> None:
        """Follow the slide no more."""
        self.card.close_links()


def _drawing_tools(board: Board) -> dict[str, Tool]:
    return {
        "rectangle": RectangleTool(board),
        "ellipse": EllipseTool(board),
        "polygon": PolygonTool(board, closes=True),
        "outline": OutlineTool(board),
        "line": PolygonTool(board, closes=False),
        "arrow": LineTool(board, "arrow"),
        "point": PointTool(board, counts=False),
        "brush": BrushTool(board),
        "eraser": BrushTool(board, erases=True),
        "wand": WandTool(board),
        "count": PointTool(board, counts=True),
        "ruler": LineTool(board, "ruler"),
        "angle": LineTool(board, "angle"),
        "counting_circle": CircleTool(board),
    }
