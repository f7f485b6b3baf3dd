"""Commands: tools that draw, measure and count on a slide, and what goes with them."""

from __future__ import annotations

from viewer.actions.command import Entry

TOOLS, VIEW = "Tools", "View"


def _tool(command: str, title: str, tip: str, icon: str, keys: tuple[str, ...], section: int) -> Entry:
    return Entry(command, title, tip, TOOLS, icon, keys, section, "slide")


ELLIPSE = Entry(
    "ellipse",
    "Ellipse",
    "Drag an ellipse; Shift: a circle, Alt: from its middle. On CT what lies in it is measured.",
    TOOLS,
    "circle",
    ("O",),
)

AREAS: tuple[Entry, ...] = (
    _tool(
        "polygon",
        "Polygon",
        "Click corner after corner, or drag freehand; a double-click or Enter closes it.",
        "pentagon",
        ("P",),
        0,
    ),
    _tool(
        "outline",
        "Freehand outline",
        "Draw round a region in one go; it closes itself.",
        "lasso",
        ("Shift+P",),
        0,
    ),
    _tool("line", "Line", "Click point after point; a double-click or Enter ends it.", "spline", ("V",), 0),
    _tool("arrow", "Arrow", "Drag to what it shall point at.", "arrow-up-right", ("Shift+V",), 0),
    _tool("point", "Point", "Click to mark a place.", "map-pin", (".",), 0),
    _tool(
        "brush",
        "Brush",
        "Drag paints; Alt wipes; Shift and the wheel change the size.",
        "brush",
        ("B",),
        1,
    ),
    _tool("eraser", "Eraser", "Drag wipes from the selected area.", "eraser", ("E",), 1),
    _tool(
        "wand",
        "Magic wand",
        "Press on a colour in view; drag to the right for more of it. Alt takes away.",
        "wand-sparkles",
        ("W",),
        1,
    ),
)

ANGLE = Entry(
    "angle",
    "Angle",
    "Drag along one way, then click at the end of the other.",
    TOOLS,
    "triangle-right",
    ("Shift+L",),
    2,
)

COUNTING: tuple[Entry, ...] = (
    _tool(
        "count",
        "Count",
        "Click each one; the digits choose the class. The totals stand in the corner.",
        "tally-5",
        ("C",),
        3,
    ),
    _tool(
        "counting_circle",
        "Circle of 1 mm²",
        "Click to place a circle of exactly 1 mm², to count in.",
        "circle-dashed",
        ("Shift+C",),
        3,
    ),
    Entry(
        "counting_grid",
        "Counting grid",
        "Lay a grid over the slide, or take it off.",
        TOOLS,
        "grid-3x3",
        ("K",),
        3,
        "slide",
    ),
    Entry(
        "grid_size",
        "Size of the grid…",
        "How wide a cell of the counting grid is.",
        TOOLS,
        "",
        ("Shift+K",),
        3,
        "slide",
    ),
    Entry(
        "snap",
        "Catch corners and lines",
        "What is drawn or moved catches at corners and lines of what is there.",
        TOOLS,
        "magnet",
        ("Shift+S",),
        4,
        "slide",
    ),
)

AREA_DROP = ("polygon", "outline", "line", "arrow", "point")
BRUSH_DROP = ("brush", "eraser", "wand")
MEASURE_DROP = ("ruler", "angle")
COUNT_DROP = ("count", "counting_circle", "counting_grid")
