"""The report of a CT analysis, read back by independent readers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from ml.geometry import Rect
from ml.progress import Progress
from ml.report.ct_material import CtMaterial, Measurement
from ml.report.ct_pictures import shown_slice
from ml.results.ct_findings import map_boxes
from ml.verbs.export_ct import export_ct
from ml.volume.series import Series, find_series
from ml.volume.window import Window
from tests.ml.report.analyzed_ct import analyzed, ct_card
from tests.ml.train.test_scan_study import write_heads


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Series:
    folder = tmp_path_factory.mktemp("Doe_Jane")
    write_heads(folder, patients=1, slices=5)
    return find_series(folder).series[0]


@pytest.fixture
def material(series: Series) -> CtMaterial:
    """Class "any" in slices 2 to 3, with a map; "left" nowhere; slice 5 not looked at."""
    values = [[0.1, 0.2], [0.7, 0.1], [0.9, 0.3], [0.2, 0.1], [np.nan] * 2]
    heat = np.zeros((40, 48), dtype=np.float32)
    heat[10:20, 24:34] = 3
    analysis, card = analyzed(series, values, heat, ("A note.",)), ct_card(limits="Made up.")
    measured = (Measurement("Distance", 2, "12.3 mm"),)
    return CtMaterial(series, analysis, card, measurements=measured, comment="Seen by me.")


def words_of(path: Path) -> str:
    with pypdfium2.PdfDocument(path) as document:
        return " ".join(page.get_textpage().get_text_range() for page in document)


def test_all_files_tell_the_same(material: CtMaterial, tmp_path: Path) -> None:
    names = [p.name for p in export_ct(material, tmp_path / "out", Progress(), keep_identity=True)]
    drawn = ["finding-1.png", "gradcam.tif"]
    assert names == [
        *("report.pdf", "report.json", "slices.csv", "findings.csv"),
        *(*drawn, "privacy.txt", "record.json"),
    ]
    told = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert told["schema"] == "parfocal-ct-report"
    assert told["looked_at"] == 4
    assert told["headline"] == "1 finding (any) in 4 slices looked at; highest: any 90\u202f% in slice 3."
    with (tmp_path / "out" / "findings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["class"], r["first_slice"], r["last_slice"], r["peak_slice"]) for r in rows] == [
        ("any", "2", "3", "3")
    ]
    with (tmp_path / "out" / "slices.csv").open(newline="") as file:
        slices = list(csv.DictReader(file))
    assert [np.float32(row["prob_any"]) for row in slices] == material.analysis.scores.values[:4, 0].tolist()
    assert [row["sop_instance_uid"] for row in slices] == [s.uid for s in material.series.slices[:4]]
    text = words_of(tmp_path / "out" / "report.pdf")
    for expected in (
        "1 finding (any)",
        "12.3 mm",
        "Seen by me.",
        "level 40 HU, width 80 HU",
        "Made up.",
        "A note.",
    ):
        assert expected in text, expected
    assert "stopped before its end" in text


def test_the_patient_is_hidden_unless_asked_for(material: CtMaterial, tmp_path: Path) -> None:
    export_ct(material, tmp_path, Progress())
    for path in tmp_path.iterdir():
        assert b"Doe" not in path.read_bytes()
    assert "hidden" in words_of(tmp_path / "report.pdf")
    shown = CtMaterial(material.series, material.analysis, material.card, patient="Roe, Richard")
    export_ct(shown, tmp_path, Progress())
    assert "Roe" not in words_of(tmp_path / "report.pdf")
    export_ct(shown, tmp_path, Progress(), keep_identity=True)
    assert "Roe, Richard" in words_of(tmp_path / "report.pdf")


def test_a_rejected_finding_has_a_row_and_no_picture(material: CtMaterial, tmp_path: Path) -> None:
    export_ct(material, tmp_path, Progress())
    key = material.findings[0].key
    rejected = CtMaterial(material.series, material.analysis, material.card, verdicts={key: "rejected"})
    export_ct(rejected, tmp_path, Progress())
    assert not (tmp_path / "finding-1.png").exists(), "one of the earlier report would tell of another"
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [f["verdict"] for f in told["findings"]] == ["rejected"]
    assert told["headline"].startswith("Nothing above its threshold")


def test_a_key_image_shows_slice_map_and_box(material: CtMaterial, tmp_path: Path) -> None:
    export_ct(material, tmp_path, Progress())
    image = np.asarray(Image.open(tmp_path / "finding-1.png")).astype(int)
    width = (image.shape[1] - 8) // 2
    plain, marked = image[:, :width], image[:, width + 8 :]
    # Pixels are 0.25 mm wide and 0.5 mm high: square on the picture.
    assert image.shape[0] == pytest.approx(width * (40 * 0.5) / (48 * 0.25), abs=1)
    assert (plain[..., 0] == plain[..., 1]).all(), "the plain slice is grey"
    scale_x, scale_y = width / 48, image.shape[0] / 40
    inside = marked[int(15 * scale_y), int(29 * scale_x)]
    assert inside.max() - inside.min() > 40, "the map is coloured"
    outside = (int(30 * scale_y), int(10 * scale_x))
    assert (marked[outside] == plain[outside]).all(), "and lies on the slice nowhere else"
    assert map_boxes(material.analysis.cams[0].values)[0][0] == Rect(24, 10, 10, 10)


def test_a_window_is_that_of_the_standard() -> None:
    values = np.array([[-40.0, 0.0, 40.0, 80.0, 120.0]], dtype=np.float32)
    image = shown_slice(np.repeat(values, 5, axis=0), Window(40, 80), (1.0, 1.0))
    row = np.asarray(image)[image.height // 2, :, 0]
    assert row[64] == 0
    assert row[320] == pytest.approx(128, abs=1)
    assert row[576] == 255


def test_a_slice_that_went_missing_leaves_its_picture_out(material: CtMaterial, tmp_path: Path) -> None:
    write_heads(tmp_path / "gone", patients=1, slices=5)
    series = find_series(tmp_path / "gone").series[0]
    series.slices[2].path.unlink()
    gone = CtMaterial(series, material.analysis, material.card)
    names = [path.name for path in export_ct(gone, tmp_path / "out", Progress())]
    assert "report.pdf" in names
    assert "finding-1.png" not in names
