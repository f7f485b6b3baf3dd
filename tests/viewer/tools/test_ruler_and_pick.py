"""A line and what it says, a place and what is taken of it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from ml.geometry import Point, Rect, Spacing
from viewer.canvas.camera import Camera
from viewer.canvas.tool import Pointer
from viewer.tools.pick import PickTool
from viewer.tools.ruler import RulerTool, length_in_words, spacing_of

CAMERA = Camera(Point(0, 0), 0.5, 800, 600)
LEFT, NONE, SHIFT = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def at(x: float, y: float, modifiers: Qt.KeyboardModifier = NONE) -> Pointer:
    return Pointer(Point(x, y), LEFT, modifiers, CAMERA)


PLACES = st.builds(Point, st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))


@given(PLACES, PLACES, st.floats(0.1, 1e5), st.floats(0.5, 2))
def test_a_known_length_gives_the_pixel_size_that_makes_it_so_long(
    start: Point, end: Point, um: float, ratio: float
) -> None:
    if math.hypot(end.x - start.x, end.y - start.y) < 1:
        return
    found = spacing_of(start, end, um, ratio)
    again = math.hypot((end.x - start.x) * found.x, (end.y - start.y) * found.y)
    assert again == pytest.approx(um)
    assert found.y / found.x == pytest.approx(ratio)


def test_impossible_lengths() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        spacing_of(Point(1, 1), Point(1, 1), 10)
    with pytest.raises(ValueError, match="cannot be"):
        spacing_of(Point(1, 1), Point(5, 1), 0)


def test_words() -> None:
    assert length_in_words(Point(0, 0), Point(300, 400), None) == "500\u202fpx"
    assert length_in_words(Point(0, 0), Point(300, 400), Spacing(0.5, 0.5)).startswith("250")
    assert length_in_words(Point(0, 0), Point(300, 400), Spacing(1, 0)).startswith("300")


def test_a_drag_measures_and_escape_leaves() -> None:
    measured: list[tuple[Point, Point]] = []
    left: list[bool] = []
    tool = RulerTool(lambda: None, lambda *ends: measured.append(ends), lambda: left.append(True))
    tool.mouse_press(at(0, 0))
    tool.mouse_move(at(50, 10))
    tool.mouse_release(at(100, 20))
    assert measured == [(Point(0, 0), Point(100, 20))]
    tool.mouse_press(at(0, 0))
    tool.mouse_release(at(100, 20, SHIFT))
    assert measured[-1] == (Point(0, 0), Point(100, 0))
    tool.mouse_press(at(0, 0))
    tool.mouse_release(at(1, 0))  # a click is no line
    assert len(measured) == 2
    assert tool.key_press(Qt.Key.Key_Escape, NONE)
    assert left == [True]
    assert not tool.key_press(Qt.Key.Key_A, NONE)


def test_a_click_takes_a_small_square_and_a_drag_a_rectangle() -> None:
    picked: list[Rect] = []
    left: list[bool] = []
    tool = PickTool(picked.append, lambda: left.append(True))
    tool.mouse_press(at(100, 100))
    tool.mouse_release(at(100, 100))
    assert picked[-1] == Rect(76, 76, 48, 48)  # 24 px on the screen
    tool.mouse_press(at(100, 100))
    assert tool.mouse_move(at(150, 150))
    tool.mouse_release(at(40, 200))
    assert picked[-1] == Rect(40, 100, 60, 100)
    tool.mouse_press(at(0, 0))
    tool.key_press(Qt.Key.Key_Escape, NONE)
    assert not left
    tool.key_press(Qt.Key.Key_Escape, NONE)
    assert left
