"""Several annotations at once: chosen by clicks, by a drag and by keys, given a class, deleted, analyzed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect
from tests.gui.hands import drag, open_file
from viewer.canvas.slide_view import SlideView
from viewer.main_window.window import MainWindow
from viewer.state.opened_slide import OpenedSlide

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def three(qtbot: QtBot, window: MainWindow, sample_slide: Path) -> tuple[OpenedSlide, SlideView]:
    """The sample slide with three squares in a row, none selected."""
    view = open_file(qtbot, window, sample_slide)
    page = window.slides.page
    assert page is not None
    squares = tuple(
        Annotation(Shape.rectangle(Rect(300 + 500 * n, 400, 200, 200)), id=f"square {n}") for n in range(3)
    )
    page.opened.edit(Change((), squares, "Draw"))
    return page.opened, view


def at(view: SlideView, x: float, y: float) -> QPoint:
    return QPointF(*view.camera.to_widget(Point(x, y))).toPoint()


def click(qtbot: QtBot, view: SlideView, x: float, modifiers: Qt.KeyboardModifier = NONE) -> None:
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, modifiers, at(view, x, 500))


def test_clicks_add_and_take_away(
    qtbot: QtBot, window: MainWindow, three: tuple[OpenedSlide, SlideView]
) -> None:
    opened, view = three
    click(qtbot, view, 400)
    assert opened.selection == ("square 0",)
    click(qtbot, view, 1400, SHIFT)
    click(qtbot, view, 900, CTRL)
    assert opened.selection == ("square 0", "square 2", "square 1")
    assert opened.selected_id == "square 1"
    click(qtbot, view, 400, CTRL)
    assert opened.selection == ("square 2", "square 1")
    assert view.camera.is_upright  # a click with Ctrl turns nothing
    assert opened.region is not None
    assert opened.region.area == 2 * 200 * 200
    window.run("escape")
    assert opened.selection == ()
    assert opened.region is None


def test_a_drag_chooses_what_lies_in_it(
    qtbot: QtBot, window: MainWindow, three: tuple[OpenedSlide, SlideView]
) -> None:
    opened, view = three
    qtbot.keyClick(view, Qt.Key.Key_S)
    drag(view, at(view, 250, 350), at(view, 700, 500), at(view, 1100, 700))
    assert opened.selection == ("square 0", "square 1")
    drag(view, at(view, 1250, 350), at(view, 1400, 500))  # holds nothing wholly
    assert opened.selection == ()
    qtbot.keyClick(view, Qt.Key.Key_A, CTRL)
    assert len(opened.selection) == 3
    click(qtbot, view, 900, SHIFT)
    assert opened.selection == ("square 0", "square 2")
    window.run("select_others")
    assert opened.selection == ("square 1",)
    click(qtbot, view, 2000)  # beside everything
    assert opened.selection == ()


def test_a_key_gives_a_class_to_all_and_undo_takes_it_back(
    qtbot: QtBot, window: MainWindow, three: tuple[OpenedSlide, SlideView]
) -> None:
    opened, view = three
    window.run("select_all")
    qtbot.keyClick(view, Qt.Key.Key_1, ALT)
    assert {one.class_name for one in opened.annotations} == {"Tumor"}
    assert opened.undo.undoText() == "Class “Tumor” (3)"
    assert len(opened.selection) == 3
    window.run("undo")
    assert {one.class_name for one in opened.annotations} == {""}
    window.run("select_none")
    qtbot.keyClick(view, Qt.Key.Key_2, ALT)  # nothing selected: for what is drawn from now on
    assert window.annotating.classes.current is not None
    qtbot.keyClick(view, Qt.Key.Key_R)
    drag(view, at(view, 300, 900), at(view, 500, 1000), at(view, 800, 1200))
    drawn = opened.selected
    assert drawn is not None
    assert (drawn.class_name, drawn.color) == ("Stroma", (0, 158, 115))
    window.run("select_same")
    assert opened.selection == (drawn.id,)


def test_delete_spares_what_is_locked(
    qtbot: QtBot, window: MainWindow, three: tuple[OpenedSlide, SlideView]
) -> None:
    opened, view = three
    window.run("select_all")
    opened.select("square 1")
    window.annotating.change("Lock", locked=True)
    window.run("select_all")
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert [one.id for one in opened.annotations] == ["square 1"]
    assert opened.selection == ("square 1",)
    assert opened.undo.undoText() == "Delete 2 annotations"
    window.run("undo")
    assert len(opened.annotations) == 3


def test_a_class_is_made_edited_hidden_and_taken_off(
    qtbot: QtBot, window: MainWindow, three: tuple[OpenedSlide, SlideView]
) -> None:
    opened, _ = three
    panel = window.frame.annotations
    window.frame.inspector.setCurrentWidget(panel)
    box = panel.classes
    box.add.click()
    box.form.name.setText("  Positive ")
    box.form.above.setCurrentIndex(box.form.above.findData("Tumor"))
    box.form.key.setCurrentIndex(1)
    qtbot.keyClick(box.form.name, Qt.Key.Key_Return)
    made = window.annotating.classes.find("Tumor: Positive")
    assert made is not None
    assert made.key == "1"
    assert [one.name for one in window.annotating.classes.items][:2] == ["Tumor", "Tumor: Positive"]
    window.run("select_all")
    window.run("class_1")
    assert {one.class_name for one in opened.annotations} == {"Tumor: Positive"}
    box.list.setCurrentRow(2)
    assert window.annotating.classes.current == made
    box.edit.click()
    assert box.form.isVisible()
    box.form.set_color((1, 2, 3))
    box.form.keep.click()
    assert {one.color for one in opened.annotations} == {(1, 2, 3)}
    item = box.list.item(2)
    item.setCheckState(Qt.CheckState.Unchecked)
    window.run("select_none")
    window.run("select_all")
    assert opened.selection == ()
    box.list.setFocus()
    qtbot.keyClick(box.list, Qt.Key.Key_Delete)
    assert window.annotating.classes.find("Tumor: Positive") is None
    assert {one.class_name for one in opened.annotations} == {"Tumor: Positive"}
