"""Three planes at right angles, and series side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.uid import generate_uid
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.geometry import Point
from tests.gui.ct_hands import at, drag_with, hover, open_series, wheel
from tests.gui.hands import LONG
from tests.viewer.ct.phantom import BLOOD_SLICE, ORIGIN, SLICE_MM, SLICES, write_phantom
from viewer.ct.reading import Slab
from viewer.main_window.ct_page import CtPage
from viewer.main_window.window import MainWindow

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_phantom(tmp_path_factory.mktemp("phantom"))


def three(qtbot: QtBot, window: MainWindow, page: CtPage) -> None:
    qtbot.keyClick(page.view.axial, "V")
    settled(qtbot, window, page)


def settled(qtbot: QtBot, window: MainWindow, page: CtPage) -> None:
    """Wait until every plane that is wished for has been cut."""
    work = window._parts.reformatting
    qtbot.waitUntil(
        lambda: not work._busy and not work._wishes and all(v.shown is not None for v in page.view.seen),
        timeout=LONG,
    )


def test_three_planes_show_true_lengths_and_values(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    three(qtbot, window, page)
    coronal, sagittal = page.view.coronal, page.view.sagittal
    assert coronal.isVisible()
    assert sagittal.isVisible()
    assert page.tool == "crosshair"
    tall = (SLICES - 1) * SLICE_MM  # from the first to the last centre
    for view in (coronal, sagittal):
        rows = view.shown.values.shape[0]
        assert (rows - 1) * view.shown.pixel[1] == pytest.approx(tall, abs=view.shown.pixel[1])
    place = page.opened.volume.geometry.to_patient(50, 35, BLOOD_SLICE)
    page.reading.go_to_place(place)
    settled(qtbot, window, page)
    for view in page.view.views:
        assert view.shown.value_at(view.shown.to_plane(place)) == pytest.approx(70, abs=1)
        hover(view, at(view, view.shown.to_plane(place)))
        assert window.status.cursor_place.text().startswith("70")


def test_cross_hairs_link_the_planes(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    three(qtbot, window, page)
    coronal = page.view.coronal
    place = (ORIGIN[0] + 20.0, page.reading.place[1], ORIGIN[2] + 40.0)
    drag_with(coronal, LEFT, at(coronal, coronal.shown.to_plane(place)))
    settled(qtbot, window, page)
    pixel = 1 / coronal.camera.scale
    assert page.reading.place == pytest.approx(place, abs=pixel)
    assert page.reading.slice_ == round(40 / SLICE_MM)
    assert page.view.axial.shown.slice_ == round(40 / SLICE_MM)
    assert page.view.bar.slider.value() == round(40 / SLICE_MM)
    before = page.reading.place
    wheel(coronal, 4)  # to the back, by four pixels
    assert page.reading.place[1] - before[1] == pytest.approx(4 * 0.5)
    assert page.reading.place[2] == pytest.approx(before[2])
    qtbot.mouseDClick(coronal, LEFT, pos=coronal.rect().center())
    assert not page.view.axial.isVisible()
    qtbot.mouseDClick(coronal, LEFT, pos=coronal.rect().center())
    assert page.view.axial.isVisible()
    qtbot.keyClick(page.view.axial, "V")
    assert not coronal.isVisible()
    assert page.tool == "move"


def test_a_length_on_a_cut_is_a_length_in_the_patient(
    window: MainWindow, qtbot: QtBot, phantom: Path
) -> None:
    page = open_series(qtbot, window, phantom)
    three(qtbot, window, page)
    sagittal = page.view.sagittal
    window.run("ruler")
    one, two = at(sagittal, Point(5, 6)), at(sagittal, Point(30, 40))
    drag_with(sagittal, LEFT, one, two)
    (length,) = page.opened.measurements.items
    ends = [sagittal.camera.to_slide(p.x(), p.y()) for p in (one, two)]
    assert length.value == pytest.approx(np.hypot(ends[1].x - ends[0].x, ends[1].y - ends[0].y), rel=1e-6)
    assert length.places[0][0] == pytest.approx(length.places[1][0])  # in the plane of the cut
    assert length.where.startswith("Sagittal")


def test_slabs_show_the_brightest_mean_and_darkest(window: MainWindow, qtbot: QtBot, phantom: Path) -> None:
    page = open_series(qtbot, window, phantom)
    three(qtbot, window, page)
    place = page.opened.volume.geometry.to_patient(50, 35, BLOOD_SLICE + 2)
    page.reading.go_to_place(place)
    axial = page.view.axial
    found = {}
    for kind in ("max", "mean", "min"):
        page.reading.set_slab(Slab(12, kind))  # slices from 13 to 21: of them one holds blood
        settled(qtbot, window, page)
        found[kind] = axial.shown.value_at(axial.shown.to_plane(place))
    assert found["max"] == 70
    assert found["min"] == 35
    assert found["mean"] == pytest.approx(35 + 35 / 5, abs=1)
    assert "12" in axial.words[0][-1]
    assert "MinIP" in axial.words[0][-1]
    assert window.frame.window_.slab_note.isVisible()


def test_a_tilted_gantry_is_put_straight_and_said(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    lean = np.tan(np.radians(12))
    for number in range(SLICES):
        origin = [ORIGIN[0], ORIGIN[1] + number * SLICE_MM * lean, ORIGIN[2] + number * SLICE_MM]
        write_phantom(tmp_path, number, number + 1, ImagePositionPatient=origin)
    page = open_series(qtbot, window, tmp_path)
    assert "tilted by 12.0°" in window.frame.series.odd.text.text()
    assert "tilt 12.0°" in page.view.axial.words[0]
    assert page.view.strip.odd.isVisible()
    three(qtbot, window, page)
    assert page.view.axial.shown.slice_ is None  # a cut, not a slice
    assert "tilt 12.0°, put straight" in page.view.coronal.words[0]
    place = page.opened.volume.geometry.to_patient(50, 35, BLOOD_SLICE)
    page.reading.go_to_place(place)
    settled(qtbot, window, page)
    for view in page.view.views:
        assert view.shown.value_at(view.shown.to_plane(place)) == pytest.approx(70, abs=1)


def test_series_side_by_side_are_at_one_place_in_the_patient(
    window: MainWindow, qtbot: QtBot, phantom: Path, tmp_path: Path
) -> None:
    """The second has every other slice's thickness and begins five slices higher."""
    other = tmp_path / "other"
    write_phantom(other, 5, SLICES, SeriesInstanceUID=generate_uid(), SeriesDescription="Upper part")
    open_series(qtbot, window, phantom)
    upper = open_series(qtbot, window, other)
    qtbot.keyClick(upper.view.axial, Qt.Key.Key_F6)
    cells = window.frame.grid.cells
    pages = {cell.page.opened.title: cell.page for cell in cells}
    lower, upper = pages["Phantom"], pages["Upper part"]
    leader = window.ct.page
    follower = lower if leader is upper else upper
    wheel(leader.view.axial, 3)
    assert follower.reading.place == pytest.approx(leader.reading.place)
    assert lower.reading.slice_ == upper.reading.slice_ + 5
    window.views.activate(next(cell for cell in cells if cell.page is lower))
    lower.reading.go(2)  # where the other has no slice any more
    assert upper.reading.slice_ == 0
    cell = next(cell for cell in cells if cell.page is upper)
    assert cell.title.request.text() == "Begins further on"
    lower.view.axial.zoom_by(2)
    assert upper.view.axial.camera.scale == pytest.approx(lower.view.axial.camera.scale)
    qtbot.keyClick(lower.view.axial, "Y")  # each for itself
    lower.reading.go(20)
    assert upper.reading.slice_ == 0
    qtbot.keyClick(lower.view.axial, "Y")
    assert upper.reading.slice_ == 15


def test_series_of_two_examinations_keep_the_way_between_them(
    window: MainWindow, qtbot: QtBot, phantom: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    write_phantom(
        other, SeriesInstanceUID=generate_uid(), FrameOfReferenceUID="1.2.3.10", SeriesDescription="Prior"
    )
    open_series(qtbot, window, phantom)
    prior = open_series(qtbot, window, other)
    qtbot.keyClick(prior.view.axial, Qt.Key.Key_F6)
    pages = {cell.page.opened.title: cell.page for cell in window.frame.grid.cells}
    now, prior = pages["Phantom"], pages["Prior"]
    qtbot.keyClick(window.ct.page.view.axial, "Y")
    now.reading.go(10)
    prior.reading.go(14)
    qtbot.keyClick(window.ct.page.view.axial, "Y")
    assert (now.reading.slice_, prior.reading.slice_) == (10, 14)
    leader, follower = (now, prior) if window.ct.page is now else (prior, now)
    before = follower.reading.slice_
    wheel(leader.view.axial, 5)
    assert follower.reading.slice_ == before + 5
