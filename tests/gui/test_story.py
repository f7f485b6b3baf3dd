"""The main job as a person does it, by mouse and keyboard: open, draw, analyze, decide, report."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.gui.hands import LONG, drag, wait_sharp
from viewer.main_window.window import MainWindow
from viewer.panels.findings_words import found_in_words


@pytest.fixture(params=["sample", pytest.param("cmu1", marks=pytest.mark.data)])
def slide(request: pytest.FixtureRequest) -> Path:
    if request.param == "sample":
        return Path(request.getfixturevalue("sample_slide"))
    return Path(request.getfixturevalue("real_data")) / "slides" / "cmu1_small_region.svs"


def test_the_main_job(
    window: MainWindow, qtbot: QtBot, slide: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Open it by the dialog.
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(slide)], ""))
    qtbot.keyClick(window, Qt.Key.Key_O, Qt.KeyboardModifier.ControlModifier)
    view = wait_sharp(qtbot, window, slide.name)
    opened = window.slides.page.opened

    # Draw a rectangle on the tissue in the middle.
    window.run("zoom_5")
    qtbot.keyClick(view, Qt.Key.Key_R)
    middle = view.rect().center()
    drag(view, middle - QPoint(90, 80), middle, middle + QPoint(90, 80))
    assert len(opened.annotations) == 1
    assert opened.selected is not None
    assert window.slides.page.tool == "move"

    # Analyze it by its key; results grow while it runs.
    parts: list[object] = []
    window._parts.analysis.scored.connect(parts.append)
    qtbot.keyClick(view, Qt.Key.Key_A)
    assert window.analyzing.running
    assert window.frame.analyze.run_view.stop_button.isVisible()
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=LONG)
    findings = opened.findings
    assert findings is not None
    assert parts
    assert findings.analysis is not None
    assert findings.analysis.complete
    assert findings.scores.grid.count == findings.scores.scored.sum() > 4
    assert window.slides.page.results.heatmap is not None
    assert "patches scored" in window.frame.findings.run.text()
    looked = f"{findings.scores.grid.count} patches hold tissue."
    assert window.frame.analyze.run_view.skipped.text().startswith(looked)

    # The threshold slider finds other boxes at once, without the network.
    layers = window.frame.layers
    window.frame.inspector.setCurrentWidget(layers)
    values = findings.scores.values[findings.scores.scored][:, findings.rule.class_index]
    layers.threshold.slider.setFocus()
    qtbot.keyClick(layers.threshold.slider, Qt.Key.Key_Home)
    assert findings.rule.threshold == 0
    assert len(findings.boxes) >= 1
    everything = sum(box.patches for box in findings.boxes)
    assert everything == len(values)
    while findings.rule.threshold < float(values.min() + values.max()) / 2:
        qtbot.keyClick(layers.threshold.slider, Qt.Key.Key_Right)
    assert 0 < sum(box.patches for box in findings.boxes) < everything
    assert found_in_words(findings) in window.status.work.text.text(), "the line follows the threshold"
    assert len(parts) == len(parts)

    # Go to the next finding and accept it; undo takes it back, redo gives it again.
    qtbot.keyClick(view, Qt.Key.Key_N)
    key = findings.selected_key
    assert key is not None
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert findings.verdict(key) == "accepted"
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert findings.verdict(key) == "open"
    qtbot.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert findings.verdict(key) == "accepted"

    # Write a comment and export.
    panel = window.frame.findings
    window.frame.inspector.setCurrentWidget(panel)
    panel.comment.setFocus()
    qtbot.keyClicks(panel.comment, "Dense <infiltrate> & more.")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    with qtbot.waitSignal(window.reporting.written, timeout=LONG) as written:
        window.run("export_now")
    folder = written.args[0].parent
    assert window.reporting.preview is not None
    qtbot.waitUntil(lambda: bool(window.reporting.preview.pages), timeout=LONG)
    window.reporting.preview.close()

    # Read everything back with other programs' eyes.
    assert slide.stem not in folder.name
    _check_pdf(folder / "report.pdf", slide.name)
    facts = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert [box["verdict"] for box in facts["boxes"]].count("accepted") == 1
    assert facts["comment"] == "Dense <infiltrate> & more."
    assert str(slide.parent) not in json.dumps(facts)
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == findings.scores.grid.count
    collection = json.loads((folder / "annotations.geojson").read_text(encoding="utf-8"))
    assert len(collection["features"]) >= 1 + len(findings.boxes)


def _check_pdf(path: Path, name: str) -> None:
    document = pypdfium2.PdfDocument(path)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    assert len(pages) >= 2
    assert all("Research use only" in page for page in pages)
    text = "\n".join(pages)
    assert name not in text  # it may be a patient's
    assert "slide-" in text
    assert "Dense <infiltrate> & more." in text
    assert "accepted" in text.lower()
    assert "Cellularity" in text
