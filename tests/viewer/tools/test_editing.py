"""What is selected, in the hand: bent, stretched, turned, moved. Each drag is one edit."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from ml.annotation.document import Change
from ml.annotation.measured import meaning
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect, Spacing
from tests.viewer.tools.boards import ALT, CAMERA, CTRL, NONE, SHIFT, HeardBoard, at, click, stroke
from viewer.canvas.camera import Camera
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.edit import EditTool
from viewer.tools.grips import MOST_PLACES, SIDES, box_of, grips_of, stretched, turned
from viewer.tools.move import MoveTool
from viewer.tools.select import SelectTool

BOX = Annotation(Shape.rectangle(Rect(1000, 1000, 400, 200)), id="box")
PENTAGON = Annotation(
    Shape(((Point(2000, 1000), Point(2400, 1000), Point(2500, 1200), Point(2200, 1400), Point(1900, 1200)),)),
    id="pentagon",
)
HAND = Qt.CursorShape.OpenHandCursor
DELETE = Qt.Key.Key_Delete


class Desk:
    """The hand that moves, over a box and a pentagon."""

    def __init__(self, opened: OpenedSlide, *, snaps: bool = False, camera: Camera = CAMERA) -> None:
        self.opened = opened
        self.board = HeardBoard(opened, snaps=snaps, camera=camera)
        self.edit = EditTool(self.board, HAND)
        self.tool = MoveTool(opened, lambda _point, _reach: None, self.board.layer.hit, self.edit)
        opened.edit(Change((), (BOX, PENTAGON), "Draw"))

    def shape(self, key: str) -> Shape:
        return self.opened.annotations[key].shape


@pytest.fixture
def desk(opened: OpenedSlide) -> Desk:
    return Desk(opened)


def test_a_click_selects_and_a_drag_beside_everything_is_the_views(desk: Desk) -> None:
    assert not desk.tool.mouse_press(at(1200, 1100))
    assert desk.opened.selection == ("box",)
    assert not desk.tool.mouse_press(at(3500, 2500))
    assert desk.opened.selection == ("box",)


def test_a_drag_within_moves_what_was_selected_before(desk: Desk) -> None:
    desk.opened.select("box")
    stroke(desk.tool, (1200, 1100), (1250, 1150), (1300, 1200))
    assert desk.shape("box") == Shape.rectangle(Rect(1100, 1100, 400, 200))
    assert desk.opened.undo.undoText() == "Move annotation"
    desk.opened.undo.undo()
    assert desk.shape("box") == BOX.shape  # one drag was one edit
    stroke(desk.tool, (1200, 1100), (1201, 1100))  # a click moves nothing
    assert desk.shape("box") == BOX.shape


def test_what_is_moved_stays_on_the_slide(desk: Desk) -> None:
    desk.opened.select("box")
    stroke(desk.tool, (1200, 1100), (-3000, 1100))
    assert desk.shape("box").bounds == Rect(0, 1000, 400, 200)


def test_all_that_is_selected_moves_but_what_is_locked(desk: Desk) -> None:
    locked = replace(PENTAGON, locked=True)
    third = Annotation(Shape.points([Point(3000, 1000)]), id="third")
    desk.opened.edit(Change((PENTAGON,), (locked, third), "Lock"))
    desk.opened.select(("box", "pentagon", "third"))
    stroke(desk.tool, (1200, 1100), (1210, 1130))
    assert desk.opened.undo.undoText() == "Move 2 annotations"
    assert desk.shape("box").bounds.x == 1010
    assert desk.shape("third").rings[0] == (Point(3010, 1030),)
    assert desk.opened.annotations["pentagon"] == locked
    desk.opened.select("pentagon")
    assert not desk.tool.mouse_press(at(2200, 1200))  # a drag on it moves the picture
    assert grips_of(locked, 0.5, CAMERA.visible()) == ()


def test_a_drag_from_within_an_area_that_fills_the_view_moves_the_picture(opened: OpenedSlide) -> None:
    close = Camera(Point(1200, 1100), 4.0, 800, 600)  # 200 × 150 px of the slide
    desk = Desk(opened, camera=close)
    desk.opened.select("box")
    assert not desk.tool.mouse_press(at(1200, 1100, camera=close))


@pytest.mark.parametrize(
    ("corner", "to", "modifiers", "expected"),
    [
        ((1400, 1200), (1500, 1300), NONE, Rect(1000, 1000, 500, 300)),
        ((1000, 1000), (900, 950), NONE, Rect(900, 950, 500, 250)),
        ((1400, 1100), (1300, 1500), NONE, Rect(1000, 1000, 300, 200)),
        ((1200, 1000), (1000, 900), NONE, Rect(1000, 900, 400, 300)),
        ((1400, 1200), (1800, 1210), SHIFT, Rect(1000, 1000, 800, 400)),
    ],
)
def test_sides_and_corners(
    desk: Desk,
    corner: tuple[int, int],
    to: tuple[int, int],
    modifiers: Qt.KeyboardModifier,
    expected: Rect,
) -> None:
    desk.opened.select("box")
    stroke(desk.tool, corner, ((corner[0] + to[0]) / 2, (corner[1] + to[1]) / 2), to, modifiers=modifiers)
    assert desk.shape("box") == Shape.rectangle(expected)
    assert desk.opened.undo.undoText() == "Resize annotation"


def test_the_knob_turns_and_shift_turns_by_steps(desk: Desk) -> None:
    desk.opened.select("box")
    knob = (1200, 1000 - 24 / CAMERA.scale)
    about = Point(1200, 1100)
    to = (about.x + 300 * math.sin(math.radians(33)), about.y - 300 * math.cos(math.radians(33)))
    stroke(desk.tool, knob, (knob[0] + 60, knob[1]), to, modifiers=SHIFT)
    (ring,) = desk.shape("box").rings
    assert desk.shape("box").kind == "polygon"
    assert math.degrees(math.atan2(ring[1].y - ring[0].y, ring[1].x - ring[0].x)) == pytest.approx(30)
    assert desk.shape("box").area == pytest.approx(400 * 200)
    assert desk.opened.undo.undoText() == "Turn annotation"


def test_a_place_is_moved_and_what_would_cross_itself_is_not(desk: Desk) -> None:
    desk.opened.select("pentagon")
    stroke(desk.tool, (2000, 1000), (1980, 980), (1950, 950))
    assert desk.shape("pentagon").rings[0][0] == Point(1950, 950)
    assert desk.opened.undo.undoText() == "Move point of annotation"
    before = desk.shape("pentagon")
    stroke(desk.tool, (1950, 950), (2200, 1300), (2600, 1390))
    assert desk.shape("pentagon") == before
    assert desk.board.told == ["The outline would cross itself. Nothing was changed."]


def test_a_double_click_adds_a_place_and_delete_takes_it(desk: Desk) -> None:
    desk.opened.select("pentagon")
    assert not desk.tool.claims(DELETE, NONE)
    assert desk.tool.double_click(at(2200, 1002))
    assert desk.shape("pentagon").rings[0][1] == Point(2200, 1000)
    assert desk.tool.claims(DELETE, NONE)  # the new one is chosen
    assert desk.tool.key_press(DELETE, NONE)
    assert desk.shape("pentagon") == PENTAGON.shape
    assert desk.opened.undo.undoText() == "Delete point"
    assert not desk.tool.claims(DELETE, NONE)  # now it means the annotation
    click(desk.tool, 2500, 1200)
    assert desk.tool.claims(DELETE, NONE)
    desk.tool.key_press(DELETE, NONE)
    assert len(desk.shape("pentagon").rings[0]) == 4
    assert not desk.tool.double_click(at(3500, 2500))  # zooms
    desk.opened.select("box")
    assert not desk.tool.double_click(at(1200, 1000))


def test_delete_says_why_not(desk: Desk) -> None:
    triangle = Annotation(Shape((PENTAGON.shape.rings[0][:3],)), id="triangle")
    desk.opened.edit(Change((PENTAGON,), (triangle,), "Draw"))
    desk.opened.select("triangle")
    click(desk.tool, 2500, 1200)
    desk.tool.key_press(DELETE, NONE)
    assert desk.board.told == ["An outline needs three points."]
    assert desk.shape("triangle") == triangle.shape


def test_escape_in_the_middle_of_a_drag(desk: Desk) -> None:
    desk.opened.select("box")
    desk.tool.mouse_press(at(1200, 1100))
    desk.tool.mouse_move(at(1300, 1200))
    assert desk.board.layer._lifted == {"box"}
    assert desk.tool.claims(Qt.Key.Key_Escape, NONE)
    desk.tool.key_press(Qt.Key.Key_Escape, NONE)
    assert desk.board.layer._lifted == frozenset()
    desk.tool.mouse_release(at(1300, 1200))
    assert desk.shape("box") == BOX.shape


def test_arrows_move_by_pixels_of_the_screen_as_one_sees_it(opened: OpenedSlide) -> None:
    turned_view = replace(CAMERA, angle=90.0)
    desk = Desk(opened, camera=turned_view)
    assert not desk.tool.key_press(Qt.Key.Key_Right, NONE)  # nothing selected: the picture moves
    desk.opened.select("box")
    assert desk.tool.key_press(Qt.Key.Key_Right, NONE)
    assert desk.shape("box").bounds == Rect(1000, 998, 400, 200)  # up on the slide is right in the view
    assert desk.tool.key_press(Qt.Key.Key_Down, SHIFT)
    assert desk.shape("box").bounds == Rect(1020, 998, 400, 200)
    assert not desk.tool.key_press(Qt.Key.Key_Down, ALT)
    assert not desk.tool.key_press(Qt.Key.Key_Down, CTRL)


def test_arrows_move_the_picture_where_what_is_selected_is_out_of_view(opened: OpenedSlide) -> None:
    desk = Desk(opened, camera=Camera(Point(3800, 2900), 4.0, 800, 600))
    desk.opened.select("box")
    assert not desk.tool.key_press(Qt.Key.Key_Right, NONE)


def test_a_moved_ruler_keeps_and_a_bent_one_changes_its_length(desk: Desk) -> None:
    line = Annotation(Shape.line((Point(2000, 2000), Point(2400, 2000))), id="ruler")
    ruler = meaning(line, "ruler", Spacing.square(0.5))
    desk.opened.edit(Change((), (ruler,), "Measure"))
    desk.opened.select("ruler")
    stroke(desk.tool, (2200, 2000), (2200, 2050))
    assert desk.opened.annotations["ruler"].measurements == {"Length µm": 200}
    stroke(desk.tool, (2400, 2050), (2600, 2050))
    assert desk.opened.annotations["ruler"].measurements == {"Length µm": 300}


def test_a_counting_circle_moves_but_has_one_size(desk: Desk) -> None:
    circle = meaning(Annotation(Shape.ellipse_in(Rect(1000, 1500, 900, 900)), id="circle"), "circle", None)
    assert box_of(circle, 0.5) is None
    desk.opened.edit(Change((), (circle,), "Place"))
    desk.opened.select("circle")
    stroke(desk.tool, (1900, 1950), (2000, 1950))
    assert desk.shape("circle").bounds.x == pytest.approx(1100)
    assert desk.shape("circle").bounds.width == pytest.approx(900)


def test_the_nucleus_of_a_cell_moves_with_it(desk: Desk) -> None:
    cell = Annotation(BOX.shape, nucleus=Shape.rectangle(Rect(1100, 1050, 50, 50)), id="cell")
    desk.opened.edit(Change((BOX,), (cell,), "Draw"))
    desk.opened.select("cell")
    stroke(desk.tool, (1200, 1100), (1300, 1100))
    nucleus = desk.opened.annotations["cell"].nucleus
    assert nucleus is not None
    assert nucleus.bounds.x == 1200


def test_what_is_moved_catches_at_corners(opened: OpenedSlide) -> None:
    desk = Desk(opened, snaps=True)
    desk.opened.select("pentagon")
    stroke(desk.tool, (2000, 1000), (1700, 1000), (1409, 1006))  # the grip of a place, near the box's corner
    assert desk.shape("pentagon").rings[0][0] == Point(1400, 1000)
    desk.opened.undo.undo()
    stroke(desk.tool, (2010, 1020), (1700, 1000), (1418, 1015))  # the whole, held near that place
    assert desk.shape("pentagon").rings[0][0] == Point(1400, 1000)
    assert desk.shape("pentagon").area == pytest.approx(PENTAGON.shape.area)


def test_the_cursor_says_what_can_be_taken(desk: Desk) -> None:
    assert desk.tool.cursor == HAND
    desk.opened.select("pentagon")
    desk.tool.mouse_move(at(2000, 1000))
    assert desk.tool.cursor == Qt.CursorShape.CrossCursor
    desk.tool.mouse_move(at(2200, 1200))
    assert desk.tool.cursor == Qt.CursorShape.SizeAllCursor
    desk.tool.mouse_move(at(3500, 2500))
    assert desk.tool.cursor == HAND


def test_the_hand_that_selects_edits_too(desk: Desk) -> None:
    edit = EditTool(desk.board, Qt.CursorShape.ArrowCursor)
    tool = SelectTool(desk.opened, desk.board.layer.hit, desk.board.layer.within, edit)
    click(tool, 1200, 1100)
    stroke(tool, (1200, 1100), (1300, 1200))
    assert desk.shape("box").bounds == Rect(1100, 1100, 400, 200)
    stroke(tool, (1800, 900), (2600, 1500))  # beside it: a rectangle that chooses
    assert desk.opened.selection == ("pentagon",)
    click(tool, 3500, 2500)
    assert desk.opened.selection == ()


def test_long_outlines_are_bent_only_where_few_of_their_places_are_in_view() -> None:
    count = 5000
    ring = tuple(
        Point(
            5000 + 3000 * math.cos(2 * math.pi * n / count), 5000 + 3000 * math.sin(2 * math.pi * n / count)
        )
        for n in range(count)
    )
    shape = Annotation(Shape((ring,)))
    assert not [g for g in grips_of(shape, 0.1, Rect(0, 0, 10_000, 10_000)) if g.kind == "place"]
    near = [g for g in grips_of(shape, 4.0, Rect(7950, 4950, 100, 100)) if g.kind == "place"]
    assert 0 < len(near) <= MOST_PLACES


def test_grips_stand_at_the_places_of_every_ring() -> None:
    hole = (Point(2100, 1100), Point(2300, 1100), Point(2200, 1250))
    for shape in (
        Shape((PENTAGON.shape.rings[0], hole)),
        Shape((PENTAGON.shape.rings[0], hole, (Point(0, 0), Point(50, 0), Point(0, 50))), starts=(0, 2)),
        Shape.line(hole, PENTAGON.shape.rings[0]),
        Shape.points(hole),
    ):
        found = [g for g in grips_of(Annotation(shape), 0.5, Rect(0, 0, 4000, 3000)) if g.kind == "place"]
        assert len(found) == sum(map(len, shape.rings))
        assert all(shape.rings[g.ring][g.index] == g.place for g in found)


def test_grips_out_of_view_are_left_out() -> None:
    view = Rect(1900, 900, 200, 200)
    found = [g.place for g in grips_of(PENTAGON, 0.5, view) if g.kind == "place"]
    assert found == [Point(2000, 1000)]


sides = st.integers(0, len(SIDES) - 1)
offsets = st.builds(Point, st.floats(-3000, 3000), st.floats(-3000, 3000))


@given(sides, offsets, st.booleans())
def test_a_stretched_box_never_turns_inside_out(side: int, offset: Point, keeps: bool) -> None:
    bounds, start = Rect(100, 200, 300, 150), Point(0, 0)
    way = stretched(bounds, side, start, offset, keeps=keeps)
    corner, opposite = way(Point(bounds.x, bounds.y)), way(Point(bounds.right, bounds.bottom))
    assert opposite.x - corner.x >= 0.49
    assert opposite.y - corner.y >= 0.49
    dx, dy = SIDES[side]
    if dx <= 0:  # the other side stays where it is
        assert opposite.x == pytest.approx(bounds.right)
    if dy >= 0:
        assert corner.y == pytest.approx(bounds.y)
    if keeps and dx and dy:
        assert (opposite.x - corner.x) / (opposite.y - corner.y) == pytest.approx(2)


@given(st.floats(-179, 179), st.floats(50, 500))
def test_the_knob_follows_the_hand(degrees: float, far: float) -> None:
    bounds = Rect(0, 0, 200, 200)
    turn = math.radians(degrees)
    end = Point(100 + far * math.sin(turn), 100 - far * math.cos(turn))
    way, said = turned(bounds, Point(100, 0), end, steps=False)
    assert said == pytest.approx(degrees, abs=1e-6)
    top = way(Point(100, 0))
    assert math.atan2(top.x - 100, 100 - top.y) == pytest.approx(turn, abs=1e-6)
