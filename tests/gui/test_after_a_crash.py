"""Programs that crash; the window of the next start says so, offers what was open, and has a report."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from skimage.data import immunohistochemistry

from ml import paths
from ml.crash import Recorder, left_behind, reports
from tests.gui.ended_window import SECRET
from tests.gui.hands import LONG
from viewer.app import build
from viewer.main_window.window import MainWindow
from viewer.panels.crash_dialog import CrashDialog

ROOT = Path(__file__).resolve().parents[2]


def ended(how: str, *files: Path) -> subprocess.CompletedProcess[str]:
    """Run a window until it ends in this way."""
    return run_python("-m", "tests.gui.ended_window", how, *map(str, files))


def run_python(*words: str) -> subprocess.CompletedProcess[str]:
    """A program of its own."""
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def window_crash(file: Path) -> subprocess.CompletedProcess[str]:
    """The whole window, with the file open."""
    return ended("abort", file)


def short_crash(file: Path) -> subprocess.CompletedProcess[str]:
    """A program that notes what a window notes, and is there for a blink."""
    code = (
        "import os, sys\nfrom ml.crash import Recorder\n"
        "from viewer.state.last_open import LastOpen, OpenItem\n"
        "recorder, last = Recorder(), LastOpen()\nlast.note([OpenItem(*sys.argv[1:])])\n"
        "recorder.holds({'slides': 1, 'CT series': 0})\nrecorder.ran('fit')\nos.abort()"
    )
    return run_python("-c", code, str(file), file.name)


@contextmanager
def next_window(qtbot: QtBot) -> Iterator[MainWindow]:
    """The window of the next start, as `parfocal` makes it."""
    with Recorder() as recorder:
        _, window = build([], "", recorder)
        with qtbot.waitExposed(window):
            window.show()
        window.cases.begin()
        try:
            yield window
        finally:
            window.close()
            window.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def patient_file(tmp_path: Path) -> Path:
    folder = tmp_path / f"{SECRET}_folder"
    folder.mkdir()
    file = folder / f"{SECRET}.png"
    Image.fromarray(immunohistochemistry()).save(file)
    return file


@pytest.mark.parametrize("crashes", [short_crash, pytest.param(window_crash, marks=pytest.mark.slow)])
def test_after_a_native_crash_what_was_open_is_open_again_and_the_report_can_be_read(
    qtbot: QtBot, patient_file: Path, crashes: Callable[[Path], subprocess.CompletedProcess[str]]
) -> None:
    done = crashes(patient_file)
    assert done.returncode == -signal.SIGABRT, done.stderr
    with next_window(qtbot) as window:
        banner = window.frame.banner
        qtbot.waitUntil(lambda: banner.problem is not None, timeout=LONG)
        assert banner.problem.what == f"Parfocal ended unexpectedly; {patient_file.name} is open again."
        assert [opened.path for opened in window._parts.session.items] == [patient_file]
        qtbot.mouseClick(banner.action_button, Qt.MouseButton.LeftButton)
        dialog = window.further.caring.dialog
        assert isinstance(dialog, CrashDialog)
        text = dialog.view.text.toPlainText()
        for word in (
            "Aborted",
            "Open: slides: 1, CT series: 0",
            "Last commands: fit",
            "Parfocal:",
        ):
            assert word in text
        assert SECRET not in text
        assert SECRET not in "".join(
            file.read_text(errors="replace") for file in paths.logs().rglob("*") if file.is_file()
        )
        qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
        assert QApplication.clipboard().text() == text
    with next_window(qtbot) as window:  # that one closed as it should
        qtbot.waitUntil(lambda: window._parts.keeping.is_open, timeout=LONG)
        assert window.frame.banner.problem is None


@pytest.mark.slow  # the whole window in a process of its own; what it writes: tests/ml/test_crash.py
def test_errors_that_nobody_caught_leave_reports_and_the_window_goes_on() -> None:
    done = ended("caught")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Read the report\nRead the report\n"
    texts = [report.text for report in reversed(reports())]
    assert [text.splitlines()[0] for text in texts] == [
        "An error that nobody caught: ValueError (in the window)",
        "An error that nobody caught: ValueError (in a thread)",
    ]
    for text in texts:
        assert "raised FileNotFoundError (ENOENT)" in text
        assert "in fail" in text
        assert SECRET not in text
    assert left_behind() == ()


@pytest.mark.slow
def test_an_error_before_the_window_stands_is_told_once_at_the_next_start(qtbot: QtBot) -> None:
    done = ended("start")
    assert done.returncode == 1
    assert "ValueError" in done.stderr
    with next_window(qtbot) as window:
        banner = window.frame.banner
        qtbot.waitUntil(lambda: banner.problem is not None, timeout=LONG)
        assert banner.problem.what == "Parfocal ended unexpectedly; nothing was open."
        qtbot.mouseClick(banner.action_button, Qt.MouseButton.LeftButton)
        dialog = window.further.caring.dialog
        assert isinstance(dialog, CrashDialog)
        assert dialog.view.list.count() == 1
        assert "ValueError (at the start or the end)" in dialog.view.text.toPlainText()
        assert SECRET not in dialog.view.text.toPlainText()


@pytest.mark.slow
def test_a_kill_leaves_what_was_done_last() -> None:
    assert ended("kill").returncode == -signal.SIGKILL
    (report,) = left_behind()
    assert report.in_words == "killed or power cut"
    assert "Last commands: slides_panel" in report.text
    assert left_behind() == ()
