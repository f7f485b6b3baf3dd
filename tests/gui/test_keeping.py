"""What a model found becomes annotations that say so, and a person's corrections stay with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from ml.annotation.corrections import CLASS_BEFORE, CORRECTED, MODEL, REJECTED, SOURCE
from ml.geometry import Point, Rect, Size, Spacing
from ml.patches import PatchGrid
from ml.results.boxes import BoxRule
from ml.results.scores import Planned, ScorePart
from ml.zoo.bundle import load_card
from tests.gui.hands import open_file
from viewer.main_window.keeping import outline_of
from viewer.main_window.window import MainWindow
from viewer.state.findings import Findings
from viewer.state.opened_slide import OpenedSlide


def found(tiny_model: Path) -> Findings:
    """Scores of 6 × 8 patches of 200 px: two groups of class 2, of 4 and of 2 patches."""
    inside = np.ones((6, 8), bool)
    grid = PatchGrid(Point(1000, 1000), Size(200, 200), 128, inside, inside)
    names = ("none", "some", "much")
    findings = Findings(Planned(grid, names), load_card(tiny_model), Spacing.square(0.5), BoxRule(2, 0.5))
    values = np.tile(np.array([0.8, 0.1, 0.1], np.float32), (6, 8, 1))
    values[1:3, 1:3] = (0.1, 0.0, 0.9)
    values[4, 5:7] = (0.3, 0.0, 0.7)
    rows, columns = np.mgrid[:6, :8].reshape(2, -1)
    findings.put(ScorePart(rows, columns, values[rows, columns]))
    return findings


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow, sample_slide: Path, tiny_model: Path) -> OpenedSlide:
    """The sample slide with findings on it."""
    open_file(qtbot, window, sample_slide)
    page = window.slides.page
    assert page is not None
    page.opened.set_findings(found(tiny_model))
    return page.opened


def test_boxes_and_outlines_with_their_provenance(
    qtbot: QtBot, window: MainWindow, opened: OpenedSlide
) -> None:
    findings = opened.findings
    assert findings is not None
    strong, weak = findings.boxes
    window.run("keep_accepted")
    assert len(opened.annotations) == 0  # refused: nothing is decided
    assert window.frame.banner.problem is not None
    window.deciding.decide(strong, "accepted")
    window.deciding.decide(weak, "rejected")
    window.run("keep_accepted")
    (kept,) = opened.annotations
    assert kept.shape.bounds == strong.rect == Rect(1200, 1200, 400, 400)
    assert kept.metadata[SOURCE] == MODEL
    assert kept.metadata["Model SHA-256"] == findings.card.weights_sha256
    assert kept.metadata["Threshold"] == "0.5"
    assert kept.measurements["Mean score"] == pytest.approx(0.9)
    window.run("keep_decided")  # the accepted one is there already
    assert len(opened.annotations) == 2
    assert opened.selected is not None
    assert opened.selected.class_name == REJECTED
    assert opened.selected.metadata[CLASS_BEFORE] == "much"
    window.run("keep_outline")
    assert [one.shape.bounds for one in opened.selected_all] == [
        Rect(1200, 1200, 400, 400),
        Rect(2000, 1800, 400, 200),
    ]
    assert opened.undo.undoText() == "Keep heatmap outline (2)"
    assert len(outline_of(findings, opened.info.bounds)) == 2


def test_corrections_are_kept_and_delete_rejects_first(
    qtbot: QtBot, window: MainWindow, opened: OpenedSlide
) -> None:
    window.run("keep_outline")
    first, second = opened.selection
    opened.select(first)
    window.run("class_2")
    assert opened.annotations[first].metadata[CORRECTED] == "yes"
    assert opened.annotations[first].metadata[CLASS_BEFORE] == "much"
    opened.select(second)
    window.deciding.delete_annotations()
    assert opened.annotations[second].class_name == REJECTED
    assert opened.undo.undoText() == "Reject"
    window.deciding.delete_annotations()
    assert second not in opened.annotations
    window.run("undo")
    window.run("undo")
    assert opened.annotations[second].class_name == "much"
