"""What a radiologist does with the window, as few calls: open, wait, scroll, drag."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ml.geometry import Point
from ml.zoo.store import install
from tests.gui.hands import LONG
from tests.ml.verbs.ct_bundle import write_ct_bundle
from viewer.ct.slice_view import SliceView
from viewer.main_window.ct_page import CtPage
from viewer.main_window.window import MainWindow


def open_series(qtbot: QtBot, window: MainWindow, path: Path) -> CtPage:
    """Open what holds one series, and wait until all of it is there."""
    before = window.ct.page
    window.slides.open(path)
    qtbot.waitUntil(lambda: window.ct.page is not None and window.ct.page is not before, timeout=LONG)
    return whole(qtbot, window)


def whole(qtbot: QtBot, window: MainWindow) -> CtPage:
    """Wait until every slice of what is looked at is there."""
    page = window.ct.page
    assert page is not None
    qtbot.waitUntil(lambda: page.opened.is_complete, timeout=LONG)
    return page


def wheel(
    view: QWidget, notches: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Turn the wheel over the middle, towards the hand for positive notches."""
    middle = QPointF(view.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(view.mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, -120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def at(view: SliceView, point: Point) -> QPoint:
    """Where a place of the plane (mm) stands in the widget, to a whole px."""
    x, y = view.camera.to_widget(point)
    return QPoint(round(x), round(y))


def there(view: SliceView, place: QPoint) -> Point:
    """Which place of the plane stands at a px of the widget."""
    return view.camera.to_slide(place.x(), place.y())


def drag_with(widget: QWidget, button: Qt.MouseButton, *places: QPoint) -> None:
    """Press a button, move over all places, let go at the last."""
    kinds = [QEvent.Type.MouseButtonPress] + [QEvent.Type.MouseMove] * (len(places) - 1)
    for kind, place in zip(kinds, places, strict=True):
        _send(widget, kind, place, button, button)
    _send(widget, QEvent.Type.MouseButtonRelease, places[-1], button, Qt.MouseButton.NoButton)


def hover(widget: QWidget, place: QPoint) -> None:
    """Move the mouse there with no button held."""
    none = Qt.MouseButton.NoButton
    _send(widget, QEvent.Type.MouseMove, place, none, none)


def _send(
    widget: QWidget, kind: QEvent.Type, place: QPoint, button: Qt.MouseButton, held: Qt.MouseButton
) -> None:
    about = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else button
    event = QMouseEvent(
        kind,
        QPointF(place),
        QPointF(widget.mapToGlobal(place)),
        about,
        held,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


def choose_test_model(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    """Install a small model of CT with random weights, and choose it."""
    install(write_ct_bundle(folder).path)
    window._parts.models.read()
    model = window.frame.ct_analyze.model
    qtbot.waitUntil(lambda: model.choice.findData("ct-test") >= 0, timeout=LONG)
    model.choose("ct-test")
