"""DICOM annotations on real DICOM slides, read by highdicom and pydicom, placed by highdicom's geometry."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.exchange.contract import About, Document
from ml.exchange.dicom_codes import id_of, uid_of
from ml.exchange.dicom_slide import open_slide_headers
from ml.exchange.formats import read, write
from ml.geometry import Point, Rect

pytestmark = pytest.mark.data
ann = pytest.importorskip("highdicom.ann")
sr = pytest.importorskip("highdicom.sr")
spatial = pytest.importorskip("highdicom.spatial")

OUTER, HOLE = (Shape.rectangle(r).rings[0] for r in (Rect(1000, 2000, 500, 400), Rect(1100, 2100, 50, 60)))
BOX = Shape.rectangle(Rect(10.25, 20.5, 300, 200))
MODEL = {"Model": "Clot", "Model version": "1.2"}
DRAWN = [
    Annotation(BOX, "box", "Tumor", (200, 10, 30), measurements={"Area (µm²)": 2.5}),
    Annotation(Shape.rectangle(Rect(50, 60, 70, 80)), "other", "Tumor", (200, 10, 30)),
    Annotation(Shape((OUTER, HOLE)), "holed", "Stroma", metadata=MODEL, measurements={"Score": 0.75}),
    Annotation(Shape.line((Point(1, 2), Point(300, 400), Point(500, 6))), "way", "Tumor"),
    Annotation(Shape.points([Point(6000, 5000)]), "dot"),
    Annotation(Shape.ellipse(Point(500, 500), Point(600, 600), Point(450, 550)), "egg", "Tumor"),
]  # fmt: skip


@pytest.fixture
def slide(real_data: Path) -> Path:
    return real_data / "slides" / "carotid_half_dicom"


@pytest.mark.parametrize("name", ["carotid_half_dicom/level0.dcm", "dicom/highdicom_sm_image.dcm"])
def test_places_are_those_of_highdicom(real_data: Path, name: str) -> None:
    slide = open_slide_headers(real_data / "slides" / name, "")
    assert slide.has_frame
    image = pydicom.dcmread(real_data / "slides" / name, stop_before_pixels=True)
    referee = spatial.ImageToReferenceTransformer.for_image(image, for_total_pixel_matrix=True)
    places = np.array([(0, 0), (0.5, 0.5), (123.25, 4567.75), (6000, 9.125)])
    ring = tuple(Point(x, y) for x, y in places.tolist())
    assert slide.to_mm(ring) == pytest.approx(referee(places), abs=1e-9)
    assert slide.to_pixels(referee(places)) == ring


def test_bulk_annotations_as_highdicom_reads_them(slide: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    written = write(path, Document(DRAWN, {}, About(dicom=slide)), "dicom-ann")
    found = ann.annread(path)
    level0 = pydicom.dcmread(slide / "level0.dcm", stop_before_pixels=True)
    assert found.AnnotationCoordinateType == "3D"
    assert found.FrameOfReferenceUID == level0.FrameOfReferenceUID
    assert found.PatientID == level0.PatientID
    assert found.StudyInstanceUID == level0.StudyInstanceUID
    groups = found.get_annotation_groups()
    told = [(g.label, g.graphic_type.value, g.number_of_annotations, g.algorithm_type.value) for g in groups]
    assert told == [
        ("Tumor", "RECTANGLE", 2, "MANUAL"),
        ("Stroma", "POLYGON", 1, "AUTOMATIC"),
        ("Tumor", "POLYLINE", 1, "MANUAL"),
        ("unclassified", "POINT", 1, "MANUAL"),
        ("Tumor", "ELLIPSE", 1, "MANUAL"),
    ]
    names, values, units = groups[0].get_measurements()
    assert (names[0].meaning, units[0].value) == ("Area", "um2")
    assert values[0, 0] == 2.5
    assert np.isnan(values[1, 0])
    assert groups[1].algorithm_identification[0].AlgorithmName == "Clot"
    polygon = groups[1].get_coordinates(1, "3D")
    assert not np.array_equal(polygon[0], polygon[-1])
    referee = spatial.ReferenceToImageTransformer.for_image(level0, for_total_pixel_matrix=True)
    corners = referee(groups[0].get_coordinates(1, "3D"))[:, :2]
    assert corners == pytest.approx(np.array([(p.x, p.y) for p in DRAWN[0].shape.rings[0]]), abs=1e-4)
    assert written.lost == (
        "DICOM ANN has no names: left out (“box”, “other”, “holed” and 3 more).",
        "DICOM ANN has no identifiers: they are made anew when it is read.",
        "DICOM ANN has no holes: a line of no width joins them to the outline (“holed”).",
    )


def test_bulk_annotations_come_back(slide: Path, tmp_path: Path) -> None:
    path, about = tmp_path / "a.dcm", About(dicom=slide / "level2.dcm")
    write(path, Document(DRAWN, {"Tumor": (1, 2, 3)}, about), "dicom-ann")
    back = read(path, about)
    assert back.format == "dicom-ann"
    assert back.annotations[0].shape == DRAWN[0].shape
    assert back.annotations[0].color == (200, 10, 30)
    assert back.annotations[0].measurements == {"Area (µm²)": 2.5}
    assert back.annotations[1].measurements == {}
    assert back.annotations[2].shape.polygon.equals(DRAWN[2].shape.polygon)
    assert back.annotations[2].metadata == MODEL
    assert back.annotations[3].color == (1, 2, 3)
    assert [a.class_name for a in back.annotations] == ["Tumor", "Tumor", "Stroma", "Tumor", "", "Tumor"]
    egg = back.annotations[5].shape
    assert egg.kind == "ellipse"
    assert egg.axes == DRAWN[5].shape.axes
    with pytest.raises(Problem, match="the slide itself"):
        read(path)
    other = slide.parent / "dicom" / "highdicom_sm_image.dcm"
    with pytest.raises(Problem, match="another slide"):
        read(path, About(dicom=other))


def test_bulk_annotations_of_a_lower_level_are_scaled(slide: Path, tmp_path: Path) -> None:
    level1 = pydicom.dcmread(slide / "level1.dcm", stop_before_pixels=True)
    write(tmp_path / "a.dcm", Document(DRAWN[:1], {}, About(dicom=slide)), "dicom-ann")
    made = pydicom.dcmread(tmp_path / "a.dcm")
    made.AnnotationCoordinateType = "2D"
    made.PixelOriginInterpretation = "VOLUME"
    made.ReferencedImageSequence[0].ReferencedSOPInstanceUID = level1.SOPInstanceUID
    group = made.AnnotationGroupSequence[0]
    del group.DoublePointCoordinatesData
    del group.CommonZCoordinateValue
    group.PointCoordinatesData = np.array([1, 2, 11, 2, 11, 7, 1, 7], np.float32).tobytes()
    made.save_as(tmp_path / "b.dcm")
    (one,) = read(tmp_path / "b.dcm", About(dicom=slide)).annotations
    assert one.shape.bounds == Rect(2, 4, 20, 10)
    alone = read(tmp_path / "b.dcm")
    assert alone.annotations[0].shape.bounds == Rect(1, 2, 10, 5)
    assert "full resolution" in alone.left_out[0]


def test_bulk_annotations_of_highdicom(real_data: Path) -> None:
    folder = real_data / "slides" / "dicom"
    found = read(folder / "highdicom_sm_annotations.dcm", About(dicom=folder / "highdicom_sm_image.dcm"))
    referee = ann.annread(folder / "highdicom_sm_annotations.dcm")
    (group,) = referee.get_annotation_groups()
    data = group.get_graphic_data("2D")
    assert [[(p.x, p.y) for p in a.shape.rings[0]] for a in found.annotations] == [
        [tuple(map(float, place)) for place in item] for item in data
    ]
    _, values, _ = group.get_measurements()
    assert [list(a.measurements.values()) for a in found.annotations] == values.tolist()
    assert found.annotations[0].class_name == group.label
    assert any("code of a group" in sentence for sentence in found.left_out)


def test_a_report_as_highdicom_reads_it(slide: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    drawn = [*DRAWN[:2], Annotation(DRAWN[5].shape, "egg", "Tumor", metadata={"Grade": "G2"})]
    written = write(path, Document(drawn, {}, About(dicom=slide)), "dicom-sr")
    content = sr.srread(path).content
    groups = content.get_planar_roi_measurement_groups()
    assert [g.tracking_identifier for g in groups] == ["box", "other", "egg"]
    assert [g.tracking_uid for g in groups] == [uid_of(a.id) for a in drawn]
    assert [g.finding_type.meaning for g in groups] == ["Tumor"] * 3
    assert [g.roi.graphic_type.value for g in groups] == ["POLYGON", "POLYGON", "ELLIPSE"]
    assert np.array_equal(groups[0].roi.value[0], groups[0].roi.value[-1])
    (measurement,) = groups[0].get_measurements()
    assert (measurement.name.meaning, measurement.value, measurement.unit.value) == ("Area", 2.5, "um2")
    (grade,) = groups[2].get_qualitative_evaluations()
    assert (grade.name.meaning, grade.value.meaning) == ("Grade", "G2")
    assert written.lost == ("DICOM SR has no colours: left out (“box”, “other”).",)
    back = read(path, About(dicom=slide))
    assert back.format == "dicom-sr"
    for one, other in zip(drawn, back.annotations, strict=True):
        assert (one.id, one.name, one.class_name) == (other.id, other.name, other.class_name)
        assert (one.measurements, one.metadata, one.shape.kind) == (
            other.measurements, other.metadata, other.shape.kind,
        )  # fmt: skip
        places = [[(p.x, p.y) for p in a.shape.rings[0]] for a in (one, other)]
        assert np.array(places[1]) == pytest.approx(np.array(places[0]), abs=0.01)


def test_reports_of_highdicom_that_mark_no_slide(real_data: Path) -> None:
    found = read(real_data / "slides" / "dicom" / "highdicom_sr_document_with_multiple_groups.dcm")
    assert len(found.annotations) == 2
    assert any("no region of a plane" in sentence for sentence in found.left_out)
    slide = real_data / "slides" / "dicom" / "highdicom_sm_image.dcm"
    with pytest.raises(Problem, match="another image"):
        read(real_data / "slides" / "dicom" / "highdicom_sr_document.dcm", About(dicom=slide))


def test_what_has_no_place_in_mm(real_data: Path, tmp_path: Path) -> None:
    """A slide without an origin: bulk annotations refer to its pixels, a report is refused."""
    about = About(dicom=real_data / "slides" / "dicom" / "wsi2dcm_jpeg.dcm")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its UIDs are too long
        write(tmp_path / "a.dcm", Document(DRAWN[:1], {}, about), "dicom-ann")
        back = read(tmp_path / "a.dcm", about)
        assert back.annotations[0].shape == DRAWN[0].shape
        with pytest.raises(Problem, match="in mm"):
            write(tmp_path / "b.dcm", Document(DRAWN[:1], {}, about), "dicom-sr")
    assert not (tmp_path / "b.dcm").exists()


def test_problems(slide: Path, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="was not given"):
        write(tmp_path / "a.dcm", Document(DRAWN), "dicom-ann")
    with pytest.raises(Problem, match="nothing to write"):
        write(tmp_path / "a.dcm", Document([], {}, About(dicom=slide)), "dicom-ann")
    many = [Annotation(Shape.points([Point(n, n)])) for n in range(2001)]
    with pytest.raises(Problem, match="too many"):
        write(tmp_path / "a.dcm", Document(many, {}, About(dicom=slide)), "dicom-sr")
    assert list(tmp_path.iterdir()) == []
    write(tmp_path / "a.dcm", Document(DRAWN, {}, About(dicom=slide)), "dicom-ann")
    (tmp_path / "cut.dcm").write_bytes((tmp_path / "a.dcm").read_bytes()[:3000])
    with pytest.raises(Problem, match=r"cut\.dcm"):
        read(tmp_path / "cut.dcm", About(dicom=slide))


def test_identifiers() -> None:
    key = "b0a1d4b5-41cf-4cf4-9d52-3b1c8b1f4a01"
    assert id_of(uid_of(key)) == key
    assert uid_of("mine") == uid_of("mine") != uid_of("yours")
    assert id_of("1.2.3") == id_of("1.2.3")


@pytest.mark.parametrize("format_id", ["dicom-ann", "dicom-sr"])
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_whatever_is_changed_in_a_file_gives_annotations_or_a_problem(
    format_id: str, data: st.DataObject, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    about = About(dicom=real_data / "slides" / "carotid_half_dicom" / "level3.dcm")
    path = tmp_path_factory.getbasetemp() / f"changed-{format_id}.dcm"
    if not path.exists():
        write(path, Document(DRAWN, {}, about), format_id)
    content = path.read_bytes()
    start = data.draw(st.integers(140, len(content)))
    length = data.draw(st.integers(0, 12) | st.just(10**9))
    changed = path.with_suffix(".changed")
    changed.write_bytes(content[:start] + data.draw(st.binary(max_size=12)) + content[start + length :])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read(changed, about)
        except Problem as problem:
            assert problem.what  # noqa: PT017 - that it is one is what is tested
