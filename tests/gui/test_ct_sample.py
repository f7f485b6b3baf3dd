"""The made-up head CT among the samples: opened by the command, analyzed by the built-in model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.data import get_testdata_file
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.slide.samples import samples
from tests.gui.hands import LONG, open_file
from viewer.main_window.window import MainWindow

LEFT = Qt.MouseButton.LeftButton


def test_the_samples_hold_a_head_that_can_be_analyzed_at_once(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.frame.welcome.samples_button, LEFT)
    session = window._parts.session
    qtbot.waitUntil(lambda: len(session.items) == 3, timeout=LONG)
    slide, *_, head = session.items
    qtbot.waitUntil(lambda: session.current is slide, timeout=LONG)  # what one has come for
    looked_at: list[object] = []
    session.current_changed.connect(looked_at.append)
    window.run("samples")  # once more: nothing is opened twice
    qtbot.waitUntil(lambda: head in looked_at and session.current is slide, timeout=LONG)
    assert len(session.items) == 3
    session.make_current(head)
    page = window.ct.page
    assert page is not None
    qtbot.waitUntil(lambda: page.opened.is_complete, timeout=LONG)
    assert page.opened.path.name == "made-up head CT"
    assert len(page.opened.series) == 30
    panel = window.frame.ct_analyze
    assert panel.card is not None
    assert panel.card.name == "hemorrhage-demo"
    window.frame.inspector.setCurrentWidget(panel)
    qtbot.mouseClick(panel.button, LEFT)
    qtbot.waitUntil(lambda: window.on_ct.reporting.possible, timeout=4 * LONG)
    findings = page.opened.findings
    assert findings.scores.scored.all()
    assert np.isfinite(findings.scores.values).all()
    assert len(findings.scores.class_names) == 6
    bleeding = findings.scores.class_names.index("intraparenchymal")
    (found,) = [item for item in findings.items if item.class_index == bleeding]
    assert 14 <= found.first <= found.peak_slice <= found.last <= 22, "where it was drawn"
    assert found.peak > 0.95
    assert window.frame.ct_findings.table.rowCount() == 6
    qtbot.waitUntil(
        lambda: any(shown == findings.shown_class for _, shown in findings.cams), timeout=4 * LONG
    )  # asked for by resting


def test_what_is_odd_about_a_series_is_not_said_over_a_slide(window: MainWindow, qtbot: QtBot) -> None:
    """A slice that pydicom brings: compressed with loss, and alone."""
    slide, head = samples()[0], Path(str(get_testdata_file("693_J2KI.dcm", download=False)))
    banner = window.frame.banner
    window.slides.open(head)
    qtbot.waitUntil(banner.isVisible, timeout=LONG)
    assert "compressed with loss" in banner.what.text()
    odd = window.ct.page.view.strip
    open_file(qtbot, window, slide)
    assert banner.isHidden()
    odd.odd_wished.emit()
    assert banner.isVisible(), "the sign over the series says it again"
