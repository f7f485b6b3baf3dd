"""Real files of annotations come in by menu and by drop, and go out in every format."""

from __future__ import annotations

from pathlib import Path

import highdicom as hd
import pydicom
import pytest
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.exchange.formats import FORMATS, read
from ml.geometry import Rect
from tests.gui.hands import LONG, open_file
from viewer.main_window.annotation_files import _FORMATS
from viewer.main_window.window import MainWindow
from viewer.panels.export_annotations_dialog import ExportAnnotationsDialog
from viewer.state.opened_slide import OpenedSlide

REAL = (
    "asap_8_HE.xml",
    "asap_camelyon16_tumor_021.xml",
    "asap_normal_042.xml",
    "dlup_qupath05.geojson",
    "large_image_sample.geojson",
    "qupath_polygon.geojson",
)


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow, sample_slide: Path) -> OpenedSlide:
    """The sample slide, with nothing drawn."""
    open_file(qtbot, window, sample_slide)
    page = window.slides.page
    assert page is not None
    return page.opened


def settled(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window._parts.annotation_files.busy, timeout=LONG)


def test_the_window_offers_every_format_there_is() -> None:
    assert [one.id for one in FORMATS] == [one for one, *_ in _FORMATS]


def test_real_files_in_and_out_again(
    qtbot: QtBot,
    window: MainWindow,
    opened: OpenedSlide,
    real_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in REAL:
        source = real_data / "annotations" / name
        wanted = read(source).annotations
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_, s=source: ([str(s)], ""))
        window.run("import_annotations")
        settled(qtbot, window)
        assert [one.but(id="") for one in opened.annotations] == [one.but(id="") for one in wanted], name
        assert {one.class_name for one in wanted if one.class_name} <= set(opened.classes.colors)
        out = tmp_path / f"{name}.geojson"
        window.further.annotating.files.write(opened, out, "geojson", only_selected=False)
        settled(qtbot, window)
        again = read(out).annotations
        assert [one.class_name for one in again] == [one.class_name for one in wanted]
        for one, other in zip(again, wanted, strict=True):
            assert one.shape.kind == other.shape.kind
            assert one.shape.area == pytest.approx(other.shape.area, rel=1e-3, abs=1)
        window.run("undo")
        assert len(opened.annotations) == 0


def test_a_file_is_dropped_onto_the_slide_and_once_more(
    qtbot: QtBot, window: MainWindow, opened: OpenedSlide, real_data: Path
) -> None:
    source = real_data / "annotations" / "dlup_qupath05.geojson"
    window.slides.open_all([source])
    settled(qtbot, window)
    number = len(opened.annotations)
    assert number > 0
    window.slides.open_all([source])  # the same again: beside it, under new identifiers
    settled(qtbot, window)
    assert len(opened.annotations) == 2 * number
    assert len(window._parts.session.items) == 1


