"""Strokes and colours: what they add to, what they take from, and that each is one edit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from tests.viewer.tools.boards import ALT, CAMERA, NONE, SHIFT, HeardBoard, at, click, stroke
from viewer.canvas.tissue import Tissue
from viewer.state.opened_slide import OpenedSlide
from viewer.tools.brush import BrushTool
from viewer.tools.wand import WandTool

SQUARE = Annotation(Shape.rectangle(Rect(1000, 1000, 400, 400)), id="square")


@pytest.fixture
def board(opened: OpenedSlide) -> HeardBoard:
    opened.edit(Change((), (SQUARE,), "Draw"))
    return HeardBoard(opened)


def area(opened: OpenedSlide, key: str = "square") -> float:
    return opened.annotations[key].shape.area


def test_on_the_selected_area_it_goes_on_beside_it_it_begins_anew(board: HeardBoard) -> None:
    opened = board.opened
    opened.select("square")
    tool = BrushTool(board)  # a radius of 48 px of the slide
    stroke(tool, (1400, 1200), (1500, 1200), (1600, 1200))
    assert len(opened.annotations) == 1
    assert area(opened) == pytest.approx(160_000 + 200 * 96 + np.pi * 48**2 / 2, rel=0.005)
    assert opened.undo.undoText() == "Paint with brush"
    stroke(tool, (3000, 1000), (3200, 1000))
    assert len(opened.annotations) == 2
    assert opened.selected is not None
    assert opened.selected.id != "square"
    assert opened.selected.shape.area == pytest.approx(200 * 96 + np.pi * 48**2, rel=0.005)
    opened.undo.undo()
    opened.undo.undo()
    assert list(opened.annotations) == [SQUARE]  # each stroke was one edit


def test_shift_joins_what_does_not_touch(board: HeardBoard) -> None:
    board.opened.select("square")
    stroke(BrushTool(board), (3000, 1000), (3100, 1000), modifiers=SHIFT)
    (joined,) = board.opened.annotations
    assert len(joined.shape.parts) == 2


@pytest.mark.parametrize("way", ["alt", "eraser", "pen"])
def test_three_ways_to_wipe(board: HeardBoard, way: str) -> None:
    opened = board.opened
    tool = BrushTool(board, erases=way == "eraser")
    modifiers = ALT if way == "alt" else NONE
    places = [(900, 1200), (1200, 1200), (1500, 1200)]
    tool.mouse_press(at(*places[0], modifiers, erases=way == "pen"))
    assert not tool.unfinished  # nothing is selected, and there is nothing here
    tool.mouse_release(at(*places[0], modifiers))
    assert board.told == ["There is nothing to wipe here: select the area first."]
    opened.select("square")
    tool.mouse_press(at(*places[0], modifiers, erases=way == "pen"))
    for place in places[1:]:
        tool.mouse_move(at(*place, modifiers))
    tool.mouse_release(at(*places[-1], modifiers))
    assert area(opened) == pytest.approx(400 * (400 - 96), rel=0.001)
    assert len(opened.annotations["square"].shape.parts) == 2
    assert opened.undo.undoText() == "Wipe"
    opened.undo.undo()
    assert list(opened.annotations) == [SQUARE]


def test_wiped_wholly_it_is_gone_and_undo_brings_it_back(board: HeardBoard) -> None:
    board.choices.brush = 400
    stroke(BrushTool(board, erases=True), (1200, 1200), (1210, 1200))  # under the hand, not selected
    assert len(board.opened.annotations) == 0
    board.opened.undo.undo()
    assert list(board.opened.annotations) == [SQUARE]


def test_what_is_locked_stays(board: HeardBoard) -> None:
    opened = board.opened
    locked = Annotation(SQUARE.shape, locked=True, id="locked")
    opened.edit(Change((SQUARE,), (locked,), "Lock"))
    opened.select("locked")
    stroke(BrushTool(board, erases=True), (1200, 1200), (1300, 1200))
    stroke(BrushTool(board), (1400, 1200), (1500, 1200))
    assert opened.annotations["locked"] == locked
    assert len(opened.annotations) == 2  # a new one was painted beside


def test_escape_drops_a_stroke_and_the_layer_shows_the_area_again(board: HeardBoard) -> None:
    board.opened.select("square")
    tool = BrushTool(board)
    tool.mouse_press(at(1400, 1200))
    assert board.layer._lifted == {"square"}
    assert tool.claims(Qt.Key.Key_Escape, NONE)
    tool.key_press(Qt.Key.Key_Escape, NONE)
    assert board.layer._lifted == frozenset()
    tool.mouse_release(at(1500, 1200))
    assert list(board.opened.annotations) == [SQUARE]


def test_the_size(board: HeardBoard) -> None:
    tool = BrushTool(board)
    before = board.choices.brush
    assert tool.wheel(1)
    assert board.choices.brush > before
    assert tool.key_press(Qt.Key.Key_Down, SHIFT)
    assert board.choices.brush == pytest.approx(before)
    assert not tool.key_press(Qt.Key.Key_Down, NONE)  # moves the picture
    for _ in range(60):
        tool.wheel(-1)
    assert board.choices.brush == 2


def test_a_stroke_goes_on_under_another_zoom(board: HeardBoard) -> None:
    """The picture may be zoomed with the wheel while the button is held."""
    board.opened.select("square")
    tool = BrushTool(board)
    tool.mouse_press(at(1400, 1200))
    tool.mouse_move(at(1500, 1200))
    closer = replace(CAMERA, scale=1.0)
    tool.mouse_move(at(1600, 1200, camera=closer))
    tool.mouse_release(at(1600, 1200, camera=closer))
    assert area(board.opened) == pytest.approx(160_000 + 200 * 96 + np.pi * 48**2 / 2, rel=0.01)


def test_what_lies_beside_the_slide_is_cut_off(board: HeardBoard) -> None:
    stroke(BrushTool(board), (-30, 500), (-30, 900))
    drawn = list(board.opened.annotations)[-1]
    assert drawn.shape.bounds.x == 0
    stroke(BrushTool(board), (-300, 500), (-300, 900))
    assert len(board.opened.annotations) == 2


@pytest.fixture
def tissue(board: HeardBoard) -> HeardBoard:
    """Two squares of colour on white, in view at a quarter of the slide's resolution."""
    pixels = np.full((200, 200, 3), 240, dtype=np.uint8)
    pixels[50:100, 50:100] = (160, 60, 120)
    pixels[50:100, 120:170] = (150, 70, 130)
    seen = np.ones((200, 200), dtype=bool)
    seen[:, 195:] = False
    board.tissue = lambda: Tissue(pixels, Rect(2000, 0, 800, 800), seen)
    return board


