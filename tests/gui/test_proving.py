"""Verify a report, repeat its analysis, save a copy without names: what a person clicks and sees."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import openslide
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from ml import paths
from ml.record.signed import read_record, write_record
from ml.verbs.analyze_command import AnalyzeWords, run_command
from ml.verbs.console import PersonTeller
from tests.gui.hands import LONG, open_file
from tests.ml.deidentify.markers import FOLDER, NAME, found_under
from tests.ml.deidentify.planted import write_svs
from viewer.main_window.window import MainWindow
from viewer.panels.figure_dialog import FigureWish
from viewer.panels.verify_dialog import VerifyDialog


@pytest.fixture
def report(sample_slide: Path, tmp_path: Path) -> Path:
    """A report of a small region, written and signed by this home."""
    words = AnalyzeWords(
        sample_slide, "cellularity", tmp_path / "report", region="2000,2000,500,500", device="cpu"
    )
    assert run_command(words, PersonTeller()) == 0
    return tmp_path / "report"


@pytest.fixture
def closed(window: MainWindow) -> Iterator[None]:
    """Dialogs of the test are closed at its end."""
    yield
    for dialog in (window.further.proving.dialog, window.further.proving.copying.copied):
        if dialog is not None:
            dialog.reject()


def verified(qtbot: QtBot, window: MainWindow, folder: Path) -> VerifyDialog:
    """Choose the command and the folder, and wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
        with qtbot.waitSignal(window._parts.proofs.verified, timeout=LONG):
            window.run("verify_report")
    dialog = window.further.proving.dialog
    assert dialog is not None
    return dialog


def lines(dialog: VerifyDialog) -> dict[str, str]:
    items = [dialog.table.topLevelItem(n) for n in range(dialog.table.topLevelItemCount())]
    return {item.text(1): item.text(0) for item in items if item is not None}


@pytest.mark.usefixtures("closed")
def test_everything_holds_and_comes_out_the_same(window: MainWindow, qtbot: QtBot, report: Path) -> None:
    dialog = verified(qtbot, window, report)
    assert dialog.headline.text.text() == "Everything holds."
    assert set(lines(dialog).values()) == {"holds"}
    assert not dialog.subject_button.isVisible()
    assert not dialog.trust_button.isVisible()
    with qtbot.waitSignal(window._parts.proofs.compared, timeout=LONG):
        qtbot.mouseClick(dialog.rerun_button, Qt.MouseButton.LeftButton)
    assert "same numbers" in dialog.again.text.text()
    qtbot.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert "report.pdf is as it was written" in QApplication.clipboard().text()


@pytest.mark.usefixtures("closed")
def test_what_was_changed_is_named(window: MainWindow, qtbot: QtBot, report: Path) -> None:
    (report / "results.csv").write_text("mine", encoding="utf-8")
    (report / "boxes.csv").unlink()
    dialog = verified(qtbot, window, report)
    assert lines(dialog) | {"results.csv": "changed", "boxes.csv": "missing"} == lines(dialog)
    assert "results.csv" in dialog.headline.text.text()


@pytest.mark.usefixtures("closed")
def test_the_slide_is_pointed_to(
    window: MainWindow, qtbot: QtBot, report: Path, sample_slide: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (paths.data() / "places.json").unlink()
    dialog = verified(qtbot, window, report)
    assert "not checked" in lines(dialog).values()
    assert not dialog.rerun_button.isEnabled()
    moved = tmp_path / f"moved{sample_slide.suffix}"
    shutil.copy(sample_slide, moved)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(moved), ""))
    with qtbot.waitSignal(window._parts.proofs.verified, timeout=LONG):
        qtbot.mouseClick(dialog.subject_button, Qt.MouseButton.LeftButton)
    assert dialog.rerun_button.isEnabled()
    assert "not checked" not in lines(dialog).values()


