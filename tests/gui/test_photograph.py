"""A model of whole pictures in the window: one answer of a photograph, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from skimage.data import retina

from ml.errors import Problem
from ml.preparation import Preparation
from ml.verbs.loaded import forget
from ml.zoo.bundle import load_card, write_bundle
from ml.zoo.store import install
from tests.gui.hands import LONG, open_file
from viewer.main_window.window import MainWindow
from viewer.panels.pieces import Text
from viewer.panels.spacing_dialog import SpacingDialog


@pytest.fixture
def installed(_own_home: None, tiny_model: Path, tmp_path: Path) -> None:
    """Before the window lists the models."""
    card = replace(load_card(tiny_model), name="eyes", preparation=Preparation((128, 128), crop="disc"))
    install(write_bundle(card, tiny_model.parent / "weights.safetensors", tmp_path / "eyes").path)


@pytest.fixture
def open_window(installed: None, window: MainWindow) -> Iterator[MainWindow]:
    window.frame.analyze.choose_model("eyes")
    yield window
    forget()


def test_a_photograph_gets_one_answer(open_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window, analyze = open_window, open_window.frame.analyze
    Image.fromarray(retina()).save(tmp_path / "eye.png")
    open_file(qtbot, window, tmp_path / "eye.png")
    window.frame.inspector.setCurrentWidget(analyze)
    said: list[str] = []

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, SpacingDialog)
        said.extend(text.text() for text in dialog.findChildren(Text))
        qtbot.keyClicks(dialog.field, "8")
        qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)

    QTimer.singleShot(0, answer)
    qtbot.mouseClick(analyze.slide_button, Qt.MouseButton.LeftButton)
    assert any("needs no size; the scale bar and the report go by it" in text for text in said)
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=LONG)
    findings = window.slides.page.opened.findings
    assert findings is not None
    assert findings.scores.values.shape == (1, 1, 3)
    result = analyze.run_view.result.text.text()
    first = findings.card.class_names[findings.scores.values[0, 0].argmax()]
    assert result.startswith(f"Looked at as one picture: {first} ")
    assert not analyze.run_view.skipped.text()
    assert analyze.region_text.text().endswith(", looked at as one picture.")

    refused: list[Problem] = []
    window.further.learning.refused.connect(refused.append)
    window.run("label_queue")
    qtbot.waitUntil(lambda: bool(refused), timeout=LONG)
    assert refused[0].what == "This model looks at whole pictures: there are no patches to be asked about."
    assert window.further.learning.queue_window is None
    panel = window.frame.findings
    window.frame.inspector.setCurrentWidget(panel)
    assert "patch" not in panel.run.text()
