"""The line at the bottom: a passing word and what stands there else are never seen over each other."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from ml.progress import Step
from tests.gui.hands import open_file
from viewer.main_window.status_line import StatusLine
from viewer.main_window.window import MainWindow


def test_a_word_that_came_before_the_window_was_seen(qtbot: QtBot) -> None:
    """As where the program is started with a file."""
    window, line = QMainWindow(), StatusLine()
    qtbot.addWidget(window)
    window.setStatusBar(line)
    line.scale.setText("×20")
    line.showMessage("Opening a.tif …")
    with qtbot.waitExposed(window):
        window.show()
    assert not line.scale.isVisible()
    assert not line.cursor_place.isVisible()
    line.clearMessage()
    assert line.scale.isVisible()


def test_a_word_stays_alone_while_work_ends_and_the_theme_changes(window: MainWindow, qtbot: QtBot) -> None:
    line = window.status
    line.show_step(Step("Scoring patches", 1, 10))
    QApplication.processEvents()
    high = line.height()
    line.showMessage("Kept as “A”.")
    line.scale.setText("×20")
    line.end_work("Nothing was found.")
    QApplication.processEvents()
    assert line.height() == high  # nothing jumps
    for theme in ("theme_dark", "theme_light"):
        window.run(theme)
        for _ in range(3):
            QApplication.processEvents()
        assert not line.scale.isVisible(), theme
    line.clearMessage()
    assert line.scale.isVisible()


def test_it_says_opening_no_longer_than_it_opens(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    said: list[str] = []
    window.status.messageChanged.connect(said.append)
    open_file(qtbot, window, sample_slide)
    assert said[:2] == [f"Opening {sample_slide.name} …", ""]
    assert window.status.scale.isVisible()


def test_what_stands_there_has_room_at_both_edges(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    open_file(qtbot, window, sample_slide)
    line = window.status
    labels = [label for label in line.findChildren(QLabel) if label.isVisible() and label.text()]
    assert min(label.mapTo(line, QPoint()).x() for label in labels) >= 4
    rightmost = max(label.mapTo(line, QPoint(label.width(), 0)).x() for label in labels)
    assert rightmost <= line.width() - 4
