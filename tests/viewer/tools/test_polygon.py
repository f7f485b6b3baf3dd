"""Corner after corner, freehand between them: a polygon, an open line; what ends it and what takes back."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from ml.geometry import Point
from tests.viewer.tools.boards import NONE, HeardBoard, at, click, stroke
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.outline import PolygonTool

CORNERS = ((1000, 1000), (1400, 1000), (1400, 1300), (1000, 1300))
ENTER, BACKSPACE, ESCAPE = Qt.Key.Key_Return, Qt.Key.Key_Backspace, Qt.Key.Key_Escape


def clicked(board: HeardBoard, *, closes: bool = True) -> PolygonTool:
    tool = PolygonTool(board, closes=closes)
    for corner in CORNERS:
        click(tool, *corner)
    return tool


@pytest.mark.parametrize("ending", ["enter", "first corner", "double-click"])
def test_three_ways_to_close_it(opened: OpenedSlide, ending: str) -> None:
    board = HeardBoard(opened)
    tool = clicked(board)
    if ending == "enter":
        assert tool.claims(ENTER, NONE)
        tool.key_press(ENTER, NONE)
    elif ending == "first corner":
        click(tool, 1005, 1008)
    else:
        tool.double_click(at(*CORNERS[-1]))
    (drawn,) = opened.annotations
    assert drawn.shape.rings == (tuple(Point(*corner) for corner in CORNERS),)
    assert drawn.shape.area == 400 * 300
    assert board.ended == 1
    assert not tool.unfinished
    assert not tool.claims(ENTER, NONE)  # Enter belongs to its command again
    assert opened.undo.undoText() == "Draw polygon"


def test_backspace_takes_one_back_and_escape_all(opened: OpenedSlide) -> None:
    tool = clicked(HeardBoard(opened))
    assert tool.claims(BACKSPACE, NONE)
    tool.key_press(BACKSPACE, NONE)
    tool.key_press(ENTER, NONE)
    (drawn,) = opened.annotations
    assert len(drawn.shape.rings[0]) == 3
    click(tool, 100, 100)
    click(tool, 300, 100)
    tool.key_press(BACKSPACE, NONE)
    tool.key_press(BACKSPACE, NONE)
    assert not tool.unfinished
    click(tool, 100, 100)
    assert tool.claims(ESCAPE, NONE)
    tool.key_press(ESCAPE, NONE)
    assert not tool.unfinished
    assert not tool.claims(ESCAPE, NONE)
    assert len(opened.annotations) == 1


def test_a_single_drag_is_an_outline_and_a_later_one_a_freehand_piece(opened: OpenedSlide) -> None:
    board = HeardBoard(opened)
    tool = PolygonTool(board, closes=True)
    stroke(tool, *CORNERS)
    assert len(opened.annotations) == 1
    click(tool, 2000, 1000)
    stroke(tool, (2400, 1000), (2410, 1100), (2390, 1200), (2400, 1300))
    assert tool.unfinished
    click(tool, 2000, 1300)
    tool.key_press(BACKSPACE, NONE)
    tool.key_press(BACKSPACE, NONE)  # the drag goes as a whole
    assert tool.unfinished
    click(tool, 2400, 1300)
    click(tool, 2000, 1300)
    tool.key_press(ENTER, NONE)
    assert len(list(opened.annotations)[1].shape.rings[0]) == 3


def test_too_few_corners_say_so(opened: OpenedSlide) -> None:
    board = HeardBoard(opened)
    tool = PolygonTool(board, closes=True)
    click(tool, 1000, 1000)
    click(tool, 1200, 1000)
    tool.key_press(ENTER, NONE)
    assert board.told == ["An outline needs three points that do not lie on one line."]
    assert len(opened.annotations) == 0
    line = PolygonTool(board, closes=False)
    click(line, 1000, 1000)
    line.key_press(ENTER, NONE)
    assert board.told[-1] == "A line needs two points."


def test_an_open_line(opened: OpenedSlide) -> None:
    tool = clicked(HeardBoard(opened), closes=False)
    tool.double_click(at(*CORNERS[-1]))
    (drawn,) = opened.annotations
    assert drawn.shape.kind == "line"
    assert drawn.shape.rings == (tuple(Point(*corner) for corner in CORNERS),)
    assert opened.undo.undoText() == "Draw line"


@given(st.lists(st.tuples(st.integers(-300, 4300), st.integers(-300, 3300)), max_size=9), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_whatever_is_clicked_is_valid_on_the_slide_or_said(
    opened: OpenedSlide, places: list[tuple[int, int]], closes: bool
) -> None:
    board = HeardBoard(opened)
    before = len(opened.annotations)
    tool = PolygonTool(board, closes=closes)
    for place in places:
        click(tool, *place)
    tool.key_press(ENTER, NONE)
    for drawn in list(opened.annotations)[before:]:
        bounds, slide = drawn.shape.bounds, opened.info.bounds
        assert slide.x <= bounds.x
        assert bounds.right <= slide.right
        assert slide.y <= bounds.y
        assert bounds.bottom <= slide.bottom
        assert not closes or drawn.shape.polygon.is_valid
    assert not tool.unfinished or len(places) == 0
