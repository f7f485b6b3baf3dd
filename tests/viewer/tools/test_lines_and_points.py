"""Rulers, angles and arrows are kept with what they say; points are marked and counted, class by class."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from ml.annotation.measured import means_of
from ml.geometry import Point, Spacing
from ml.slide.slide import KnownSpacing
from tests.viewer.tools.boards import ALT, NONE, SHIFT, HeardBoard, at, click, stroke
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.circle import CircleTool
from viewer.tools.line import LineTool
from viewer.tools.point import PointTool
from viewer.tools.rectangle import RectangleTool


def test_a_ruler_by_a_drag_and_by_two_clicks(opened: OpenedSlide) -> None:
    board = HeardBoard(opened)
    tool = LineTool(board, "ruler")
    stroke(tool, (1000, 1000), (1100, 1000), (1300, 1400))
    click(tool, 2000, 1000)
    tool.mouse_move(at(2100, 1000))
    assert tool.unfinished
    click(tool, 2000, 1200)
    dragged, clicked = opened.annotations
    assert dragged.measurements == {"Length µm": 250}  # half a µm a pixel
    assert clicked.measurements == {"Length µm": 100}
    assert board.ended == 0  # it stays in the hand
    assert board.told[0].startswith("Length: 250")
    opened.undo.undo()
    assert len(opened.annotations) == 1


def test_shift_keeps_a_ruler_straight_and_a_click_is_no_line(opened: OpenedSlide) -> None:
    tool = LineTool(HeardBoard(opened), "ruler")
    stroke(tool, (1000, 1000), (1300, 1100), modifiers=SHIFT)
    (drawn,) = opened.annotations
    assert drawn.shape.rings[0] == (Point(1000, 1000), Point(1300, 1000))
    click(tool, 1000, 1000)
    assert tool.claims(Qt.Key.Key_Escape, NONE)
    tool.key_press(Qt.Key.Key_Escape, NONE)
    assert not tool.unfinished
    assert len(opened.annotations) == 1


def test_a_new_pixel_size_measures_anew(opened: OpenedSlide) -> None:
    stroke(LineTool(HeardBoard(opened), "ruler"), (1000, 1000), (1400, 1000))
    opened.set_spacing(KnownSpacing(Spacing.square(0.25), "typed"))
    (drawn,) = opened.annotations
    assert drawn.measurements == {"Length µm": 100}


def test_without_a_pixel_size_a_ruler_says_pixels(opened: OpenedSlide) -> None:
    opened.spacing = None
    board = HeardBoard(opened)
    stroke(LineTool(board, "ruler"), (1000, 1000), (1400, 1000))
    (drawn,) = opened.annotations
    assert drawn.measurements == {"Length px": 400}
    assert "400" in board.told[0]


def test_an_angle_is_a_drag_and_a_click(opened: OpenedSlide) -> None:
    tool = LineTool(HeardBoard(opened), "angle")
    stroke(tool, (1000, 1000), (1400, 1000))
    tool.mouse_move(at(1300, 900))
    click(tool, 1400, 600)
    (drawn,) = opened.annotations
    assert drawn.measurements == {"Angle °": pytest.approx(90)}
    assert means_of(drawn) == "angle"
    stroke(tool, (1000, 1000), (1400, 1000))
    assert tool.key_press(Qt.Key.Key_Backspace, NONE)  # the second way
    click(tool, 1400, 1000)
    click(tool, 1800, 1000)
    assert next(reversed(list(opened.annotations))).measurements == {"Angle °": pytest.approx(180)}


def test_an_arrow_points_where_the_hand_lets_go(opened: OpenedSlide) -> None:
    board = HeardBoard(opened)
    stroke(LineTool(board, "arrow"), (1000, 1000), (1400, 1200))
    (drawn,) = opened.annotations
    assert drawn.shape.rings[0][-1] == Point(1400, 1200)
    assert means_of(drawn) == "arrow"
    assert not drawn.measurements
    assert board.ended == 1


def test_a_point_is_marked_moved_and_taken_away(opened: OpenedSlide) -> None:
    board = HeardBoard(opened)
    tool = PointTool(board, counts=False)
    click(tool, 1000, 1000)
    (drawn,) = opened.annotations
    assert drawn.shape.rings == ((Point(1000, 1000),),)
    stroke(tool, (1003, 1000), (1100, 1100), (1200, 1200))
    assert opened.annotations[drawn.id].shape.rings == ((Point(1200, 1200),),)
    click(tool, 1200, 1200)
    assert len(opened.annotations) == 1
    assert board.told == ["There is a point already. Alt and a click takes it away, a drag moves it."]
    click(tool, 1200, 1200, ALT)
    assert len(opened.annotations) == 0
    click(tool, 1500, 1500, ALT)
    assert len(opened.annotations) == 0


def test_digits_choose_the_class_that_is_counted(opened: OpenedSlide) -> None:
    board = HeardBoard(opened)
    tool = PointTool(board, counts=True)
    tumor = opened.classes.on_key("1")
    assert tumor is not None
    for key, clicks in ((Qt.Key.Key_1, 3), (Qt.Key.Key_2, 2), (Qt.Key.Key_0, 1)):
        assert tool.claims(key, NONE)
        tool.key_press(key, NONE)
        for n in range(clicks):
            click(tool, 1000 + 100 * n, 1000 + 100 * key.value % 777)
    names = [a.class_name for a in opened.annotations]
    assert names == ["Tumor"] * 3 + ["Stroma"] * 2 + [""]
    assert next(iter(opened.annotations)).color == tumor.color
    assert {means_of(a) for a in opened.annotations} == {"count"}
    assert opened.undo.undoText() == "Count"
    opened.undo.undo()
    opened.undo.undo()
    assert len(opened.annotations) == 4
    tool.key_press(Qt.Key.Key_9, NONE)
    assert board.told == ["No class has the key 9. See the classes in the panel “Drawn”."]
    assert not tool.claims(Qt.Key.Key_1, ALT)
    assert not PointTool(board, counts=False).claims(Qt.Key.Key_1, NONE)  # magnification


def test_a_circle_of_one_square_millimetre(opened: OpenedSlide) -> None:
    board = HeardBoard(opened)
    tool = CircleTool(board)
    click(tool, 2000, 1500)
    (drawn,) = opened.annotations
    assert Spacing.square(0.5).area_mm2(drawn.shape.area) == pytest.approx(1, rel=1e-3)
    assert drawn.name == "1\u202fmm²"
    assert board.told == []
    click(tool, 100, 100)
    assert "beside the slide" in board.told[0]
    opened.spacing = None
    click(tool, 2000, 1500)
    assert "Nobody knows how large a pixel" in board.told[1]
    assert len(opened.annotations) == 2


def test_new_shapes_catch_at_what_is_there(opened: OpenedSlide) -> None:
    board = HeardBoard(opened, snaps=True)
    stroke(RectangleTool(board), (1000, 1000), (1400, 1200))
    stroke(LineTool(board, "ruler"), (1405, 1208), (1600, 1600), (1206, 1210))
    ruler = next(reversed(list(opened.annotations)))
    assert ruler.shape.rings[0] == (Point(1400, 1200), Point(1206, 1200))  # a corner, a line
    board.choices.snaps = False
    stroke(LineTool(board, "ruler"), (1405, 1208), (1800, 1800))
    assert next(reversed(list(opened.annotations))).shape.rings[0][0] == Point(1405, 1208)


def test_new_shapes_get_the_current_class(opened: OpenedSlide) -> None:
    opened.classes.choose("Stroma")
    stroke(RectangleTool(HeardBoard(opened)), (1000, 1000), (1400, 1200))
    assert opened.selected is not None
    assert opened.selected.class_name == "Stroma"
