"""Results of CT handed on from the window: into a folder, and to a real archive."""

from __future__ import annotations

import shutil
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from ml.geometry import Point
from ml.pacs import address_book
from ml.pacs.pacs import Query
from tests.gui.archives import memory_keyring, orthanc, server  # noqa: F401
from tests.gui.ct_hands import at, choose_test_model, open_series
from tests.gui.hands import LONG, drag
from tests.gui.test_archive import answering
from tests.gui.test_ct_planes import three
from tests.ml.pacs.orthanc import Orthanc, entry, opened
from tests.viewer.ct.phantom import write_phantom
from viewer.main_window.ct_measured import measured_of
from viewer.main_window.ct_page import CtPage
from viewer.main_window.window import MainWindow
from viewer.panels.results_dialog import ResultsDialog

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="session")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_phantom(tmp_path_factory.mktemp("phantom"))


@pytest.fixture
def page(window: MainWindow, qtbot: QtBot, phantom: Path, tmp_path: Path) -> CtPage:
    """A series in the window, with a copy of its own files, and a model of CT among the installed ones."""
    choose_test_model(qtbot, window, tmp_path)
    shutil.copytree(phantom, tmp_path / "series")
    return open_series(qtbot, window, tmp_path / "series")


def analyzed(qtbot: QtBot, window: MainWindow) -> None:
    window.frame.inspector.setCurrentWidget(window.frame.ct_analyze)
    qtbot.mouseClick(window.frame.ct_analyze.button, LEFT)
    qtbot.waitUntil(lambda: window.on_ct.reporting.possible, timeout=LONG)


def measure(page: CtPage, tool: str, start: Point, end: Point) -> None:
    page.take(tool)
    view = page.view.axial
    drag(view, at(view, start), at(view, end))


