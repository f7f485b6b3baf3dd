"""What a person does with cases, as few calls; and a window that is opened and closed within one test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtWidgets import QApplication, QListWidget, QListWidgetItem
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from tests.gui.hands import LONG, drag, open_file
from viewer.app import build
from viewer.main_window.window import MainWindow
from viewer.panels.cases_panel import ALL
from viewer.state.opened import Opened
from viewer.state.opened_slide import OpenedSlide


@contextmanager
def a_window(qtbot: QtBot, library: str = "") -> Iterator[MainWindow]:
    """The window as `parfocal` opens it, with its library; closed at the end of the block."""
    _, window = build([], library)
    with qtbot.waitExposed(window):
        window.show()
    window.resize(1280, 800)
    window.cases.begin()
    qtbot.waitUntil(lambda: window._parts.keeping.is_open, timeout=LONG)
    qtbot.waitUntil(lambda: window.frame.analyze.model.choice.count() > 0, timeout=LONG)
    try:
        yield window
    finally:
        window.close()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def saved(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until the window says that everything is saved."""
    qtbot.waitUntil(lambda: window.status.kept.text() == "Saved", timeout=LONG)


def known(qtbot: QtBot, window: MainWindow, opened: Opened) -> int:
    """Wait until the library knows something that is open; its number there."""
    qtbot.waitUntil(lambda: window.cases.work.item_of(opened) is not None, timeout=LONG)
    item = window.cases.work.item_of(opened)
    assert item is not None
    return item.id


def open_slide(qtbot: QtBot, window: MainWindow, path: Path) -> OpenedSlide:
    """Open a slide and wait until it is sharp, and everything that was kept of it is shown."""
    open_file(qtbot, window, path)
    opened = window.slides.page.opened
    known(qtbot, window, opened)
    return opened


def draw(window: MainWindow, *corners: QPoint) -> Annotation:
    """Draw a rectangle by hand, over the middle of the picture."""
    page = window.slides.page
    page.take("rectangle")
    middle = page.view.rect().center()
    drag(page.view, *(middle + corner for corner in corners or (QPoint(-60, -50), QPoint(60, 50))))
    drawn = page.opened.selected
    assert drawn is not None
    return drawn


def put(opened: OpenedSlide, x: float, y: float = 100.0, size: float = 300.0) -> Annotation:
    """Draw a rectangle without the mouse."""
    annotation = Annotation(Shape.rectangle(Rect(x, y, size, size)))
    opened.edit(Change((), (annotation,), "Draw rectangle"))
    return annotation


def listed(qtbot: QtBot, window: MainWindow, count: int) -> list[str]:
    """Go to the list of all cases, wait until it shows so many, and give their names."""
    window.frame.slides.show_tab(ALL)
    cases = window.frame.slides.all.list
    qtbot.waitUntil(lambda: cases.count() == count, timeout=LONG)
    return [cases.item(row).text() for row in range(count)]


def row_of(rows: QListWidget, name: str) -> QListWidgetItem:
    """The row of a list with this name."""
    return next(rows.item(n) for n in range(rows.count()) if rows.item(n).text() == name)


def double_click(qtbot: QtBot, rows: QListWidget, name: str) -> None:
    """Open what stands under this name."""
    row = row_of(rows, name)
    rows.scrollToItem(row)
    place = rows.visualItemRect(row).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
