"""Tables, rasters and outlines, read back by other programs' libraries."""

from __future__ import annotations

import csv
import errno
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import tifffile
from PIL import Image

from ml.errors import Problem
from ml.report.atomic import whole_file
from ml.report.findings import gather
from ml.report.material import Material
from ml.report.outlines import REJECTED, outlines, write_outlines
from ml.report.raster import write_cam, write_heatmap
from ml.report.table import BOX_COLUMNS, write_boxes, write_results
from tests.ml.qupath import check_as_qupath

OME = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_results_are_wsinfers_table(material: Material, tmp_path: Path) -> None:
    scores = material.analysis.scores
    write_results(scores, tmp_path / "results.csv")
    rows = table(tmp_path / "results.csv")
    assert list(rows[0]) == ["minx", "miny", "width", "height", *(f"prob_{n}" for n in scores.class_names)]
    assert len(rows) == scores.scored.sum()
    again = np.full_like(scores.values, np.nan)
    for row in rows:
        column = (int(row["minx"]) - scores.grid.origin.x) / scores.grid.patch.width
        line = (int(row["miny"]) - scores.grid.origin.y) / scores.grid.patch.height
        assert (row["width"], row["height"]) == ("64", "64")
        again[int(line), int(column)] = [np.float32(row[f"prob_{name}"]) for name in scores.class_names]
    np.testing.assert_array_equal(again, scores.values)  # every bit of them


def test_boxes_with_their_verdicts(material: Material, tmp_path: Path) -> None:
    write_boxes(gather(material).boxes, tmp_path / "boxes.csv")
    rows = table(tmp_path / "boxes.csv")
    assert list(rows[0]) == list(BOX_COLUMNS)
    assert [row["key"] for row in rows] == [box.key for box in material.ordered()]
    for row, box in zip(rows, material.ordered(), strict=True):
        assert row["verdict"] == material.verdict(box)
        assert float(row["score"]) == pytest.approx(box.score, abs=1e-6)
        place = [float(row[name]) for name in ("minx", "miny", "width", "height")]
        assert place == [box.rect.x, box.rect.y, box.rect.width, box.rect.height]
        assert float(row["area_mm2"]) == pytest.approx(box.patches * (64 * 0.5e-3) ** 2, rel=1e-5)
        assert row["rule"] == box.rule.in_words()


def test_no_boxes_leave_a_head(tmp_path: Path) -> None:
    write_boxes((), tmp_path / "boxes.csv")
    assert (tmp_path / "boxes.csv").read_text(encoding="utf-8") == ",".join(BOX_COLUMNS) + "\n"


def test_the_heatmap_as_numbers(material: Material, tmp_path: Path) -> None:
    path = tmp_path / "heatmap.tif"
    write_heatmap(material.analysis, path)
    scores = material.analysis.scores
    wanted = np.moveaxis(scores.values, -1, 0)
    with tifffile.TiffFile(path) as file:
        np.testing.assert_array_equal(file.asarray(), wanted)
        page = file.pages[0]
        assert page.dtype == np.float32
        x, y = (page.tags[name].value for name in ("XResolution", "YResolution"))
        assert page.tags["ResolutionUnit"].value == 3  # a centimetre
        assert [1e4 * part[1] / part[0] for part in (x, y)] == pytest.approx([32, 32])  # µm
        pixels = ET.fromstring(file.ome_metadata).find(f".//{OME}Pixels")
        assert pixels is not None
        assert (float(pixels.get("PhysicalSizeX", 0)), pixels.get("PhysicalSizeXUnit")) == (32, "µm")
        assert [c.get("Name") for c in pixels.iter(f"{OME}Channel")] == list(scores.class_names)
        plane = next(pixels.iter(f"{OME}Plane"))
        assert float(plane.get("PositionX", 0)) == scores.grid.origin.x * 0.5
        said = json.loads(ET.fromstring(file.ome_metadata).find(f".//{OME}Description").text)  # type: ignore[union-attr, arg-type]
        assert said["origin_px"] == [scores.grid.origin.x, scores.grid.origin.y]
        assert said["pixel_px"] == [64, 64]
        assert "Jane" not in file.ome_metadata
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), wanted[0])
        assert image.n_frames == 3


