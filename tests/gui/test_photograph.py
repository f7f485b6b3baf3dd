"""A model of whole pictures in the window: one answer of a photograph, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from skimage.data import retina

from ml.errors import Problem
from ml.geometry import Spacing
from ml.preparation import Preparation
from ml.slide.slide import KnownSpacing
from ml.verbs.loaded import forget
from ml.zoo.bundle import load_card, write_bundle
from ml.zoo.store import install
from tests.gui.hands import LONG, open_file
from viewer.main_window.window import MainWindow


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
    window.slides.page.opened.set_spacing(KnownSpacing(Spacing.square(8), "the test"))
    assert analyze.region_text.text().endswith(", looked at as one picture.")
    window.frame.inspector.setCurrentWidget(analyze)
    qtbot.mouseClick(analyze.slide_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=LONG)
    findings = window.slides.page.opened.findings
    assert findings is not None
    assert findings.scores.values.shape == (1, 1, 3)
    said = analyze.run_view.result.text.text()
    first = findings.card.class_names[findings.scores.values[0, 0].argmax()]
    assert said.startswith(f"Looked at as one picture: {first} ")
    assert not analyze.run_view.skipped.text()

    refused: list[Problem] = []
    window.further.learning.refused.connect(refused.append)
    window.run("label_queue")
    qtbot.waitUntil(lambda: bool(refused), timeout=LONG)
    assert refused[0].what == "This model looks at whole pictures: there are no patches to be asked about."
    assert window.further.learning.queue_window is None
    panel = window.frame.findings
    window.frame.inspector.setCurrentWidget(panel)
    assert "patch" not in panel.run.text()