def test_everything_goes_into_a_folder(
    window: MainWindow, qtbot: QtBot, page: CtPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    analyzed(qtbot, window)
    edge = page.view.axial.shown.bounds.width
    measure(page, "ruler", Point(edge * 0.3, edge * 0.4), Point(edge * 0.6, edge * 0.4))
    measure(page, "ellipse", Point(edge * 0.3, edge * 0.3), Point(edge * 0.6, edge * 0.5))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    seen: list[str] = []

    def choose(dialog: ResultsDialog) -> None:
        seen.extend(key for key, box in dialog.boxes.items() if box.isChecked())
        assert not dialog.to_archive.isEnabled(), "none is known"
        qtbot.mouseClick(dialog.export, LEFT)

    answering(qtbot, ResultsDialog, choose)
    with qtbot.waitSignal(window._parts.ct_results.done, timeout=LONG):
        qtbot.mouseClick(window.frame.ct_findings.dicom, LEFT)
    assert seen == ["report", "segments", "maps", "pictures", "png"]
    folder = tmp_path / "CT results"
    names = {path.name for path in folder.iterdir()}
    assert {"report.dcm", "segmentation.dcm", "map-01-any.dcm", "picture-0001.dcm", "view.png"} <= names
    assert not QImage(str(folder / "view.png")).isNull()
    groups = hd.sr.srread(folder / "report.dcm").content.get_planar_roi_measurement_groups()
    (area,) = [m.value for group in groups for m in group.get_measurements() if m.unit.value == "mm2"]
    ellipse = page.opened.measurements.items[1]
    assert area == pytest.approx(ellipse.facts.area, rel=1e-6)
    last = sorted(folder.glob("picture-*.dcm"))[-1]
    assert pydicom.dcmread(last).ImageComments.startswith("Window level")
    assert "are in CT results now" in window.status.work.text.text()


def test_outlines_lie_on_the_pixels_that_were_measured(
    window: MainWindow, qtbot: QtBot, page: CtPage
) -> None:
    edge = page.view.axial.shown.bounds.width
    measure(page, "ruler", Point(edge * 0.3, edge * 0.4), Point(edge * 0.6, edge * 0.4))
    measure(page, "rectangle", Point(edge * 0.3, edge * 0.3), Point(edge * 0.6, edge * 0.5))
    measure(page, "ellipse", Point(edge * 0.3, edge * 0.3), Point(edge * 0.6, edge * 0.5))
    length, rectangle, ellipse = measured_of(page.opened)
    shown = page.view.axial.shown
    one, other = length.points
    assert np.hypot((other.x - one.x) * shown.pixel[0], (other.y - one.y) * shown.pixel[1]) == pytest.approx(
        page.opened.measurements.items[0].value, rel=1e-6
    )
    for outline, item in ((rectangle, 1), (ellipse, 2)):
        x, y = np.array([(p.x, p.y) for p in outline.points]).T
        pixels = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
        area = page.opened.measurements.items[item].facts.area
        assert pixels * shown.pixel[0] * shown.pixel[1] == pytest.approx(area, rel=2e-3)


def test_without_an_analysis_there_are_pictures_and_measurements(
    window: MainWindow, qtbot: QtBot, page: CtPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    possible: dict[str, bool] = {}

    def choose(dialog: ResultsDialog) -> None:
        possible.update({key: box.isEnabled() for key, box in dialog.boxes.items()})
        dialog.boxes["png"].setChecked(False)
        dialog.accept()

    answering(qtbot, ResultsDialog, choose)
    with qtbot.waitSignal(window._parts.ct_results.done, timeout=LONG):
        window.run("export_dicom")
    assert possible == {"report": False, "segments": False, "maps": False, "pictures": True, "png": True}
    assert [path.name for path in (tmp_path / "CT results").iterdir()] == ["picture-0001.dcm"]


def test_what_is_measured_across_the_slices_goes_along(
    window: MainWindow, qtbot: QtBot, page: CtPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(qtbot, window, page)
    edge = page.view.coronal.shown.bounds
    for tool in ("ruler", "ellipse"):
        page.take(tool)
        view = page.view.coronal
        start = Point(edge.width * 0.3, edge.height * 0.3)
        drag(view, at(view, start), at(view, Point(edge.width * 0.6, edge.height * 0.6)))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    answering(qtbot, ResultsDialog, lambda dialog: dialog.accept())
    with qtbot.waitSignal(window._parts.ct_results.done, timeout=LONG):
        window.run("export_dicom")
    content = hd.sr.srread(tmp_path / "CT results" / "report.dcm").content
    (line,) = content.get_image_measurement_groups()
    (length,) = line.get_measurements()
    ruled, ellipse = page.opened.measurements.items
    assert length.value == pytest.approx(ruled.value, rel=1e-6)
    (where,) = length.referenced_coordinates
    np.testing.assert_allclose(where.value, ruled.places, atol=1e-3)
    (region,) = content.get_planar_roi_measurement_groups()
    ways = region.roi.value[1:] - region.roi.value[0]
    twice = np.cross(ways[:-1], ways[1:]).sum(axis=0)
    assert np.linalg.norm(twice) / 2 == pytest.approx(ellipse.facts.area, rel=2e-3)


def test_results_are_sent_to_an_archive(
    window: MainWindow,
    qtbot: QtBot,
    page: CtPage,
    orthanc: Orthanc,  # noqa: F811
) -> None:
    address_book.put(entry(orthanc, "get"))
    analyzed(qtbot, window)

    def choose(dialog: ResultsDialog) -> None:
        dialog.to_archive.setChecked(True)
        assert not dialog.boxes["png"].isEnabled(), "an archive takes no such file"
        assert "name and number" in dialog.notice.text.text()
        qtbot.mouseClick(dialog.export, LEFT)

    answering(qtbot, ResultsDialog, choose)
    with qtbot.waitSignal(window._parts.ct_results.done, timeout=LONG) as told:
        window.run("export_dicom")
    handed = told.args[0]
    assert not handed.refused
    study = pydicom.dcmread(page.opened.series.slices[0].path).StudyInstanceUID
    with opened(entry(orthanc, "get")) as pacs:
        assert len(pacs.find_studies(Query(study_uid=study)).studies) == 1
        kinds = {series.modality: series.images for series in pacs.find_series(study)}
    assert kinds.keys() == {"SR", "SEG", "OT"} or kinds.keys() == {"SR", "SEG", "OT", "CT"}
    assert handed.stored >= 4


def test_files_that_went_are_named(window: MainWindow, qtbot: QtBot, page: CtPage, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "series")
    with qtbot.waitSignal(window._parts.ct_results.failed, timeout=LONG):
        window.on_ct.exporting.export(page, frozenset({"pictures"}), folder=tmp_path / "out")
    assert "cannot be read" in window.frame.banner.problem.what
