"""Tools turn what a hand does into edits: the right shape, undone by one step, nothing from a slip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from ml.geometry import Point, Rect
from tests.viewer.tools.boards import ALT, CAMERA, NONE, SHIFT, HeardBoard, at, stroke
from viewer.canvas.tool import Tool
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.outline import OutlineTool, closed
from viewer.tools.rectangle import EllipseTool, RectangleTool


def test_a_rectangle_between_two_corners_in_any_order(opened: OpenedSlide) -> None:
    board = HeardBoard(opened)
    tool = RectangleTool(board)
    stroke(tool, (1500, 1200), (1000, 900))
    (drawn,) = opened.annotations
    assert drawn.shape.bounds == Rect(1000, 900, 500, 300)
    assert drawn.shape.kind == "rectangle"
    assert opened.selected is drawn
    assert board.ended == 1
    opened.undo.undo()
    assert len(opened.annotations) == 0
    assert opened.selected is None
    opened.undo.redo()
    assert len(opened.annotations) == 1


def test_shift_keeps_it_square(opened: OpenedSlide) -> None:
    stroke(RectangleTool(HeardBoard(opened)), (1000, 1000), (1400, 1100), modifiers=SHIFT)
    assert next(iter(opened.annotations)).shape.bounds == Rect(1000, 1000, 400, 400)


def test_alt_has_it_grow_from_its_middle(opened: OpenedSlide) -> None:
    board = HeardBoard(opened)
    stroke(RectangleTool(board), (1000, 1000), (1200, 1100), modifiers=ALT)
    stroke(EllipseTool(board), (2000, 1000), (2200, 1100), modifiers=ALT | SHIFT)
    square, circle = opened.annotations
    assert square.shape.bounds == Rect(800, 900, 400, 200)
    assert circle.shape.bounds == Rect(1800, 800, 400, 400)
    assert circle.shape.kind == "ellipse"
    assert opened.undo.undoText() == "Draw ellipse"


def test_what_lies_beside_the_slide_is_cut_off(opened: OpenedSlide) -> None:
    stroke(RectangleTool(HeardBoard(opened)), (-500, -400), (300, 200))
    assert next(iter(opened.annotations)).shape.bounds == Rect(0, 0, 300, 200)


@pytest.mark.parametrize("kind", [RectangleTool, EllipseTool, OutlineTool])
def test_a_click_and_a_stroke_that_was_dropped_leave_nothing(opened: OpenedSlide, kind: type[Tool]) -> None:
    tool = kind(HeardBoard(opened))  # type: ignore[call-arg]
    stroke(tool, (1000, 1000), (1001, 1001))
    tool.mouse_press(at(1000, 1000))
    tool.mouse_move(at(1500, 1500))
    assert tool.key_press(Qt.Key.Key_Escape, NONE)
    tool.mouse_release(at(1500, 1500))
    assert len(opened.annotations) == 0
    assert not opened.undo.canUndo()


def test_an_outline_keeps_the_area_it_goes_round(opened: OpenedSlide) -> None:
    stroke(OutlineTool(HeardBoard(opened)), (1000, 1000), (1400, 1000), (1400, 1300), (1000, 1300))
    (drawn,) = opened.annotations
    assert drawn.shape.area == pytest.approx(400 * 300)


@given(st.lists(st.tuples(st.floats(-200, 4300), st.floats(-200, 3300)), min_size=3, max_size=30))
def test_whatever_is_scribbled_is_a_valid_shape_on_the_slide_or_nothing(
    places: list[tuple[float, float]],
) -> None:
    bounds = Rect(0, 0, 4096, 3072)
    shape = closed(tuple(Point(x, y) for x, y in places), CAMERA.scale, bounds)
    if shape is not None:
        assert shape.polygon.is_valid
        assert shape.area > 0
        assert shape.bounds.intersection(bounds) == shape.bounds
