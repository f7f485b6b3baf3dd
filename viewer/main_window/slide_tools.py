"""The tools that there are on a slide, by the names of their commands."""

from __future__ import annotations

from collections.abc import Callable

from viewer.canvas.annotation_layer import AnnotationLayer
from viewer.canvas.tool import Tool
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.outline import OutlineTool
from viewer.tools.rectangle import RectangleTool
from viewer.tools.select import SelectTool


def tools_of(opened: OpenedSlide, drawn: AnnotationLayer, back: Callable[[], None]) -> dict[str, Tool]:
    """All but the hand that moves; `back` takes that hand again after a finished shape."""
    return {
        "select": SelectTool(opened, drawn.hit, drawn.within),
        "rectangle": RectangleTool(opened, back),
        "outline": OutlineTool(opened, back),
    }
