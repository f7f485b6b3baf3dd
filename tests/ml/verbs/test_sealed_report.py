"""The report of a draft as it is handed on: every format, no marker in any byte, a record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ml.draft.draft import Draft
from ml.draft.slide_evidence import evidence_of_material, evidence_of_slide
from ml.draft.store import FolderDrafts
from ml.progress import Progress
from ml.record.verify import verify
from ml.report.material import Material
from ml.slide.opening import open_slide
from ml.verbs.sealed_report import write_sealed
from ml.verbs.write_report import WriteRequest, possible_formats
from tests.ml.deidentify.markers import FOLDER, NAME, found_under
from tests.ml.deidentify.planted import write_svs
from tests.ml.draft.conftest import draft, picture, store  # noqa: F401 - fixtures
from tests.ml.report.conftest import make_material, material  # noqa: F401 - fixtures
from tests.ml.report.test_markers import ANNOTATIONS, full  # noqa: F401 - fixtures

# ruff: noqa: F811 - fixtures are arguments


def test_every_format_of_an_analyzed_slide(
    draft: Draft, store: FolderDrafts, full: Material, tmp_path: Path
) -> None:
    out, evidence = tmp_path / "out", evidence_of_material(full)
    request = WriteRequest(draft, evidence, out, store.picture, possible_formats(evidence))
    written = write_sealed(request, Progress())
    assert {file.path.name for file in written} == {path.name for path in out.iterdir()}
    assert found_under(out) == []
    found = verify(out, Progress())
    assert {i.name: i.state for i in found.items if i.kind == "file"} == dict.fromkeys(
        (file.path.name for file in written if file.path.name != "record.json"), "holds"
    )
    write_sealed(replace(request, folder=tmp_path / "kept"), Progress(), keep_identity=True)
    hits = "\n".join(found_under(tmp_path / "kept"))
    for name in ("report.pdf", "report.html", "report.docx", "tables.xlsx", "annotations.geojson"):
        assert name in hits


def test_a_slide_that_was_only_looked_at(draft: Draft, store: FolderDrafts, tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    write_svs(folder / f"{NAME}.svs")
    with open_slide(folder / f"{NAME}.svs") as slide:
        evidence = evidence_of_slide(slide, ANNOTATIONS, slide.info.spacing)
        request = WriteRequest(draft, evidence, tmp_path / "out", store.picture, possible_formats(evidence))
        write_sealed(request, Progress())
    assert found_under(tmp_path / "out") == []
    found = verify(tmp_path / "out", Progress())
    assert found.whole
    assert "model" not in {item.kind for item in found.items}
