"""What a person does with the window, as few calls: open, wait until it is sharp, drag."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from viewer.canvas.slide_view import SlideView
from viewer.main_window.window import MainWindow

LONG = 60_000
"""ms that a test waits at most for work in the background; it goes on as soon as the work is done."""


def view_of(window: MainWindow) -> SlideView:
    """The picture that is looked at."""
    page = window.slides.page
    assert page is not None
    return page.view


def open_file(qtbot: QtBot, window: MainWindow, path: Path) -> SlideView:
    """Open a file and wait until all of it is sharp."""
    window.slides.open(path)
    return wait_sharp(qtbot, window, path.name)


def wait_sharp(qtbot: QtBot, window: MainWindow, title: str) -> SlideView:
    """Wait until the slide of this title is looked at and every tile in view is there."""

    def sharp() -> bool:
        page = window.slides.page
        return page is not None and page.opened.title == title and page.view.is_sharp

    qtbot.waitUntil(sharp, timeout=LONG)
    return view_of(window)


def drag(widget: QWidget, start: QPoint, *others: QPoint) -> None:
    """Press the left button, move over all places, let go at the last: as a hand does."""
    _mouse(widget, QEvent.Type.MouseButtonPress, start, Qt.MouseButton.LeftButton)
    for place in others:
        _mouse(widget, QEvent.Type.MouseMove, place, Qt.MouseButton.NoButton)
    _mouse(widget, QEvent.Type.MouseButtonRelease, others[-1], Qt.MouseButton.LeftButton)


def bring_to_front(qtbot: QtBot, widget: QWidget) -> None:
    """As a click on it does: keys go to it from then on."""
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow, timeout=LONG)


def _mouse(widget: QWidget, kind: QEvent.Type, place: QPoint, button: Qt.MouseButton) -> None:
    released = kind is QEvent.Type.MouseButtonRelease
    held = Qt.MouseButton.NoButton if released else Qt.MouseButton.LeftButton
    event = QMouseEvent(
        kind,
        QPointF(place),
        QPointF(widget.mapToGlobal(place)),
        button,
        held,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)