def test_the_wand_takes_one_colour(tissue: HeardBoard) -> None:
    click(WandTool(tissue), 2300, 300)
    drawn = tissue.opened.selected
    assert drawn is not None
    assert drawn.shape.area == pytest.approx(200 * 200, rel=0.2)  # its edge is soft by two pixels of the view
    assert drawn.shape.bounds.center.x == pytest.approx(2300, abs=4)
    assert tissue.opened.undo.undoText() == "Take with wand"


def test_a_drag_to_the_right_takes_more_and_is_kept_for_the_next(tissue: HeardBoard) -> None:
    before = tissue.choices.tolerance
    stroke(WandTool(tissue), (2300, 300), (4300, 300))  # 1000 px on the screen
    assert tissue.choices.tolerance == 255 > before
    drawn = tissue.opened.selected
    assert drawn is not None
    assert drawn.shape.area == pytest.approx(195 * 4 * 800, rel=0.01)  # all that is seen
    stroke(WandTool(tissue), (2300, 300), (300, 300))
    assert tissue.choices.tolerance == 0


def test_the_wand_goes_on_with_the_selected_area_or_takes_from_it(tissue: HeardBoard) -> None:
    opened = tissue.opened
    box = Annotation(Shape.rectangle(Rect(2100, 100, 300, 500)), id="box")
    opened.edit(Change((), (box,), "Draw"))
    opened.select("box")
    tool = WandTool(tissue)
    click(tool, 2300, 300, ALT)
    assert area(opened, "box") == pytest.approx(300 * 500 - 200 * 200, rel=0.08)
    click(tool, 2580, 300, SHIFT)
    assert len(opened.annotations["box"].shape.parts) == 2
    click(tool, 2300, 300)  # beside what is left of it
    assert len(opened.annotations) == 3


def test_beside_the_slide_and_with_nothing_in_view(tissue: HeardBoard, board: HeardBoard) -> None:
    click(WandTool(tissue), 2795, 300)
    assert tissue.told == ["There is no slide here."]
    click(WandTool(tissue), 100, 300)
    board.tissue = lambda: None
    click(WandTool(board), 2300, 300)
    assert list(board.opened.annotations) == [SQUARE]


def test_escape_drops_what_the_wand_found(tissue: HeardBoard) -> None:
    tool = WandTool(tissue)
    tool.mouse_press(at(2300, 300))
    assert tool.claims(Qt.Key.Key_Escape, NONE)
    tool.key_press(Qt.Key.Key_Escape, NONE)
    tool.mouse_release(at(2300, 300))
    assert list(tissue.opened.annotations) == [SQUARE]
