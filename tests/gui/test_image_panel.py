"""How the slide is shown: clicks in the Image panel, and what becomes of the pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ml.geometry import Point
from ml.slide.look import Look
from tests.gui.hands import LONG, drag, open_file, view_of, wait_sharp
from tests.gui.test_navigating import in_dialog
from viewer.main_window.window import MainWindow
from viewer.panels.length_dialog import LengthDialog
from viewer.panels.spacing_dialog import SpacingDialog


def field(window: MainWindow) -> NDArray[np.uint8]:
    """What is in view, without the words at the bottom: (h, w, 3)."""
    image = view_of(window).grab_figure().convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:-90, : 3 * image.width()].reshape(-1, image.width(), 3).astype(np.uint8).copy()


def settle(qtbot: QtBot, window: MainWindow) -> NDArray[np.uint8]:
    """Wait until the look that was chosen is what is seen."""
    panel = window.frame.image
    qtbot.waitUntil(lambda: not panel._soon.isActive(), timeout=LONG)
    wait_sharp(qtbot, window, window.slides.page.opened.title)
    return field(window)


def test_brighter_harder_and_back(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    open_file(qtbot, window, sample_slide)
    window.frame.inspector.setCurrentWidget(window.frame.image)
    panel = window.frame.image
    plain = settle(qtbot, window)
    assert not panel.reset.isEnabled()
    panel.brightness.slider.setValue(20)
    brighter = settle(qtbot, window)
    assert brighter.mean() > plain.mean() + 10
    assert window.status.altered.text() == "colours adjusted"
    panel.gamma.slider.setValue(panel.gamma.slider.minimum())
    assert settle(qtbot, window).mean() < brighter.mean()
    qtbot.mouseClick(panel.reset, Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(settle(qtbot, window), plain)
    assert window.status.altered.text() == ""
    assert window.slides.page.opened.look == Look()


def test_glass_that_is_picked_becomes_white(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    view = open_file(qtbot, window, sample_slide)
    panel = window.frame.image
    before = settle(qtbot, window)
    corner = view.camera.to_widget(Point(200, 200))
    place = QPoint(round(corner[0]), round(corner[1]))
    assert before[place.y(), place.x()].max() < 250
    panel.pick.click()
    with qtbot.waitSignal(window.slides.page.opened.look_changed, timeout=LONG):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    after = settle(qtbot, window)
    assert after[place.y(), place.x()].min() >= 253
    assert window.slides.page.tool == "move"
    panel.pick.click()
    tissue = view.camera.to_widget(Point(3000, 4000))
    with qtbot.waitSignal(window.looking.refused, timeout=LONG) as told:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(round(tissue[0]), round(tissue[1])))
    assert "no empty glass" in told.args[0].what
    window.run("escape")  # the message
    panel.white.click()
    np.testing.assert_array_equal(settle(qtbot, window), before)


def test_a_stain_alone(window: MainWindow, qtbot: QtBot, sample_slide: Path) -> None:
    open_file(qtbot, window, sample_slide)
    box = window.frame.image.stain
    plain = settle(qtbot, window)
    box.preset.setCurrentText("H-DAB")
    box.choice.setCurrentText("DAB")
    dab = settle(qtbot, window)
    assert window.status.altered.text() == "DAB alone"
    brown = (plain[..., 0].astype(int) - plain[..., 2]) > 60
    assert dab[brown].mean() < dab[~brown].mean() - 40
    window.run("stain_1")
    assert box.choice.currentText() == "Hematoxylin"
    field_ = box.fields["Hematoxylin"]
    field_.setText("one two three")
    field_.editingFinished.emit()
    assert "not three numbers" in box.notice.text.text()
    field_.setText("0.65 0.70 0.29")
    field_.editingFinished.emit()
    with qtbot.waitSignal(box.changed, timeout=LONG):
        box.estimate.click()
    assert window.surface.action("stain_1").isChecked()
    window.run("stain_off")
    np.testing.assert_array_equal(settle(qtbot, window), plain)


def test_the_profile_in_a_file(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    """Red and green of sRGB exchanged: as LittleCMS says while the box is ticked."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.find(b"rXYZ", 128), profile.find(b"gXYZ", 128)
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    path = tmp_path / "red.tif"
    pixels = np.full((600, 600, 3), (200, 40, 40), dtype=np.uint8)
    tifffile.imwrite(path, pixels, tile=(256, 256), photometric="rgb", iccprofile=bytes(profile))
    open_file(qtbot, window, path)
    panel = window.frame.image
    window.frame.inspector.setCurrentWidget(panel)
    middle = settle(qtbot, window)
    seen = middle[middle.shape[0] // 2, middle.shape[1] // 2]
    assert seen[1] > 150 > seen[0]
    assert "Profile in the file" in panel.profile_text.text()
    qtbot.mouseClick(panel.profile, Qt.MouseButton.LeftButton, pos=QPoint(8, panel.profile.height() // 2))
    plain = settle(qtbot, window)
    assert plain[plain.shape[0] // 2, plain.shape[1] // 2].tolist() == [200, 40, 40]
    assert window.status.altered.text() == "without its colour profile"


@pytest.mark.data
def test_fluorescence(window: MainWindow, qtbot: QtBot, real_data: Path) -> None:
    open_file(qtbot, window, real_data / "slides" / "vectra_fluorescence.qptiff")
    panel = window.frame.image
    window.frame.inspector.setCurrentWidget(panel)
    assert [row.box.text() for row in panel.channels.rows] == ["DAPI", "FITC", "Cy3"]
    assert not panel.stain.isVisible()
    before = settle(qtbot, window)
    assert before[..., 1].max() > 200
    fitc = panel.channels.rows[1]
    qtbot.mouseClick(fitc.box, Qt.MouseButton.LeftButton, pos=QPoint(8, fitc.box.height() // 2))
    cy3 = panel.channels.rows[2]
    qtbot.mouseClick(cy3.box, Qt.MouseButton.LeftButton, pos=QPoint(8, cy3.box.height() // 2))
    only_dapi = settle(qtbot, window)
    tissue = (before[..., 1] > 150) & (before != before[0, 0]).any(axis=-1)  # not the surround
    assert only_dapi[tissue][:, 1].max() == 0
    assert only_dapi[tissue][:, 2].max() > 100
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.mouseClick(fitc.box, Qt.MouseButton.LeftButton, alt, QPoint(8, fitc.box.height() // 2))
    assert [row.look.shown for row in panel.channels.rows] == [False, True, False]
    qtbot.waitUntil(lambda: len(fitc.range._counts) > 0, timeout=LONG)
    low = fitc.range.low
    qtbot.keyClick(fitc.range, Qt.Key.Key_Right)
    assert fitc.range.low > low
    with qtbot.waitSignal(window.slides.page.opened.look_changed, timeout=LONG):
        panel.channels.auto.click()
        qtbot.waitUntil(lambda: fitc.range.low == low, timeout=LONG)
    window.run("reset_look")
    np.testing.assert_array_equal(settle(qtbot, window), before)


@pytest.mark.data
def test_focus(window: MainWindow, qtbot: QtBot, real_data: Path) -> None:
    view = open_file(qtbot, window, real_data / "slides" / "ome_channels_z.ome.tif")
    panel, opened = window.frame.image, window.slides.page.opened
    assert opened.plane == 2
    first = settle(qtbot, window)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    turn = QWheelEvent(
        QPointF(100, 100),
        view.mapToGlobal(QPointF(100, 100)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        both,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, turn)
    assert opened.plane == 3
    assert panel.focus.value == 4
    assert (settle(qtbot, window) != first).any()  # the card says which plane it is
    window.run("focus_down")
    np.testing.assert_array_equal(settle(qtbot, window), first)
    panel.focus.slider.setValue(1)
    assert opened.plane == 0
    assert window.status.altered.text() == "plane 1 of 5"


def test_a_known_length_gives_the_pixel_size(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "unknown.png"
    Image.fromarray(np.full((600, 800, 3), 220, dtype=np.uint8)).save(path)
    view = open_file(qtbot, window, path)
    assert "unknown" in window.status.scale.text() or "not known" in window.status.scale.text()
    window.run("known_length")
    start, end = (QPoint(*map(round, view.camera.to_widget(Point(x, 300)))) for x in (100, 500))
    pixels = (end.x() - start.x()) / view.camera.scale
    said: list[str] = []

    def answer(dialog: LengthDialog) -> None:
        qtbot.keyClicks(dialog.field, "0.2")
        said.append(dialog.notice.text.text())
        assert not dialog.use.isEnabled()
        qtbot.keyClicks(dialog.field, " mm")
        qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)

    in_dialog(LengthDialog, answer)
    drag(view, start, end)
    assert "unit" in said[0]
    known = window.slides.page.opened.spacing
    assert known is not None
    assert known.spacing.x == pytest.approx(200 / pixels)
    assert known.source == "drawn by the user"
    assert "drawn by the user" in window.status.scale.text()
    window.run("ruler")
    drag(view, start, end)
    assert "Length: 200" in window.status.currentMessage()
    assert window.surface.action("ruler").isChecked()


def test_pixels_that_are_not_square_and_the_files_own_again(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    open_file(qtbot, window, sample_slide)
    opened = window.slides.page.opened
    own = opened.spacing

    def fill_in(dialog: SpacingDialog) -> None:
        qtbot.keyClicks(dialog.field, "0.4 x")
        assert not dialog.accept_button.isEnabled()
        qtbot.keyClicks(dialog.field, " 0.8")
        qtbot.mouseClick(dialog.accept_button, Qt.MouseButton.LeftButton)

    in_dialog(SpacingDialog, fill_in)
    window.run("pixel_size")
    assert opened.spacing is not None
    assert (opened.spacing.spacing.x, opened.spacing.spacing.y) == (0.4, 0.8)
    window.frame.inspector.setCurrentWidget(window.frame.slide)
    qtbot.mouseClick(window.frame.slide.own_button, Qt.MouseButton.LeftButton)
    assert opened.spacing == own
    assert not window.frame.slide.own_button.isVisible()
