"""The window says when tissue is unlike what the chosen model was trained on: before a run and after it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from pytestqt.qtbot import QtBot
from skimage.data import immunohistochemistry, retina

from ml.geometry import Spacing
from ml.slide.slide import KnownSpacing
from ml.verbs.loaded import forget
from ml.zoo.store import install
from tests.gui.hands import LONG, open_file
from viewer.app import build
from viewer.main_window.window import MainWindow

HALF = KnownSpacing(Spacing.square(0.5), "the test")


@pytest.fixture
def knowing(_own_home: None, familiar_model: Path) -> None:
    """The model is installed before the window lists them."""
    install(familiar_model)


@pytest.fixture
def open_window(knowing: None, window: MainWindow, qtbot: QtBot) -> Iterator[MainWindow]:
    window.frame.analyze.choose_model("familiar")
    assert window.frame.analyze.options.model == "familiar"
    yield window
    forget()


@pytest.fixture
def eye(tmp_path: Path) -> Path:
    Image.fromarray(retina()[300:1100, 300:1100]).save(tmp_path / "eye.png")
    return tmp_path / "eye.png"


@pytest.fixture
def tissue(tmp_path: Path) -> Path:
    Image.fromarray(immunohistochemistry()).save(tmp_path / "tissue.png")
    return tmp_path / "tissue.png"


def show(qtbot: QtBot, window: MainWindow, path: Path) -> list[object]:
    """Open a picture, say its pixel size, and wait until a few patches were looked at; what they told."""
    told: list[object] = []
    window._parts.analysis.foretasted.connect(lambda _, likeness: told.append(likeness))
    open_file(qtbot, window, path)
    window.slides.page.opened.set_spacing(HALF)
    qtbot.waitUntil(lambda: bool(told), timeout=LONG)
    return told


def test_strange_tissue_is_said_before_the_run_and_after_it(
    open_window: MainWindow, qtbot: QtBot, eye: Path
) -> None:
    window = open_window
    analyze, findings = window.frame.analyze, window.frame.findings
    show(qtbot, window, eye)
    notice = analyze.likeness_notice
    assert notice.isVisibleTo(analyze)
    assert "of 12 patches looked at here are unlike what this model was trained on" in notice.text.text()
    assert "do not rely" in notice.text.text()
    assert notice.accessibleName().startswith("warning")
    window.run("analyze_slide")
    assert not window.frame.banner.isVisible()
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=LONG)
    assert "unlike what this model was trained on" in findings.unlike.text.text()
    assert findings.unlike.isVisibleTo(findings)
    assert "unlike what this model was trained on" in window.frame.banner.what.text()
    assert window.reporting.possible


def test_familiar_tissue_gets_no_warning_and_a_quiet_figure(
    open_window: MainWindow, qtbot: QtBot, tissue: Path
) -> None:
    window = open_window
    (likeness,) = show(qtbot, window, tissue)
    assert likeness.patches == 12  # type: ignore[attr-defined]
    assert not window.frame.analyze.likeness_notice.isVisibleTo(window.frame.analyze)
    window.run("analyze_slide")
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=LONG)
    assert not window.frame.findings.unlike.isVisibleTo(window.frame.findings)
    assert "unlike the model’s training data" in window.frame.findings.run.text()
    assert window.frame.banner.problem is None


def test_another_model_takes_it_back(open_window: MainWindow, qtbot: QtBot, eye: Path) -> None:
    window = open_window
    show(qtbot, window, eye)
    window.frame.analyze.choose_model("cellularity")
    assert not window.frame.analyze.likeness_notice.isVisibleTo(window.frame.analyze)
    assert not window.recognizing._soon.isActive()


def test_it_is_looked_at_once_and_not_in_the_windows_thread(
    open_window: MainWindow, qtbot: QtBot, eye: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import viewer.work.analysis as work

    threads: list[threading.Thread] = []
    real = work.foretaste

    def noted(*arguments: object) -> object:
        threads.append(threading.current_thread())
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(work, "foretaste", noted)
    window = open_window
    told = show(qtbot, window, eye)
    window.recognizing.look()
    window.recognizing.look()
    window.run("analyze_slide")  # waits in the same thread for whatever comes before it
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=LONG)
    assert len(told) == 1
    assert [thread is threading.main_thread() for thread in threads] == [False]


def test_a_run_does_not_wait_for_it(open_window: MainWindow, qtbot: QtBot, eye: Path) -> None:
    """Asked for and given up: nothing is said of the patches that were to be looked at."""
    window = open_window
    told: list[object] = []
    window._parts.analysis.foretasted.connect(lambda _, likeness: told.append(likeness))
    open_file(qtbot, window, eye)
    window.slides.page.opened.set_spacing(HALF)
    window.recognizing.look()
    window.run("analyze_slide")
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=LONG)
    assert not told
    assert window.frame.findings.unlike.isVisibleTo(window.frame.findings)


def test_closing_the_window_meanwhile_ends_cleanly(open_window: MainWindow, qtbot: QtBot, eye: Path) -> None:
    open_file(qtbot, open_window, eye)
    open_window.slides.page.opened.set_spacing(HALF)
    open_window.recognizing.look()
    open_window.close()
    assert not open_window.isVisible()  # that no thread survives is checked for every test


def test_a_window_without_slides_asks_for_nothing(knowing: None, qtbot: QtBot) -> None:
    _, window = build([])
    window.recognizing.look()
    assert window.recognizing._asked is None
    window.close()
    window.deleteLater()