@pytest.mark.usefixtures("closed")
def test_an_unknown_key_is_trusted_by_name(
    window: MainWindow, qtbot: QtBot, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Ed25519PrivateKey.generate()
    write_record(read_record(report / "record.json").said, report / "record.json", other)
    dialog = verified(qtbot, window, report)
    assert "not known here" in dialog.headline.text.text()
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("Klinik Süd", True))
    with qtbot.waitSignal(window._parts.proofs.verified, timeout=LONG):
        qtbot.mouseClick(dialog.trust_button, Qt.MouseButton.LeftButton)
    assert lines(dialog)["Signature"] == "holds"
    assert "Klinik Süd" in dialog.details()
    assert not dialog.trust_button.isVisible()


@pytest.mark.usefixtures("closed")
def test_a_broken_signature_and_no_record(
    window: MainWindow, qtbot: QtBot, report: Path, tmp_path: Path
) -> None:
    path = report / "record.json"
    path.write_text(path.read_text(encoding="utf-8").replace("report.pdf", "other.pdf"), encoding="utf-8")
    dialog = verified(qtbot, window, report)
    assert "broken" in dialog.headline.text.text()
    assert not dialog.rerun_button.isVisible()
    dialog.reject()
    (tmp_path / "empty").mkdir()
    with qtbot.waitSignal(window._parts.proofs.failed, timeout=LONG):
        window.further.proving.verify(tmp_path / "empty")
    assert "no record" in window.further.proving.dialog.headline.text.text()


@pytest.mark.usefixtures("closed")
def test_a_copy_without_names(
    window: MainWindow, qtbot: QtBot, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "Doe Jane.svs"
    shutil.copy(real_data / "slides" / "cmu1_small_region.svs", source)
    open_file(qtbot, window, source)
    asked: list[str] = []

    def choose(*words: object) -> tuple[str, str]:
        asked.append(str(words[2]))
        return str(tmp_path / "copy.svs"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    with qtbot.waitSignal(window._parts.proofs.copied, timeout=LONG):
        window.run("deidentify")
    assert "Doe" not in Path(asked[0]).name
    assert asked[0].endswith(".svs")
    with openslide.OpenSlide(str(tmp_path / "copy.svs")) as slide:
        assert not slide.associated_images
    assert window.further.proving.copying.copied is not None
    assert "same pixels" in window.further.proving.copying.copied.headline.text.text()


def test_a_copy_that_is_stopped_leaves_nothing(
    window: MainWindow, qtbot: QtBot, sample_slide: Path, tmp_path: Path
) -> None:
    open_file(qtbot, window, sample_slide)
    target = tmp_path / "out" / "copy.tif"
    target.parent.mkdir()
    window._parts.proofs.step.connect(lambda _: window.status.stop_wished.emit())
    with qtbot.waitSignal(window._parts.proofs.stopped, timeout=LONG):
        window.further.proving.copying.copy(sample_slide, target)
    assert list(target.parent.iterdir()) == []
    assert "Stopped" in window.status.work.text.text()


def test_the_record_of_the_window_says_that_names_were_kept(window: MainWindow, report: Path) -> None:
    assert not window._parts.settings.keep_identity
    window.run("keep_identity")
    assert window._parts.settings.keep_identity
    assert window.surface.action("keep_identity").isChecked()
    assert json.loads((report / "record.json").read_text())["record"]["privacy"]["identity_kept"] is False


def test_figures_hold_no_names(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """Of a slide full of markers, as PNG and TIFF; the name that is offered is nobody's."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    write_svs(folder / f"{NAME}.svs")
    open_file(qtbot, window, folder / f"{NAME}.svs")
    page = window.slides.page
    figures = window.navigating.figures
    assert NAME not in figures._name_of(page)
    out = tmp_path / "out"
    out.mkdir()
    for name in ("figure.png", "figure.tif"):
        with qtbot.waitSignal(window._parts.figures.written, timeout=LONG):
            figures.export(
                page, FigureWish("view", None, 300, overlays=True, bar=True, legend=True), out / name
            )
    assert found_under(out) == []