def test_grad_cam_as_numbers(material: Material, tmp_path: Path) -> None:
    path = tmp_path / "gradcam.tif"
    write_cam(material.analysis, path)
    cam = material.analysis.cam
    assert cam is not None
    with tifffile.TiffFile(path) as file:
        np.testing.assert_array_equal(file.asarray().squeeze(), cam.values)
        x = file.pages[0].tags["XResolution"].value
        assert 1e4 * x[1] / x[0] == pytest.approx(8)  # µm: 64 px of 0.5 µm in 4 cells
        assert file.pages[0].tags[42113].value == "nan"
    first = path.read_bytes()
    write_cam(material.analysis, path)
    assert path.read_bytes() == first


def test_no_map_no_file(make_material: Callable[..., Material], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no Grad-CAM"):
        write_cam(make_material(with_cam=False).analysis, tmp_path / "gradcam.tif")
    assert not list(tmp_path.iterdir())


def test_outlines_for_qupath(material: Material, tmp_path: Path) -> None:
    path = tmp_path / "annotations.geojson"
    write_outlines(material, path)
    region, *boxes, mine = check_as_qupath(path.read_text(encoding="utf-8"))
    ring = [[point.x, point.y] for point in material.region.rings[0]]
    assert region["geometry"]["coordinates"] == [[*ring, ring[0]]]
    assert region["properties"]["isLocked"] is True
    assert "classification" not in region["properties"]
    assert mine["properties"]["classification"]["name"] == "Necrosis"
    assert len(boxes) == len(material.boxes)
    for number, (feature, box) in enumerate(zip(boxes, material.ordered(), strict=True), start=1):
        said, verdict = feature["properties"], material.verdict(box)
        wanted = REJECTED if verdict == "rejected" else "much & more"
        assert said["name"] == f"Box {number}"
        assert said["classification"]["name"] == wanted
        assert said["measurements"]["Mean score"] == box.score
        assert said["measurements"]["Area mm²"] == box.area_mm2
        facts = said["metadata"]
        assert (facts["Verdict"], facts["Class"], facts["Model version"]) == (verdict, "much & more", "1.2")
        assert facts["Rule"] == "threshold 0.70"
        left, top = feature["geometry"]["coordinates"][0][0]
        assert (left, top) == (box.rect.x, box.rect.y)
    assert "Jane" not in path.read_text(encoding="utf-8")
    assert [a.id for a in outlines(material)] == [a.id for a in outlines(material)]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "read-only"),
        (errno.ENOENT, "not there any more"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_a_disk_that_says_no_leaves_what_was_there(tmp_path: Path, code: int, words: str) -> None:
    (tmp_path / "a.csv").write_text("old", encoding="utf-8")

    def half() -> None:
        with whole_file(tmp_path / "a.csv") as part:
            part.write_text("half", encoding="utf-8")
            raise OSError(code, os.strerror(code))

    with pytest.raises(Problem, match=words) as caught:
        half()
    assert "a.csv" in caught.value.what
    assert str(tmp_path) not in caught.value.details()
    assert [(p.name, p.read_text(encoding="utf-8")) for p in tmp_path.iterdir()] == [("a.csv", "old")]


def test_a_bug_leaves_nothing_either(tmp_path: Path) -> None:
    def broken() -> None:
        with whole_file(tmp_path / "a.csv") as part:
            part.write_text("half", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert not list(tmp_path.iterdir())


def test_what_killed_exports_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    """What is a day old; of the same name after a quarter of an hour; nothing that may still be written."""
    ages = {
        ".parfocal-other-0123abcd.pdf": 25 * 3600,
        ".parfocal-report-0123abcd.pdf": 1000,
        ".parfocal-report-0123abce.pdf": 10,
        ".parfocal-other-0123abce.pdf": 1000,
        ".somebody-else-0123abcd.pdf": 99 * 3600,
        "report-0123abcd.pdf": 99 * 3600,
    }
    now = time.time()
    for name, age in ages.items():
        (tmp_path / name).write_text("part")
        os.utime(tmp_path / name, (now - age, now - age))
    with whole_file(tmp_path / "report.pdf") as part:
        assert part.name.startswith(".parfocal-report-")
        part.write_text("whole")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*ages, "report.pdf"} - {".parfocal-other-0123abcd.pdf", ".parfocal-report-0123abcd.pdf"}
