"""The whole window, as the program builds it, shown and closed again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.hands import LONG
from viewer.app import build
from viewer.main_window.window import MainWindow


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """The window of 1280 × 800, shown, with the list of models read."""
    _, window = build([])
    with qtbot.waitExposed(window):
        window.show()
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: window.frame.analyze.model.choice.count() > 0, timeout=LONG)
    yield window
    window.close()
    window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(scope="session")
def sample_slide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The slide that comes with the program, made once for all tests."""
    from ml.slide.samples import samples

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PARFOCAL_HOME", str(tmp_path_factory.mktemp("samples")))
        return samples()[0]