def test_every_format_is_written_through_the_dialog(
    qtbot: QtBot,
    window: MainWindow,
    opened: OpenedSlide,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = tuple(
        Annotation(
            Shape.rectangle(Rect(100 * n, 50, 60, 40)), class_name="Tumor", color=(213, 94, 0), name=f"n{n}"
        )
        for n in range(3)
    )
    opened.edit(Change((), drawn, "Draw"))
    opened.select((drawn[0].id, drawn[2].id))
    for format_id, _, _, suffix in _FORMATS[:5]:
        number = [one for one, *_ in _FORMATS].index(format_id)

        def choose(dialog: ExportAnnotationsDialog, number: int = number) -> int:
            dialog.choice.setCurrentIndex(number)
            assert dialog.only_selected
            assert dialog.about.text()
            return QDialog.DialogCode.Accepted

        monkeypatch.setattr(ExportAnnotationsDialog, "exec", choose)
        out = tmp_path / f"{format_id}{suffix}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, out=out: (str(out), ""))
        window.frame.banner.dismiss()
        window.run("export_annotations")
        settled(qtbot, window)
        found = read(out)
        assert found.format == format_id
        bounds = [one.shape.bounds for one in found.annotations]
        assert bounds == [drawn[0].shape.bounds, drawn[2].shape.bounds]
        assert {one.class_name for one in found.annotations} == {"Tumor"}
        banner = window.frame.banner.problem
        holds_all = format_id in {"geojson", "csv", "coco"}
        assert (banner is None) == holds_all, banner
        assert holds_all or (banner is not None and "does not hold all" in banner.what)


def test_what_cannot_be_read_names_file_and_place(
    qtbot: QtBot, window: MainWindow, opened: OpenedSlide, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.geojson"
    broken.write_text('{"type": "FeatureCollection", "features": [\n{"type": "Feature", "geometry": 7}]}')
    window.further.annotating.files.bring_in([broken])
    settled(qtbot, window)
    problem = window.frame.banner.problem
    assert problem is not None
    assert "broken.geojson" in problem.what
    assert "feature 1" in problem.what
    assert len(opened.annotations) == 0


def test_a_dicom_slide_is_needed_for_dicom(
    qtbot: QtBot, window: MainWindow, opened: OpenedSlide, tmp_path: Path
) -> None:
    opened.edit(Change((), (Annotation(Shape.rectangle(Rect(0, 0, 9, 9))),), "Draw"))
    window.further.annotating.files.write(opened, tmp_path / "out.dcm", "dicom-ann", only_selected=False)
    settled(qtbot, window)
    problem = window.frame.banner.problem
    assert problem is not None
    assert "DICOM" in str(problem)
    assert not (tmp_path / "out.dcm").exists()


def test_annotations_of_a_dicom_slide_go_out_as_dicom_and_highdicom_reads_them(
    qtbot: QtBot, window: MainWindow, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = real_data / "slides" / "carotid_half_dicom" / "level0.dcm"
    open_file(qtbot, window, path)
    opened = window._parts.session.slide
    assert opened is not None
    drawn = Annotation(Shape.rectangle(Rect(500, 300, 120, 80)), class_name="Tumor", color=(213, 94, 0))
    opened.edit(Change((), (drawn, drawn.but(id="other", class_name="Stroma")), "Draw"))
    written = {one: tmp_path / f"{one}.dcm" for one in ("dicom-ann", "dicom-sr")}
    for format_id, out in written.items():
        number = [one for one, *_ in _FORMATS].index(format_id)

        def choose(dialog: ExportAnnotationsDialog, number: int = number) -> int:
            dialog.choice.setCurrentIndex(number)
            return QDialog.DialogCode.Accepted

        monkeypatch.setattr(ExportAnnotationsDialog, "exec", choose)
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, out=out: (str(out), ""))
        window.surface.action("export_annotations").trigger()
        settled(qtbot, window)
        assert out.exists(), str(window.frame.banner.problem)
    level0 = pydicom.dcmread(path, stop_before_pixels=True)
    bulk = hd.ann.annread(written["dicom-ann"])
    groups = bulk.get_annotation_groups()
    assert [(one.label, one.number_of_annotations) for one in groups] == [("Tumor", 1), ("Stroma", 1)]
    report = hd.sr.srread(written["dicom-sr"])
    assert len(report.content.get_planar_roi_measurement_groups()) == 2
    for made in (bulk, report):
        assert made.StudyInstanceUID == level0.StudyInstanceUID
    (corners,) = groups[0].get_graphic_data(coordinate_type=bulk.AnnotationCoordinateType)
    into_pixels = hd.spatial.ReferenceToImageTransformer.for_image(level0, for_total_pixel_matrix=True)
    x, y = into_pixels(corners)[:, :2].T
    bounds = (x.min(), y.min(), x.max(), y.max())
    assert bounds == pytest.approx((500, 300, 620, 380), abs=1e-3)
