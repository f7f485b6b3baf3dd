"""Real CT in the window: the whole story on a head, and every file that there is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from ml.geometry import Point
from ml.volume.window import Window
from tests.gui.ct_hands import at, drag_with, hover, open_series, wheel
from tests.gui.hands import LONG
from viewer.ct.value_layer import ValueLayer
from viewer.main_window.window import MainWindow

pytestmark = pytest.mark.data
LEFT = Qt.MouseButton.LeftButton


def test_the_story_of_a_head(window: MainWindow, qtbot: QtBot, real_data: Path) -> None:
    page = open_series(qtbot, window, real_data / "ct" / "cranium_series")
    view, reading = page.view.axial, page.reading
    assert reading.count == 108
    assert reading.look.window == Window(40, 80)
    files = {}
    for path in (real_data / "ct" / "cranium_series").iterdir():
        header = pydicom.dcmread(path)
        files[float(header.ImagePositionPatient[2])] = header
    wheel(view, 20)
    header = files[view.shown.origin[2]]
    expected = header.pixel_array * header.RescaleSlope + header.RescaleIntercept
    np.testing.assert_array_equal(view.shown.hounsfield(), expected)
    row, column = 130, 120
    spacing = float(header.PixelSpacing[0])
    hover(view, at(view, Point((column + 0.5) * spacing, (row + 0.5) * spacing)))
    assert window.status.cursor_place.text().startswith(f"{expected[row, column]:,.0f}")
    qtbot.keyClick(view, "4")
    assert reading.look.name == "Bone"
    qtbot.keyClick(view, "O")
    drag_with(view, LEFT, at(view, Point(110, 110)), at(view, Point(130, 125)))
    (ellipse,) = page.opened.measurements.items
    assert -50 < ellipse.facts.mean < 100
    qtbot.keyClick(view, "V")
    qtbot.waitUntil(lambda: page.view.sagittal.shown is not None, timeout=LONG)
    rows, columns = page.view.sagittal.shown.values.shape
    pixel = page.view.sagittal.shown.pixel
    assert rows * pixel[1] == pytest.approx(108 * 1.5, abs=2)
    assert columns * pixel[0] == pytest.approx(256 * spacing, abs=2)


def test_overlays_scroll_with_their_slice(window: MainWindow, qtbot: QtBot, real_data: Path) -> None:
    page = open_series(qtbot, window, real_data / "ct" / "cranium_series")
    view = page.view.axial
    page.reading.go(60)
    bare = view.grab_figure()
    values = np.full((64, 64), np.nan, dtype=np.float32)
    values[20:40, 20:40] = 0.9
    layer = ValueLayer({60: values})
    page.set_overlays((layer,))
    assert view.grab_figure() != bare
    assert layer.value_at(Point(110, 110)) == pytest.approx(0.9)
    assert layer.value_at(Point(5, 5)) is None
    page.reading.go(61)
    without = view.grab_figure()
    page.set_overlays(())
    assert view.grab_figure() == without


@pytest.mark.parametrize("folder", ["odd_and_compressed", "transfer_syntaxes"])
def test_every_folder_opens_and_names_what_it_leaves_out(
    window: MainWindow, qtbot: QtBot, real_data: Path, folder: str
) -> None:
    seen: list[int] = []

    def take_all() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            dialog.list.selectAll()
            seen.append(dialog.list.count())
            dialog.accept()
        elif not window._parts.session.items:
            QTimer.singleShot(20, take_all)

    QTimer.singleShot(0, take_all)
    window.slides.open(real_data / "ct" / folder)
    items = window._parts.session.items
    qtbot.waitUntil(lambda: bool(items) and not window._parts.ct_finding.running, timeout=LONG)
    qtbot.waitUntil(lambda: all(opened.is_complete for opened in items), timeout=LONG)
    assert len(items) == (seen[0] if seen else 1)
    for opened in items:
        for number in range(len(opened.series)):
            known = bool(opened.volume.arrived[number]) or number in opened.volume.missing
            assert known, (opened.title, number)
    assert all(reason for _, reason in window.on_ct.opening.left_out)
