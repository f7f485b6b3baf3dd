"""Every export that there is, made of material full of markers: no byte of what is written holds one."""

from __future__ import annotations

import getpass
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from docx import Document as WordFile
from openpyxl import Workbook
from skimage.data import immunohistochemistry

from ml.annotation.geojson import write_geojson
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect
from ml.progress import Progress
from ml.report.ct_material import CtMaterial, Measurement
from ml.report.material import Material
from ml.verbs import sealed
from ml.verbs.annotation_command import convert
from ml.verbs.export import ExportRequest, export
from ml.verbs.export_ct import export_ct
from ml.volume.series import find_series
from tests.ml.deidentify.markers import ALL, FOLDER, GIVEN, NAME, NUMBER, TEXT, found_in, found_under, layers
from tests.ml.deidentify.planted import PATIENT, planted_dicom
from tests.ml.report.analyzed_ct import analyzed, ct_card

LOGIN = "Lgqxuser"

ANNOTATIONS = (
    Annotation(
        Shape.rectangle(Rect(5, 5, 50, 40)),
        f"{NAME}, {GIVEN}",
        f"Tumour of {NAME}.svs",
        measurements={f"{NAME}.svs area": 3.0, "Area": 2.0},
        metadata={"Patient": NUMBER, NAME: TEXT},
    ),
    Annotation(
        Shape.points([Point(3, 4)]), TEXT, "Necrosis", metadata={"File": f"/home/{FOLDER}/{NAME}.svs"}
    ),
)


@pytest.fixture(autouse=True)
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: LOGIN)


@pytest.fixture
def full(make_material: Callable[..., Material], array_slide: Callable[..., object]) -> Material:
    """A slide in a folder and under a name that say whose it is, and everything else that can."""
    path = Path(f"/home/{FOLDER}/{NAME} {GIVEN}/{NAME}.svs")
    tissue = np.tile(immunohistochemistry(), (2, 2, 1))[:768, :1024]
    made = make_material(notes=(f"{path} could not be hashed.", f"“{NAME}.svs” was read twice."))
    provenance = replace(
        made.analysis.provenance,
        slide_name=str(path),
        device=f"CPU: {path.parent}/driver is too old",
        parameters={"weights": path.parent / "m.safetensors"},
    )
    spacing = replace(provenance.spacing, source=f"typed for {path}")
    return replace(
        made,
        slide=array_slide(tissue, path=path),
        analysis=replace(made.analysis, provenance=replace(provenance, spacing=spacing)),
        annotations=ANNOTATIONS,
        comment=f"Seen in {path}, which is {NAME}.svs.",
    )


def test_a_report_of_a_slide(full: Material, tmp_path: Path) -> None:
    written = export(ExportRequest(full, tmp_path / "out"), Progress())
    assert {path.name for path in written} == {path.name for path in (tmp_path / "out").iterdir()}
    assert found_under(tmp_path / "out", (*ALL, LOGIN)) == []
    said = (tmp_path / "out" / "privacy.txt").read_text(encoding="utf-8")
    for words in ("file name", "names of annotations (2×)", "notes beside annotations", "who wrote"):
        assert words in said
    record = json.loads((tmp_path / "out" / "record.json").read_text(encoding="utf-8"))["record"]
    assert "names of annotations (2×)" in record["privacy"]["removed"]


def test_names_stay_where_that_is_wished(full: Material, tmp_path: Path) -> None:
    """The switch keeps them, says so, and proves that the search finds what is there to be found."""
    export(ExportRequest(full, tmp_path / "out", keep_identity=True), Progress())
    hits = "\n".join(found_under(tmp_path / "out", (*ALL, LOGIN)))
    for place in ("report.pdf!text", "report.json", "annotations.geojson", "record.json"):
        assert f"{place}: {NAME}" in hits, place
    assert f"record.json: {LOGIN}" in hits
    assert "NOT de-identified" in (tmp_path / "out" / "privacy.txt").read_text(encoding="utf-8")


