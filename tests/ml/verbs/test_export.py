"""All files of a report of a real analysis."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import tifffile

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Rect
from ml.progress import Cancelled, Progress, Step
from ml.report.material import LayerSettings, Material
from ml.results.analysis import Analysis
from ml.results.boxes import BoxRule, find_boxes
from ml.slide.opening import open_slide
from ml.verbs.analyze import AnalyzeRequest, analyze
from ml.verbs.export import ExportRequest, export
from ml.zoo.store import find

NAMES = ("report.pdf", "report.json", "results.csv", "boxes.csv", "annotations.geojson", "heatmap.tif")
SEAL = ("privacy.txt", "record.json")


@pytest.fixture(scope="module")
def analysis(tissue_slide: Path, tiny_model: Path) -> Analysis:
    """A region of real tissue, analyzed by a small network."""
    region = Shape.rectangle(Rect(150, 60, 900, 800))
    return analyze(AnalyzeRequest(tissue_slide, str(tiny_model), region, device="cpu"), Progress())


@pytest.fixture
def material(analysis: Analysis, tissue_slide: Path, tiny_model: Path) -> Iterator[Material]:
    """The analysis with its boxes, nobody having decided anything."""
    rule = BoxRule(2, 0.4)
    boxes = find_boxes(analysis.scores, rule, analysis.provenance.spacing.spacing)
    with open_slide(tissue_slide) as slide:
        yield Material(slide, analysis, find(tiny_model).card, LayerSettings(2, 0.4), boxes)


def test_everything_is_written(material: Material, tmp_path: Path) -> None:
    steps: list[Step] = []
    written = export(ExportRequest(material, tmp_path / "deep" / "report"), Progress(steps.append))
    folder = tmp_path / "deep" / "report"
    assert [path.name for path in written] == [*NAMES, "gradcam.tif", *SEAL]
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in written)
    assert (steps[-1].done, steps[-1].total) == (7, 7)

    scores = material.analysis.scores
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    probabilities = np.float32([[row[f"prob_{name}"] for name in scores.class_names] for row in rows])
    np.testing.assert_array_equal(probabilities, scores.values[scores.scored])
    raster = tifffile.imread(folder / "heatmap.tif")
    np.testing.assert_array_equal(np.moveaxis(raster, 0, -1), scores.values)
    said = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert said["patches"]["scored"] == len(rows)
    assert len(said["boxes"]) == len(material.boxes)
    features = json.loads((folder / "annotations.geojson").read_text(encoding="utf-8"))["features"]
    assert len(features) == 1 + len(material.boxes)
    document = pypdfium2.PdfDocument(folder / "report.pdf")
    pages = [page.get_textpage().get_text_bounded() for page in document]
    document.close()
    assert all("Research use only" in page for page in pages)


def test_no_folder_is_named_anywhere(material: Material, tissue_slide: Path, tmp_path: Path) -> None:
    for path in export(ExportRequest(material, tmp_path / "out"), Progress()):
        data = path.read_bytes()
        assert str(tissue_slide.parent).encode() not in data
        assert str(tmp_path).encode() not in data


def test_an_older_report_is_replaced_whole(material: Material, tmp_path: Path) -> None:
    import dataclasses

    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    export(ExportRequest(material, tmp_path), Progress())
    without = dataclasses.replace(material, analysis=dataclasses.replace(material.analysis, cam=None))
    export(ExportRequest(without, tmp_path), Progress())
    assert {path.name for path in tmp_path.iterdir()} == {*NAMES, *SEAL, "notes.txt"}


def test_what_cannot_be_written_is_said(material: Material, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(Problem, match="could not be written"):
        export(ExportRequest(material, tmp_path / "file" / "report"), Progress())
    (tmp_path / "out" / "boxes.csv").mkdir(parents=True)
    with pytest.raises(Problem, match=r"boxes\.csv"):
        export(ExportRequest(material, tmp_path / "out"), Progress())
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left == {*NAMES[:4]}  # whole ones, and the folder that was in the way


def test_a_stop_leaves_no_half_file(material: Material, tmp_path: Path) -> None:
    progress = Progress()
    progress.step = lambda step: progress.stop() if step.done == 2 else None
    with pytest.raises(Cancelled):
        export(ExportRequest(material, tmp_path), progress)
    assert {path.name for path in tmp_path.iterdir()} <= set(NAMES[:3])


def test_a_slide_that_is_closed_writes_nothing(material: Material, tmp_path: Path) -> None:
    material.slide.close()
    with pytest.raises(Problem):
        export(ExportRequest(material, tmp_path / "out"), Progress())
    assert not (tmp_path / "out").exists()
