"""The panels and dialogs of an analysis, read as the wizard is: terms have their meaning beside them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ml.zoo.store import models
from tests.gui.test_learning import analyzed
from tests.gui.test_wizard_words import CLASS, missing, shown
from viewer.main_window.window import MainWindow
from viewer.panels.box_table import PATCHES
from viewer.panels.cohort_dialog import CohortDialog
from viewer.panels.ct_findings_panel import CtFindingsPanel
from viewer.panels.model_view import ModelView
from viewer.panels.pieces import FoldOut

KNOWN = {CLASS, r"\b[Ll]ayers?\b"}  # the window has classes and layers of the picture everywhere


def read(page: QWidget) -> None:
    """Open all that is folded, and read; not the card of a model, whose words are its maker's."""
    cards = [fold for view in page.findChildren(ModelView) for fold in view.findChildren(FoldOut)]
    for fold in page.findChildren(FoldOut):
        fold.unfold(fold not in cards)
    QApplication.processEvents()
    found = {term: text for term, text in missing(shown(page)).items() if term not in KNOWN}
    assert not found


def test_analyze_all(qtbot: QtBot) -> None:
    dialog = CohortDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    for entry in models():
        dialog.show_models(tuple(models()), entry.name)
        dialog.show_chosen(3, 2, "")
        read(dialog)


def test_findings_in_ct(qtbot: QtBot) -> None:
    panel = CtFindingsPanel()
    qtbot.addWidget(panel)
    panel.show()
    read(panel)


def test_analyze_and_layers(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    frame = window.frame
    analyzed(qtbot, window, sample_slide)
    for panel in (frame.analyze, frame.layers, frame.findings):
        frame.inspector.setCurrentWidget(panel)
        read(panel)
    boxes = frame.findings.boxes.table  # in a window of 1280 px
    heads = boxes.horizontalHeader()
    for section in range(PATCHES + 1):
        wide = boxes.columnWidth(section)
        assert heads.sectionViewportPosition(section) + wide <= boxes.viewport().width(), section
        assert wide >= max(boxes.sizeHintForColumn(section), heads.sectionSizeHint(section)), section
