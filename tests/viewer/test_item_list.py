"""The slides and series of a case, as a hand meets them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.slide.opening import open_slide
from viewer.panels.item_list import ItemList
from viewer.state.opened import Opened
from viewer.state.opened_slide import OpenedSlide

LEFT = Qt.MouseButton.LeftButton


def double_click(qtbot: QtBot, rows: ItemList, number: int) -> None:
    """As a mouse does it: both clicks at one place of the screen, whatever comes to lie there."""
    place = rows.visualItemRect(rows.item(number)).center()
    qtbot.mouseClick(rows.viewport(), LEFT, pos=place)
    qtbot.mouseDClick(rows.viewport(), LEFT, pos=place)


def test_a_double_click_means_what_its_first_click_was_on(qtbot: QtBot, tmp_path: Path) -> None:
    for name in ("one.png", "two.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    first, second = (OpenedSlide(open_slide(tmp_path / name)) for name in ("one.png", "two.png"))
    rows = ItemList()
    qtbot.addWidget(rows)
    for opened in (first, second):
        rows.add(opened)
    rows.mark_current(first)
    rows.resize(200, 600)
    rows.show()
    seen: list[Opened] = []
    rows.chosen.connect(seen.append)
    double_click(qtbot, rows, 1)
    assert set(seen) == {second}

    def to_the_top(opened: Opened) -> None:  # as the slides of its case come first when it is looked at
        other = first if opened is second else second
        rows.remove(other)
        rows.add(other)
        rows.mark_current(opened)

    rows.mark_current(first)
    seen.clear()
    rows.chosen.connect(to_the_top)
    double_click(qtbot, rows, 1)
    assert seen == [second]
    assert rows.currentRow() == 0
    for opened in (first, second):
        opened.let_go()
