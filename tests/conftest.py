"""What every test has: the real data where it is, and a watch over what GUI tests leave behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, cache and samples of a test never touch the person's own."""
    monkeypatch.setenv("PARFOCAL_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real slides and scans. Skips where PARFOCAL_DATA is unset; fails where it is wrong."""
    folder = os.environ.get("PARFOCAL_DATA")
    if not folder:
        pytest.skip("PARFOCAL_DATA is not set: the real slides and scans are not here")
    assert Path(folder).is_dir(), f"PARFOCAL_DATA names a folder that is not there: {folder}"
    return Path(folder)


@pytest.fixture(autouse=True)
def _nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test fails if a thread, a Qt timer or a window survives it."""
    before = set(threading.enumerate())
    yield
    survivors = [t for t in threading.enumerate() if t not in before and t.is_alive()]
    for thread in survivors:
        thread.join(5)
    left = [t.name for t in survivors if t.is_alive()]
    left += _living_widgets() if "qtbot" in request.fixturenames else []
    assert not left, f"left behind by the test: {left}"


def _living_widgets() -> list[str]:
    from PySide6.QtCore import QCoreApplication, QEvent, QTimer
    from PySide6.QtWidgets import QApplication

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    windows = [f"window {w!r}" for w in QApplication.topLevelWidgets() if w.isVisible()]
    app = QApplication.instance()
    timers = [f"timer {t!r}" for t in app.findChildren(QTimer) if t.isActive()] if app else []
    return windows + timers
