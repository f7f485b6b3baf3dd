"""The window and the command line give the same numbers for the same request."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pytestqt.qtbot import QtBot
from typer.testing import CliRunner

from ml.__main__ import app
from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from tests.gui.hands import LONG, open_file
from viewer.main_window.window import MainWindow

REGION = Rect(2400, 2600, 1400, 1200)


@pytest.fixture
def by_window(window: MainWindow, qtbot: QtBot, sample_slide: Path, tmp_path: Path) -> Path:
    """The folder that the window writes."""
    open_file(qtbot, window, sample_slide)
    annotation = Annotation(Shape.rectangle(REGION))
    opened = window.slides.page.opened
    opened.edit(Change((), (annotation,), "Draw rectangle"))
    opened.select(annotation.id)
    cam = window.frame.analyze.run_options.cam
    cam.setCurrentIndex(cam.findData("all"))
    window.run("analyze")
    qtbot.waitUntil(lambda: not window.analyzing.running, timeout=LONG)
    with qtbot.waitSignal(window.reporting.written, timeout=LONG):
        window.reporting.export_into(tmp_path / "window")
    window.reporting.preview.close()
    return tmp_path / "window"


@pytest.fixture
def by_command(sample_slide: Path, tmp_path: Path) -> Path:
    """The folder that the command writes."""
    region = f"{REGION.x:g},{REGION.y:g},{REGION.width:g},{REGION.height:g}"
    words = ["analyze", str(sample_slide), "--region", region, "--model", "cellularity"]
    result = CliRunner().invoke(app, [*words, "--cam", "all", "--out", str(tmp_path / "command")])
    assert result.exit_code == 0, result.output
    return tmp_path / "command"


def test_window_and_command_line_agree(by_window: Path, by_command: Path) -> None:
    names = {path.name for path in by_command.iterdir()}
    assert names == {path.name for path in by_window.iterdir()}
    for name in ("results.csv", "boxes.csv"):
        assert table(by_window / name) == table(by_command / name), name
    for name in ("heatmap.tif", "gradcam.tif"):
        np.testing.assert_array_equal(
            tifffile.imread(by_window / name), tifffile.imread(by_command / name), err_msg=name
        )
    one, other = (json.loads((folder / "report.json").read_text()) for folder in (by_window, by_command))
    for part in ("slide", "region", "patches", "classes", "boxes", "model"):
        assert one[part] == other[part], part


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))
