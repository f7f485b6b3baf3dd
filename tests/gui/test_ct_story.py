"""The whole way of a radiologist through one head with a composed bleed, by mouse and keys.

With PARFOCAL_SHOTS set, a picture of every station is left there to be looked at.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.geometry import Point
from tests.gui.ct_hands import at, drag_with, open_series, wheel
from tests.gui.hands import LONG
from viewer.main_window.window import MainWindow

pytestmark = [pytest.mark.data, pytest.mark.slow, pytest.mark.timeout(900)]
_PART = slice(13, 23)  # of the head, about the blood: the rest would only take time
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture(scope="module")
def bleeding(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[int]]:
    """A folder of a head with blood drawn into its brain, and the slices that hold some."""
    os.environ.setdefault("PARFOCAL_DATA", str(real_data))
    from tests.cohorts.hemorrhage import _write, compose

    chance = np.random.default_rng(3)
    slabs, masks = compose(("intraparenchymal",), chance)
    folder = tmp_path_factory.mktemp("bleeding")
    _write(folder, "P001", slabs[_PART], chance)
    return folder, {n for n, kinds in enumerate(masks[_PART]) if any(m.any() for m in kinds.values())}


def shot(window: MainWindow, name: str) -> None:
    if folder := os.environ.get("PARFOCAL_SHOTS"):
        window.grab().save(str(Path(folder) / f"ct_story_{name}.png"))


def test_from_a_folder_to_a_report(
    window: MainWindow, qtbot: QtBot, bleeding: tuple[Path, set[int]], tmp_path: Path
) -> None:
    folder, with_blood = bleeding
    page = open_series(qtbot, window, folder)
    view, reading = page.view.axial, page.reading
    shot(window, "1_opened")

    qtbot.keyClick(view, "2")
    assert reading.look.name == "Subdural"
    width = reading.look.window.width
    middle = view.rect().center()
    drag_with(view, RIGHT, middle, middle + type(middle)(60, 0))
    assert reading.look.window.width > width
    qtbot.keyClick(view, "1")
    before = reading.slice_
    wheel(view, 3)
    assert reading.slice_ == before + 3

    model = window.frame.ct_analyze.model
    model.choose("hemorrhage-demo")
    qtbot.keyClick(view, "A")
    qtbot.waitUntil(lambda: window.on_ct.reporting.possible, timeout=8 * LONG)
    findings = page.opened.findings
    assert findings.scores.scored.all()
    assert findings.items
    shot(window, "2_analyzed")

    qtbot.keyClick(view, "J")
    highest, class_index = findings.scores.most_suspicious()
    assert reading.slice_ == highest
    assert highest in with_blood, "the blood is where it was drawn"
    assert "calibrated" in window.frame.ct_findings.sure.text()
    qtbot.waitUntil(lambda: (highest, class_index) in findings.cams, timeout=4 * LONG)
    assert page.overlays
    shot(window, "3_most_suspicious")

    qtbot.keyClick(view, "L")
    bounds = view.shown.bounds
    start, end = Point(bounds.width * 0.4, bounds.height / 2), Point(bounds.width * 0.6, bounds.height / 2)
    drag_with(view, LEFT, at(view, start), at(view, end))
    qtbot.keyClick(view, "O")
    drag_with(view, LEFT, at(view, start), at(view, Point(end.x, end.y + 20)))
    assert [m.kind for m in page.opened.measurements.items] == ["length", "ellipse"]
    page.opened.measurements.select(None)
    findings.select(findings.items[0])
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert findings.verdict(findings.items[0]) == "accepted"
    shot(window, "4_measured")

    with qtbot.waitSignal(window._parts.ct_analysis.written, timeout=4 * LONG):
        window.on_ct.reporting.export_into(tmp_path / "report")
    told = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert told["findings"][0]["verdict"] == "accepted"
    assert len(told["measurements"]) == 2
    assert (tmp_path / "report" / "report.pdf").stat().st_size > 10_000
    shot(window, "5_report")
    window.reporting.preview.close()


def test_esc_stops_the_run_and_one_slice_can_be_asked_alone(
    window: MainWindow, qtbot: QtBot, bleeding: tuple[Path, set[int]]
) -> None:
    page = open_series(qtbot, window, bleeding[0])
    window.frame.ct_analyze.model.choose("hemorrhage-demo")
    work = window._parts.ct_analysis
    with qtbot.waitSignal(work.stopped, timeout=4 * LONG):
        qtbot.keyClick(page.view.axial, "A")
        assert work.running
        qtbot.keyClick(page.view.axial, Qt.Key.Key_Escape)
    page.reading.go(3)
    panel = window.frame.ct_analyze
    window.frame.inspector.setCurrentWidget(panel)
    qtbot.mouseClick(panel.here, LEFT)
    assert panel.range == (3, 3)
    with qtbot.waitSignal(work.done, timeout=4 * LONG):
        qtbot.mouseClick(panel.button, LEFT)
    assert np.flatnonzero(page.opened.findings.scores.scored).tolist() == [3]
    window.frame.inspector.setCurrentWidget(panel)
    qtbot.mouseClick(panel.all, LEFT)
    assert panel.range == (0, page.reading.count - 1)
