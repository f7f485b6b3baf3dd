"""Check this computer, and the support file: clicked as a person does; no planted name gets into either."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from ml import paths
from ml.checkup import networks
from ml.checkup.finding import Finding
from ml.crash import Recorder
from tests.gui.hands import LONG, open_file
from viewer.app.logbook import start_log
from viewer.main_window.window import MainWindow
from viewer.panels.check_dialog import CheckDialog
from viewer.panels.crash_dialog import CrashDialog
from viewer.panels.pieces import Heading
from viewer.panels.support_dialog import SupportDialog

PATIENT, FOLDER, TITLE, WORD = "ZYXDOEJANE", "ZYXFOLDER", "ZYXTITLE", "ZYXPASSWORD"
USER, HOST, AUTHOR = "zyxuser", "zyxhost", "ZYXAUTHOR"
PLANTED = (PATIENT, FOLDER, TITLE, WORD, USER, HOST, AUTHOR, "ZYX")
_LOG = logging.getLogger("parfocal.test")


@pytest.fixture
def _planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Names wherever they could come from: account, computer, home, settings, logs, reports, models."""
    home = tmp_path / USER
    home.mkdir()
    for name, value in {"LOGNAME": USER, "USER": USER, "HOME": str(home), "TMPDIR": str(home)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PARFOCAL_HOME", str(home / FOLDER))
    monkeypatch.setattr("platform.node", lambda: f"{HOST}.zyx.example")
    monkeypatch.setattr(networks, "torch", lambda: iter(()))  # takes seconds; it is looked at by its own test
    start_log()
    model = paths.data() / "models" / f"{PATIENT}-model"
    model.mkdir(parents=True)
    (model / "card.json").write_text(f'{{"name": "{PATIENT}"}}', encoding="utf-8")
    (paths.logs() / "window.log.1").write_text(f"{PATIENT} in a line of somebody else\n", encoding="utf-8")
    (paths.logs() / f"{PATIENT}.txt").write_text(PATIENT, encoding="utf-8")
    with Recorder() as recorder:
        try:
            _fail(home / f"{PATIENT}.svs")
        except ValueError as error:
            recorder.ran("fit")
            recorder.holds({"slides": 1})
            recorder.fault(error, "in the window")
            _LOG.error("Reading %s of %s failed with %d", PATIENT, FOLDER, 42, exc_info=error)
    yield
    for name in ("parfocal", "ml", "viewer"):
        log = logging.getLogger(name)
        for handler in list(log.handlers):
            log.removeHandler(handler)
            handler.close()


def _fail(path: Path) -> None:
    """An error that names the patient, by way of one of the system that names the file."""
    try:
        path.read_bytes()
    except OSError as error:
        raise ValueError(f"{PATIENT} {WORD}") from error


def plant_in(window: MainWindow, qtbot: QtBot, folder: Path) -> None:
    """A slide of that name in a case of that title, with words on it; settings full of names."""
    folder = folder / FOLDER
    folder.mkdir()
    file = folder / f"{PATIENT}.png"
    Image.new("RGB", (600, 400), "pink").save(file)
    open_file(qtbot, window, file)
    (opened,) = window._parts.session.items
    opened.set_comment(f"{PATIENT} {TITLE}")
    settings = window._parts.settings
    settings.report_author, settings.report_hospital = AUTHOR, f"Hospital {TITLE}"
    settings.library = f"postgresql://{USER}:{WORD}@{HOST}/cases"
    settings.store.setValue(f"keys/{TITLE}", "Ctrl+D")
    settings.store.setValue(f"{PATIENT}/{WORD}", TITLE)
    settings.save()
    window.slides.open(folder / f"{PATIENT}-gone.svs")
    qtbot.waitUntil(lambda: window.frame.banner.problem is not None, timeout=LONG)


@pytest.mark.usefixtures("_planted")
def test_the_support_file_names_nobody_and_holds_what_was_ticked(
    qtbot: QtBot, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window: MainWindow = request.getfixturevalue("window")  # after the names are planted
    window.cases.begin()
    plant_in(window, qtbot, tmp_path)
    window.run("support_file")
    dialog = window.further.caring.dialog
    assert isinstance(dialog, SupportDialog)
    assert not dialog.save_button.isEnabled()
    qtbot.waitUntil(dialog.save_button.isEnabled, timeout=LONG)
    rows = dialog.view.list
    names = [rows.item(row).text() for row in range(rows.count())]
    assert names[:3] == ["README.txt", "computer.txt", "settings.txt"]
    assert {"log/window.log", "log/window.1.log"} <= set(names)
    assert names[-1].startswith("crashes/crash-")
    for row, name in enumerate(names):  # what is read is what is saved
        rows.setCurrentRow(row)
        assert dialog.view.text.toPlainText() == dialog.papers[row].text, name
    rows.item(2).setCheckState(Qt.CheckState.Unchecked)
    out = tmp_path / "given.zip"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    qtbot.mouseClick(dialog.save_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "was saved with" in dialog.notice.text.text(), timeout=LONG)
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == [name for name in names if name != "settings.txt"]
        everything = [out.read_bytes(), *(archive.read(name) for name in archive.namelist())]
        log, crash = archive.read("log/window.log").decode(), archive.read(names[-1]).decode()
    everything.append(window.further.caring.dialog.papers[2].text.encode())
    for planted in PLANTED:
        for data in everything:
            assert planted.lower() not in data.decode("latin-1").lower()
    assert "ERROR parfocal.test: Reading … of … failed with 42" in log
    assert "raised FileNotFoundError (ENOENT)" in log
    assert "Last commands: fit" in crash
    assert "ValueError" in crash


def test_lines_come_as_they_are_found_and_are_copied(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        Finding("Memory", "good", "16 GB"),
        Finding("Disk", "look", "little", "It gets tight.", "Make room."),
        Finding("Fonts", "bad", "missing", "No reports.", "Install Parfocal anew."),
    ]
    monkeypatch.setattr("ml.verbs.doctor.findings", lambda address: iter(found))
    qtbot.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    dialog = window.further.caring.dialog
    assert isinstance(dialog, CheckDialog)
    assert not dialog.copy_button.isEnabled()
    qtbot.waitUntil(dialog.copy_button.isEnabled, timeout=LONG)
    assert [one.what for one in dialog.found] == ["Fonts", "Disk", "Memory"]  # what is not well first
    headings = sorted(dialog.page.findChildren(Heading), key=lambda one: one.mapTo(dialog, QPoint()).y())
    assert [one.text() for one in headings] == ["Fonts", "Disk", "Memory"]
    assert dialog.headline.text.text() == "1 not well, 1 worth a look, 1 good. What to do stands under each."
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text().splitlines()[:4] == [
        "✗ Fonts: missing",
        "    No reports.",
        "    Install Parfocal anew.",
        "! Disk: little",
    ]
    found[1:] = []
    qtbot.mouseClick(dialog.again_button, Qt.MouseButton.LeftButton)
    assert dialog.found == ()
    qtbot.waitUntil(dialog.again_button.isEnabled, timeout=LONG)
    assert dialog.headline.text.text() == "All is well: 1 thing looked at."
    dialog.reject()
    assert window.further.caring.dialog is None


def test_without_a_crash_it_says_so_and_leads_to_the_support_file(qtbot: QtBot, window: MainWindow) -> None:
    window.run("crash_reports")
    dialog = window.further.caring.dialog
    assert isinstance(dialog, CrashDialog)
    assert not dialog.copy_button.isEnabled()
    window._parts.care.findings = (Finding("Memory", "good", "16 GB"),)
    qtbot.mouseClick(dialog.support_button, Qt.MouseButton.LeftButton)
    support = window.further.caring.dialog
    assert isinstance(support, SupportDialog)
    qtbot.waitUntil(support.save_button.isEnabled, timeout=LONG)
    assert "Memory: 16 GB" in support.papers[1].text
