"""What is set once and for all takes effect at once and is there at the next start."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from viewer.main_window.window import MainWindow
from viewer.panels.settings_dialog import SettingsDialog
from viewer.settings import Settings


def test_the_cache_has_the_budget_that_was_set(window: MainWindow, qtbot: QtBot) -> None:
    assert window._parts.cache.budget == 512 * 2**20

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, SettingsDialog)
        dialog.cache.setValue(256)
        dialog.inertia.setChecked(False)
        dialog.accept()

    QTimer.singleShot(0, answer)
    window.run("settings")
    assert window._parts.cache.budget == 256 * 2**20
    window.close()
    again = Settings(window._parts.settings.path)
    assert (again.cache_mib, again.inertia) == (256, False)


def test_panels_and_widths_are_remembered(window: MainWindow, qtbot: QtBot) -> None:
    window.run("slides_panel")
    window.frame.inspector.setCurrentIndex(2)
    window.close()
    again = Settings(window._parts.settings.path)
    assert not again.slides_shown
    assert again.last_tab == 2
    assert again.splitter