def test_a_report_of_ct_with_its_dicom(real_data: Path, tmp_path: Path) -> None:
    source = tmp_path / f"{FOLDER} {NAME}"
    source.mkdir()
    for path in sorted((real_data / "ct" / "cranium_series").iterdir())[40:45]:
        planted_dicom(path, source / f"{NAME}_{path.name}")
    series = find_series(source).series[0]
    values = [[0.1, 0.2], [0.7, 0.1], [0.9, 0.3], [0.2, 0.1], [0.1, 0.1]]
    heat = np.zeros(series.slices[0].size, dtype=np.float32)
    heat[100:120, 90:130] = 3
    notes = (f"{NAME}_IM0041.dcm cannot be read.", f"See {source}/x.dcm.")
    material = CtMaterial(
        replace(series, remarks=(f"{NAME}_IM0041.dcm lies twice.",)),
        analyzed(series, values, heat, notes),
        ct_card(),
        measurements=(Measurement("Distance", 2, f"12 mm in {NAME}_IM0041.dcm"),),
        comment=f"This is {NAME}, {GIVEN} ({NUMBER}).",
        patient=f"{NAME}, {GIVEN} · born 1950-03-01 · {NUMBER}",
    )
    verdict = replace(material, verdicts={material.findings[0].key: "accepted"})
    out = tmp_path / "out"
    written = export_ct(verdict, out, Progress(), dicom=True)
    assert sum(path.suffix == ".dcm" for path in written) >= 4
    assert found_under(out, (*ALL, LOGIN, PATIENT, "19500301")) == []
    told = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert [finding["verdict"] for finding in told["findings"]] == ["accepted"]
    uids = [slice_.uid.encode() for slice_ in series.slices] + [series.uid.encode()]
    for path in written:
        for place, data in layers(path.read_bytes(), path.name):
            assert not any(uid in data for uid in uids), place
    kept = tmp_path / "kept"
    export_ct(verdict, kept, Progress(), dicom=True, keep_identity=True)
    hits = "\n".join(found_under(kept, ALL))
    assert f"report.dcm: {NAME}" in hits
    assert f"report.pdf!text: {NAME}" in hits


@pytest.mark.parametrize("name", ["a.geojson", "a.xml", "a.json", "a.csv", "a.geojson.gz"])
def test_annotations_that_are_converted(tmp_path: Path, name: str) -> None:
    source = tmp_path / f"{NAME}.geojson"
    write_geojson(ANNOTATIONS[:1], source)
    out = tmp_path / "out"
    out.mkdir()
    to = {".xml": "asap", ".json": "coco"}.get(Path(name).suffix, "")
    facts = convert(source, out / name, to=to, deidentify=True)
    assert found_under(out) == []
    assert facts["removed"]


def test_the_search_finds_markers_wherever_they_hide(tmp_path: Path) -> None:
    """XLSX, DOCX, PDF and what they pack, in every encoding: a search that finds nothing proves nothing."""
    book = Workbook()
    book.properties.creator = NAME
    book.active["A1"] = NUMBER
    book.save(tmp_path / "a.xlsx")
    letter = WordFile()
    letter.core_properties.author = GIVEN
    letter.add_paragraph(TEXT)
    letter.save(tmp_path / "a.docx")
    (tmp_path / "a.bin").write_bytes(io.BytesIO(FOLDER.encode("utf-16-be")).getvalue())
    assert {hit.rsplit(": ")[-1] for hit in found_in(tmp_path / "a.xlsx")} == {NAME, NUMBER}
    assert {hit.rsplit(": ")[-1] for hit in found_in(tmp_path / "a.docx")} == {GIVEN, TEXT}
    assert found_in(tmp_path / "a.bin") == [f"a.bin: {FOLDER}"]


def test_who_is_asked_for_only_where_it_is_kept() -> None:
    assert sealed.who(keep_identity=True) == LOGIN
    assert sealed.who(keep_identity=False) == ""
