"""All outputs of a draft in one step, for slides and CT, analyzed and only looked at."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pikepdf
import pydicom
import pytest

from ml.annotation.geojson import read_geojson
from ml.annotation.shapes import Annotation, Shape
from ml.draft.ct_evidence import evidence_of_ct, evidence_of_series
from ml.draft.draft import Draft
from ml.draft.draft_json import from_json
from ml.draft.evidence import Evidence
from ml.draft.slide_evidence import evidence_of_slide
from ml.draft.store import FolderDrafts
from ml.draft.template import templates
from ml.errors import Problem
from ml.export.encapsulated_pdf import read_encapsulated_pdf
from ml.export.measured import Measured, Quantity
from ml.geometry import Point, Rect
from ml.progress import Cancelled, Progress, Step
from ml.report.ct_material import CtMaterial, Measurement
from ml.slide.opening import open_slide
from ml.verbs.write_report import FORMATS, WriteRequest, possible_formats, write_report
from ml.volume.series import Series, read_series
from tests.ml.draft.conftest import draft, drawn, evidence, picture, store  # noqa: F401 - fixtures
from tests.ml.draft.test_outputs import flat, pages
from tests.ml.export.conftest import slices, sound  # noqa: F401 - fixtures
from tests.ml.report.analyzed_ct import analyzed, ct_card
from tests.ml.report.conftest import make_material, material  # noqa: F401 - fixtures

# ruff: noqa: F811 - fixtures are arguments


def template(name: str) -> Draft:
    return next(one.draft for one in templates()[0] if one.name == name)


def test_every_format_of_a_slide(
    draft: Draft, evidence: Evidence, store: FolderDrafts, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    steps: list[Step] = []
    possible = possible_formats(evidence)
    assert possible == tuple(one for one in FORMATS if one != "dicom"), "it is no DICOM slide"
    request = WriteRequest(draft, evidence, folder, store.picture, possible)
    written = write_report(request, Progress(steps.append))
    assert [(file.path.name, file.kind) for file in written] == [
        ("report.pdf", "pdf"),
        ("report.html", "html"),
        ("report.docx", "docx"),
        ("tables.xlsx", "xlsx"),
        ("classes.csv", "csv"),
        ("boxes.csv", "csv"),
        ("annotations.csv", "csv"),
        ("annotations.geojson", "geojson"),
        ("draft.json", "numbers"),
        ("report.json", "numbers"),
        ("results.csv", "numbers"),
        ("heatmap.tif", "numbers"),
        ("gradcam.tif", "numbers"),
    ]
    assert sorted(path.name for path in folder.iterdir()) == sorted(file.path.name for file in written)
    assert steps[-1].done == steps[-1].total == len(written)
    assert from_json((folder / "draft.json").read_text(encoding="utf-8")) == draft
    names = {one.class_name for one in read_geojson(folder / "annotations.geojson").annotations}
    assert "Necrosis" in names
    facts = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert facts["headline"] == evidence.summary


def test_no_folder_of_the_slide_is_in_any_output(
    draft: Draft, evidence: Evidence, store: FolderDrafts, tmp_path: Path
) -> None:
    request = WriteRequest(draft, evidence, tmp_path / "out", store.picture, possible_formats(evidence))
    for file in write_report(request, Progress()):
        assert b"Doe, Jane" not in file.path.read_bytes(), file.path.name


def test_nothing_half_written_is_left(
    draft: Draft, evidence: Evidence, store: FolderDrafts, tmp_path: Path
) -> None:
    progress = Progress()

    def stop(step: Step) -> None:
        if step.done == 2:
            progress.stop()

    progress.step = stop  # type: ignore[method-assign]
    request = WriteRequest(draft, evidence, tmp_path / "out", store.picture, ("pdf", "html", "docx", "xlsx"))
    with pytest.raises(Cancelled):
        write_report(request, progress)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "report.docx",
        "report.html",
        "report.pdf",
    ]


def test_a_gone_picture_is_told_before_anything_is_written(
    draft: Draft, evidence: Evidence, store: FolderDrafts, tmp_path: Path
) -> None:
    for path in (store.folder / "pictures").iterdir():
        path.unlink()
    request = WriteRequest(draft, evidence, tmp_path / "out", store.picture)
    with pytest.raises(Problem, match="picture of this report is gone"):
        write_report(request, Progress())
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_way_of_the_folder(
    draft: Draft, evidence: Evidence, store: FolderDrafts, tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(Problem, match="could not be written"):
        write_report(WriteRequest(draft, evidence, tmp_path / "out", store.picture), Progress())
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


def test_answers_that_are_missing_are_said_on_the_first_page(
    draft: Draft, evidence: Evidence, store: FolderDrafts, tmp_path: Path
) -> None:
    asked = draft.answer("synopsis", "size", None)
    (pdf,) = write_report(WriteRequest(asked, evidence, tmp_path, store.picture), Progress())
    first = flat(pages(pdf.path.read_bytes())[0])
    assert flat("Preliminary. Not yet answered: Synopsis: Largest extent.") in first
    assert flat("Largest extent not answered") in first


@pytest.fixture
def ct_material(slices: tuple[Path, ...]) -> CtMaterial:
    series: Series = read_series(slices[:5]).series[0]
    values = [[0.1, 0.6], [0.7, 0.1], [0.9, 0.3], [0.2, 0.1], [np.nan] * 2]
    heat = np.zeros((256, 256), dtype=np.float32)
    heat[100:120, 60:90] = np.linspace(0.2, 3, 30, dtype=np.float32)
    measurements = (Measurement("Length", 2, "Length 4.8 mm"),)
    return CtMaterial(series, analyzed(series, values, heat), ct_card(), measurements=measurements)


@pytest.mark.data
def test_everything_of_a_series(
    ct_material: CtMaterial, store: FolderDrafts, tmp_path: Path, sound: Callable[[Path], None]
) -> None:
    line = Measured("Distance 1", 2, (Point(1, 2), Point(4, 6)), ((Quantity.length, 4.785),))
    evidence = evidence_of_ct(ct_material, (line,))
    draft = template("hemorrhage").answer("", "case", "7").answer("synopsis", "shift", 0.0)
    draft = draft.answer("synopsis", "hemorrhage", True).answer("synopsis", "contrast", False)
    formats = possible_formats(evidence)
    assert set(FORMATS) - set(formats) == {"geojson"}
    request = WriteRequest(draft, evidence, tmp_path, store.picture, formats)
    written = write_report(request, Progress())
    dicom = {file.path.name: file.path for file in written if file.kind == "dicom"}
    assert {"document.dcm", "report.dcm", "segmentation.dcm", "map-01-any.dcm"} <= set(dicom)
    assert all(path.parent == tmp_path / "dicom" for path in dicom.values())

    pdf = (tmp_path / "report.pdf").read_bytes()
    text = flat("".join(pages(pdf)))
    for fact in (
        "Hemorrhage yes",
        "Midline shift 0 mm",
        "Length 4.8 mm",
        "Probability over the slices",
        evidence.summary,
    ):
        assert flat(fact) in text, fact
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert "/StructTreeRoot" in opened.Root

    document = pydicom.dcmread(dicom["document.dcm"])
    source = pydicom.dcmread(ct_material.series.slices[0].path, stop_before_pixels=True)
    assert document.SOPClassUID == pydicom.uid.EncapsulatedPDFStorage
    assert document.StudyInstanceUID == source.StudyInstanceUID
    assert document.PatientID == source.PatientID
    assert document.SeriesInstanceUID != source.SeriesInstanceUID
    assert document.VerificationFlag == "UNVERIFIED"
    assert len(document.SourceInstanceSequence) == 5
    assert pages(read_encapsulated_pdf(document)) == pages(pdf)
    assert "4.785" in str(pydicom.dcmread(dicom["report.dcm"])), "what was measured stands in the SR"
    for path in dicom.values():
        sound(path)


@pytest.mark.data
def test_a_series_that_was_not_analyzed(
    slices: tuple[Path, ...], store: FolderDrafts, tmp_path: Path, sound: Callable[[Path], None]
) -> None:
    series = read_series(slices[:3]).series[0]
    evidence = evidence_of_series(series, (Measurement("Length", 1, "12.0 mm"),))
    assert set(possible_formats(evidence)) == set(FORMATS) - {"numbers", "geojson"}
    request = WriteRequest(template("ct"), evidence, tmp_path, store.picture, ("pdf", "xlsx", "dicom"))
    written = write_report(request, Progress())
    assert [file.path.name for file in written] == ["report.pdf", "tables.xlsx", "document.dcm"]
    text = flat("".join(pages((tmp_path / "report.pdf").read_bytes())))
    assert flat("No model was used.") in text
    assert flat("12.0 mm") in text
    sound(written[-1].path)


@pytest.mark.data
def test_a_dicom_slide_that_was_not_analyzed(
    real_data: Path, store: FolderDrafts, tmp_path: Path, sound: Callable[[Path], None]
) -> None:
    drawn_there = (Annotation(Shape.rectangle(Rect(900, 900, 600, 400)), "clot", "Fibrin", (200, 10, 30)),)
    with open_slide(real_data / "slides" / "carotid_half_dicom" / "level0.dcm") as slide:
        evidence = evidence_of_slide(slide, drawn_there, slide.info.spacing)
        assert "dicom" in possible_formats(evidence)
        request = WriteRequest(
            template("clot"), evidence, tmp_path, store.picture, ("pdf", "geojson", "dicom")
        )
        written = write_report(request, Progress())
    names = [file.path.name for file in written]
    assert names == ["report.pdf", "annotations.geojson", "annotations.dcm", "report.dcm", "document.dcm"]
    text = flat("".join(pages((tmp_path / "report.pdf").read_bytes())))
    assert flat("No model was used.") in text
    assert "Fibrin" in text
    assert flat("Preliminary. Not yet answered: Case; Synopsis: Vessel") in text
    document = pydicom.dcmread(written[-1].path)
    header = pydicom.dcmread(
        real_data / "slides" / "carotid_half_dicom" / "level0.dcm", stop_before_pixels=True
    )
    assert document.StudyInstanceUID == header.StudyInstanceUID
    sound(written[-1].path)


def test_formats_that_there_is_nothing_for_are_refused(
    draft: Draft, evidence: Evidence, store: FolderDrafts, tmp_path: Path
) -> None:
    request = WriteRequest(draft, evidence, tmp_path / "out", store.picture, ("pdf", "dicom"))
    with pytest.raises(Problem, match="nothing to write as DICOM"):
        write_report(request, Progress())
    assert not (tmp_path / "out").exists()
    assert replace(request, formats=("pdf",)).formats == ("pdf",)
