"""A model over a CT series in the window: analyzed, found, explained, decided, reported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from ml.progress import Progress
from ml.results.ct_scores import CtPart
from ml.verbs.analyze_ct import AnalyzeCtRequest, analyze_ct
from tests.gui.ct_hands import choose_test_model, open_series
from tests.gui.hands import LONG
from tests.viewer.ct.phantom import SLICES, write_phantom
from viewer.main_window.ct_page import CtPage
from viewer.main_window.window import MainWindow
from viewer.panels.slice_curves import class_color
from viewer.state.ct_findings import CtFindings

LEFT = Qt.MouseButton.LeftButton


class _Painted(QObject):
    """Tells that a widget was painted."""

    painted = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        widget.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        """Only told: it is painted all the same."""
        if event.type() == QEvent.Type.Paint:
            self.painted.emit()
        return False


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_phantom(tmp_path_factory.mktemp("phantom"))


@pytest.fixture
def reader(window: MainWindow, qtbot: QtBot, phantom: Path, tmp_path: Path) -> CtPage:
    """A series in the window, and a model of CT among the installed ones."""
    choose_test_model(qtbot, window, tmp_path)
    return open_series(qtbot, window, phantom)


def analyzed(qtbot: QtBot, window: MainWindow) -> None:
    window.frame.inspector.setCurrentWidget(window.frame.ct_analyze)
    qtbot.mouseClick(window.frame.ct_analyze.button, LEFT)
    qtbot.waitUntil(lambda: window.on_ct.reporting.possible, timeout=LONG)


def test_a_series_is_analyzed_and_its_peak_is_shown(window: MainWindow, qtbot: QtBot, reader: CtPage) -> None:
    analyzed(qtbot, window)
    findings = reader.opened.findings
    alone = analyze_ct(AnalyzeCtRequest(reader.opened.series, "ct-test", device="cpu"), Progress())
    np.testing.assert_array_equal(findings.scores.values, alone.scores.values)
    panel, curves = window.frame.ct_findings, reader.view.bar.curves
    assert panel.isVisible()
    assert curves.isVisible()
    assert panel.table.rowCount() == 2
    names = [panel.table.item(row, 0) for row in range(2)]
    assert all(name.foreground().style() is Qt.BrushStyle.NoBrush for name in names)
    pictures = [name.icon().pixmap(12, 12).toImage().pixelColor(6, 6) for name in names]
    assert pictures == [class_color(findings, row) for row in range(2)]
    assert panel.list.count() == len(findings.items) > 0
    peak = findings.items[0]
    assert reader.reading.slice_ == peak.peak_slice
    assert findings.selection == peak
    assert [mark.slice_ for mark in reader.opened.marks] == [item.peak_slice for item in findings.items]
    assert window.frame.ct_analyze.run_view.result.isVisibleTo(window.frame.ct_analyze)
    assert len(reader.overlays) == 2
    assert reader.overlays[0].value_at(reader.view.axial.shown.bounds.center) is not None


def found_at(reader: CtPage, *peaks: tuple[int, int]) -> CtFindings:
    """Findings of one slice each: (slice, class)."""
    findings = reader.opened.findings
    values = np.zeros((SLICES, 2), np.float32)
    for slice_, class_index in peaks:
        values[slice_, class_index] = 0.999
    findings.put(CtPart(np.arange(SLICES), values, np.zeros_like(values)))
    assert len(findings.items) == len(peaks)
    return findings


def test_what_is_accepted_is_the_finding_that_next_went_to(
    window: MainWindow, qtbot: QtBot, reader: CtPage
) -> None:
    analyzed(qtbot, window)
    findings, rows = found_at(reader, (1, 0), (4, 0), (4, 1), (7, 1)), window.frame.ct_findings.list
    for _ in findings.items:
        qtbot.keyClick(reader.view.axial, "N")
        assert findings.selection.peak_slice == reader.reading.slice_
        assert findings.items[rows.currentRow()] == findings.selection
        qtbot.keyClick(reader.view.axial, Qt.Key.Key_Return)
        assert findings.verdict(findings.selection) == "accepted"
    assert set(findings.verdicts) == {item.key for item in findings.items}  # each had its turn
    qtbot.keyClick(reader.view.axial, "N", Qt.KeyboardModifier.ShiftModifier)
    assert findings.selection.peak_slice == reader.reading.slice_


def test_next_passes_over_what_was_rejected_and_goes_on_from_where_one_is(
    window: MainWindow, qtbot: QtBot, reader: CtPage
) -> None:
    analyzed(qtbot, window)
    findings = found_at(reader, (1, 0), (4, 1), (7, 0))
    order = sorted(findings.items, key=lambda item: item.peak_slice)
    findings.select(order[1])
    window.frame.ct_findings.reject.click()
    reader.reading.go(order[0].peak_slice)
    findings.select(order[0])
    qtbot.keyClick(reader.view.axial, "N")
    assert findings.selection == order[2]
    reader.reading.go(SLICES - 1)
    qtbot.keyClick(reader.view.axial, "N")
    assert findings.selection == order[0]


def test_the_line_in_the_curves_follows_the_slice(window: MainWindow, qtbot: QtBot, reader: CtPage) -> None:
    analyzed(qtbot, window)
    curves = reader.view.bar.curves
    for slice_ in (0, SLICES - 1):
        curves.repaint()
        before = curves.grab().toImage()
        with qtbot.waitSignal(_Painted(curves).painted, timeout=LONG):
            reader.reading.go(slice_)
        assert curves.grab().toImage() != before


def test_curves_stand_under_the_slider_and_lead_to_slices(
    window: MainWindow, qtbot: QtBot, reader: CtPage
) -> None:
    analyzed(qtbot, window)
    bar = reader.view.bar
    for slice_ in (0, SLICES // 3, SLICES - 1):
        slider = bar.slider.mapToGlobal(QPoint(bar.slider.x_of(slice_), 0)).x()
        assert bar.curves.mapToGlobal(QPoint(bar.curves.x_of(slice_), 0)).x() == slider
        qtbot.mouseClick(bar.curves, LEFT, pos=QPoint(bar.curves.x_of(slice_), 10))
        assert reader.reading.slice_ == slice_
    assert "any: " in bar.curves.words_at(1)


def test_the_slice_that_one_rests_on_is_explained(window: MainWindow, qtbot: QtBot, reader: CtPage) -> None:
    analyzed(qtbot, window)
    findings = reader.opened.findings
    wanted = next(n for n in range(SLICES) if (n, findings.shown_class) not in findings.cams)
    reader.reading.go(wanted)
    qtbot.waitUntil(lambda: (wanted, findings.shown_class) in findings.cams, timeout=LONG)
    qtbot.keyClick(reader.view.axial, Qt.Key.Key_G)
    assert reader.overlays == ()
    qtbot.keyClick(reader.view.axial, Qt.Key.Key_G)
    assert len(reader.overlays) == 2


def test_findings_are_decided_and_taken_back(window: MainWindow, qtbot: QtBot, reader: CtPage) -> None:
    analyzed(qtbot, window)
    findings, panel = reader.opened.findings, window.frame.ct_findings
    finding = findings.items[0]
    qtbot.mouseClick(panel.reject, LEFT)
    assert findings.verdict(finding) == "rejected"
    assert panel.list.item(0).text().startswith("✗")
    assert finding.peak_slice not in [mark.slice_ for mark in reader.opened.marks]
    window.run("undo")
    assert findings.verdict(finding) == "open"
    qtbot.keyClick(reader.view.axial, Qt.Key.Key_Return)
    assert findings.verdict(finding) == "accepted"
    qtbot.keyClick(reader.view.axial, Qt.Key.Key_Delete)
    assert findings.verdict(finding) == "rejected"


def test_a_range_and_a_report(window: MainWindow, qtbot: QtBot, reader: CtPage, tmp_path: Path) -> None:
    panel = window.frame.ct_analyze
    panel.first.setValue(5)
    panel.last.setValue(4)
    assert not panel.button.isEnabled()
    panel.last.setValue(9)
    analyzed(qtbot, window)
    assert np.flatnonzero(reader.opened.findings.scores.scored).tolist() == [4, 5, 6, 7, 8]
    assert reader.view.bar.curves.words_at(0).endswith("not looked at")
    with qtbot.waitSignal(window._parts.ct_analysis.written, timeout=LONG):
        window.on_ct.reporting.export_into(tmp_path / "report")
    told = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert told["looked_at"] == 5
    assert not told["patient"], "nobody is named unless that is wished for"
    assert window.reporting.preview is not None
    assert "De-identified" in window.reporting.preview.notice.text.text()
    window.reporting.preview.close()
    window.run("keep_identity")
    with qtbot.waitSignal(window._parts.ct_analysis.written, timeout=LONG):
        window.on_ct.reporting.export_into(tmp_path / "report")
    told = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert told["patient"].startswith("Doe, Jane")
    assert "Names were kept" in window.reporting.preview.notice.text.text()
    window.reporting.preview.close()


def test_models_of_slides_and_of_ct_are_kept_apart(window: MainWindow, reader: CtPage) -> None:
    slides, ct = window.frame.analyze.model.choice, window.frame.ct_analyze.model.choice
    assert slides.findData("ct-test") < 0
    assert ct.findData("ct-test") >= 0
    assert ct.findData("cellularity") < 0


def test_a_closed_series_stops_its_run(window: MainWindow, qtbot: QtBot, reader: CtPage) -> None:
    qtbot.mouseClick(window.frame.ct_analyze.button, LEFT)
    window.run("close")
    qtbot.waitUntil(lambda: not window.on_ct.analyzing.running, timeout=LONG)
    assert window.ct.page is None
    assert not window.frame.ct_analyze.button.isEnabled()
