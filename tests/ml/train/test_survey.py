"""What lies in a folder, found without being told."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.errors import Problem
from ml.progress import Cancelled, Progress
from ml.train.survey import Layout, guessed, survey, tables_in
from ml.verbs.survey import SurveyRequest
from ml.verbs.survey import survey as by_verb


def picture(path: Path, seed: int, mode: str = "RGB", **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(path, **options)


def table(path: Path, *lines: tuple[str, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


def test_folders_are_classes(tmp_path: Path) -> None:
    for number, name in enumerate(("b/x.png", "a/y.jpg", "a/deep/z.tif")):
        picture(tmp_path / name, number)
    found = survey(tmp_path, Layout(), Progress())
    assert [(one.path.name, one.label) for one in found.seen] == [
        ("z.tif", "a"),
        ("y.jpg", "a"),
        ("x.png", "b"),
    ]
    assert found.labels == {"a": 2, "b": 1}
    assert {(one.width, one.height, one.kind) for one in found.seen} == {(30, 20, "colour")}


def test_a_table_is_guessed_and_every_trouble_noted(tmp_path: Path) -> None:
    picture(tmp_path / "1.png", 1)
    picture(tmp_path / "2.jpg", 2, "CMYK")
    picture(tmp_path / "3.tif", 3, dpi=(50_800, 50_800))
    (tmp_path / "same.png").write_bytes((tmp_path / "1.png").read_bytes())
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "2.jpg").read_bytes()[:300])
    names = ("1.png", "2.jpg", "3.tif", "same.png", "broken.jpg", "gone.png")
    lines = [(name, "ab"[n % 2], f"p{n}", "north") for n, name in enumerate(names)]
    table(tmp_path / "set.csv", ("Image", "Diagnosis", "Patient_ID", "Center"), *lines)
    table(tmp_path / "notes.csv", ("who", "when"), ("me", "now"))
    layout = guessed(tables_in(tmp_path), "pictures")
    assert layout == Layout("pictures", "set.csv", "Image", "Diagnosis", "Patient_ID", "Center")
    found = by_verb(SurveyRequest(tmp_path, out=tmp_path / "found.csv"), Progress())
    one, two, three, same, broken, gone = found.seen
    assert (one.trouble, one.patient, one.site) == ("", "p0", "north")
    assert two.kind == "CMYK"
    assert three.spacing == pytest.approx(0.5)
    assert same.same_as == "1.png"
    assert broken.trouble.startswith("cannot be read")
    assert gone.trouble == "missing"
    with (tmp_path / "found.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 6


def test_a_table_of_boxes_is_known_by_its_columns(tmp_path: Path) -> None:
    table(tmp_path / "labels.csv", ("file", "label"), ("1.svs", "a"))
    table(tmp_path / "boxes.csv", ("file", "x1", "y1", "x2", "y2"), ("1.svs", "1", "2", "3", "4"))
    tables = tables_in(tmp_path)
    assert guessed(tables, "boxes").table == "boxes.csv"
    assert guessed(tables, "pictures").table == "labels.csv"


def test_what_is_not_there_is_a_problem_and_a_stop_is_heard(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="is not there"):
        survey(tmp_path / "gone", Layout(), Progress())
    with pytest.raises(Problem, match="holds no pictures"):
        survey(tmp_path, Layout(), Progress())
    picture(tmp_path / "a" / "1.png", 1)
    progress = Progress()
    progress.stop()
    with pytest.raises(Cancelled):
        survey(tmp_path, Layout(), progress)
