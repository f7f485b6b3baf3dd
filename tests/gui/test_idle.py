"""Idle means idle: nothing runs, nothing is painted, while nobody does anything."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.hands import LONG, open_file
from viewer.main_window.window import MainWindow


class Paints(QObject):
    """Counts paint events of everything."""

    count = 0

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def ticking(window: MainWindow) -> list[QTimer]:
    """The timers of ours that run."""
    running = [timer for timer in window.findChildren(QTimer) if timer.isActive()]
    return [timer for timer in running if type(timer.parent()).__module__.startswith("viewer")]


def test_no_timer_runs_and_nothing_is_painted(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    view = open_file(qtbot, window, sample_slide)
    window.navigating.go("3000, 4000 ×10")
    loader = window._parts.loader
    qtbot.waitUntil(lambda: view.is_sharp and not (loader._wishes or loader._busy), timeout=LONG)
    window._idle.stop()  # loading the network library, once, when nobody drags
    window.status.clearMessage()
    qtbot.waitUntil(lambda: not view._clock.isActive() and not view._soon.isActive(), timeout=LONG)
    # What waits for a moment of rest (where one looks is kept) comes to its end; nothing ticks on.
    qtbot.waitUntil(lambda: not ticking(window), timeout=LONG)
    paints = Paints()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(paints)

    def quiet() -> bool:
        """What comes from a thread meanwhile (“Saved”) is painted once; what moves never ends."""
        paints.count = 0
        for _ in range(50):
            QApplication.processEvents()
        return paints.count == 0

    try:
        qtbot.waitUntil(quiet, timeout=LONG)
    finally:
        app.removeEventFilter(paints)
    assert not loader._wishes
