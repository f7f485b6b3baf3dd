"""What is opened as CT: one file, a zip, several series to choose from, and what is no CT at all."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import generate_uid
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.ct_hands import open_series, whole
from tests.gui.hands import LONG
from tests.ml.volume.scans import ct_dataset, write
from tests.viewer.ct.phantom import SLICES, write_phantom
from viewer.main_window.window import MainWindow
from viewer.panels.series_chooser import SeriesChooser

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def two_series(tmp_path: Path) -> Path:
    """Two series of one patient in one folder, a broken slice and a picture that is no CT."""
    folder = tmp_path / "study"
    write_phantom(folder / "a", SeriesDescription="Thin", SeriesInstanceUID=generate_uid())
    write_phantom(folder / "b", 0, 9, SeriesDescription="Thick", SeriesInstanceUID=generate_uid())
    damaged = folder / "damaged.dcm"
    damaged.write_bytes((folder / "a" / "000.dcm").read_bytes()[:300])
    write(folder / "mr.dcm", ct_dataset(np.zeros((4, 4), np.int16), Modality="MR", SOPClassUID=MR))
    return folder


MR = "1.2.840.10008.5.1.4.1.1.4"


def choose(qtbot: QtBot, seen: list[SeriesChooser], *rows: int, accept: bool = True) -> None:
    """Answer the chooser as soon as it is there."""

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, SeriesChooser):
            QTimer.singleShot(20, answer)
            return
        seen.append(dialog)
        dialog.texts = [dialog.list.item(row).text() for row in range(dialog.list.count())]
        dialog.reasons = [dialog.left.item(row).text() for row in range(dialog.left.count())]
        dialog.pictures = [dialog.list.item(row).icon().isNull() for row in range(dialog.list.count())]
        dialog.list.clearSelection()
        for row in rows:
            dialog.list.item(row).setSelected(True)
        if accept:
            qtbot.mouseClick(dialog.open_button, LEFT)
        else:
            dialog.reject()

    QTimer.singleShot(0, answer)


def test_several_series_are_chosen_from_with_pictures_and_reasons(
    window: MainWindow, qtbot: QtBot, two_series: Path
) -> None:
    seen: list[SeriesChooser] = []
    choose(qtbot, seen, 0, 1)
    window.slides.open(two_series)
    qtbot.waitUntil(lambda: len(window._parts.session.items) == 2, timeout=LONG)
    (dialog,) = seen
    assert [text.splitlines()[0] for text in dialog.texts] == ["Thin", "Thick"]
    assert f"{SLICES} slices" in dialog.texts[0]
    assert "Doe, Jane" in dialog.texts[0]
    assert not any(dialog.pictures)
    assert any(reason.startswith("mr.dcm") for reason in dialog.reasons)
    assert any(reason.startswith("damaged.dcm") for reason in dialog.reasons)
    assert [opened.title for opened in window._parts.session.items] == ["Thin", "Thick"]
    assert "cannot be shown" in window.frame.banner.what.text()
    assert "damaged.dcm" in window.frame.banner.problem.details()
    whole(qtbot, window)


def test_opened_again_a_series_is_gone_to_not_opened_twice(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = write_phantom(tmp_path)
    page = open_series(qtbot, window, folder)
    window.slides.open(folder)
    qtbot.waitUntil(lambda: not window._parts.ct_finding.running and not window._parts.opening.busy)
    assert len(window._parts.session.items) == 1
    assert window.ct.page is page


def test_leaving_the_chooser_opens_nothing(window: MainWindow, qtbot: QtBot, two_series: Path) -> None:
    seen: list[SeriesChooser] = []
    choose(qtbot, seen, accept=False)
    window.slides.open(two_series)
    qtbot.waitUntil(lambda: bool(seen), timeout=LONG)
    assert not window._parts.session.items
    assert window.frame.stack.currentWidget() is window.frame.welcome


def test_one_file_is_a_series_of_one_slice(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    page = open_series(qtbot, window, write_phantom(tmp_path) / "000.dcm")
    assert page.reading.count == 1
    assert not page.view.bar.slider.isEnabled()
    assert not window.surface.action("cine").isEnabled()
    qtbot.keyClick(page.view.axial, Qt.Key.Key_Down)
    assert page.reading.slice_ == 0
    assert page.view.axial.shown.problem is None


def test_a_zip_opens_like_its_folder(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    folder = write_phantom(tmp_path / "ct")
    path = tmp_path / "ct.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"disc/{file.name}")
    page = open_series(qtbot, window, path)
    assert page.reading.count == SLICES
    assert page.opened.volume.arrived.all()


def test_a_folder_without_ct_says_what_there_was(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    write(tmp_path / "mr.dcm", ct_dataset(np.zeros((4, 4), np.int16), Modality="MR", SOPClassUID=MR))
    window.slides.open(tmp_path)
    qtbot.waitUntil(lambda: window.frame.banner.problem is not None, timeout=LONG)
    assert "no CT series" in window.frame.banner.what.text()
    assert "mr.dcm" in window.frame.banner.problem.details()
    seen: list[SeriesChooser] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, SeriesChooser)
        seen.append(dialog)
        assert "mr.dcm" in dialog.left.item(0).text()
        dialog.reject()

    QTimer.singleShot(0, look)
    qtbot.mouseClick(window.frame.banner.action_button, LEFT)
    assert seen


def test_a_slice_that_cannot_be_read_is_said_where_it_would_be(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    folder = write_phantom(tmp_path)
    last = folder / f"{(SLICES - 1) * 7 % 101:03d}.dcm"
    content = last.read_bytes()
    last.write_bytes(content[: len(content) - 5000])  # its header is whole, its pixels are not
    window.slides.open(folder)
    qtbot.waitUntil(lambda: window.ct.page is not None, timeout=LONG)
    page = whole(qtbot, window)
    if page.reading.count == SLICES:
        page.reading.go(SLICES - 1)
        assert last.name in page.view.axial.shown.problem
    assert last.name in window.frame.banner.problem.details()
    page.reading.go(3)
    assert page.view.axial.shown.problem is None


def test_without_a_pixel_size_lengths_are_in_px(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    page = open_series(
        qtbot, window, write_phantom(tmp_path, PixelSpacing=None, ImageOrientationPatient=None)
    )
    view = page.view.axial
    assert not view.oriented
    assert not view.sized
    assert not window.surface.action("three_planes").isEnabled()
    qtbot.keyClick(view, "L")
    from tests.gui.ct_hands import drag_with

    middle = view.rect().center()
    drag_with(view, LEFT, middle, middle + view.rect().center() / 4)
    assert "px" in window.frame.series.list.item(0).text()
    assert "how large a pixel is" in window.frame.series.odd.text.text()
