"""`parfocal-ml annotations convert`, as a person and a program use it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from ml import __main__ as command_line
from ml.annotation.shapes import Annotation, Shape
from ml.exchange.contract import Document
from ml.exchange.formats import read, write
from ml.geometry import Point, Rect

DRAWN = [
    Annotation(Shape.rectangle(Rect(1, 2, 30, 40)), "box", "Tumor", (1, 2, 3), measurements={"Area": 1.0}),
    Annotation(Shape.line((Point(1, 1), Point(2, 2))), "way"),
]


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: object
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["parfocal-ml", "annotations", "convert", *map(str, words)])
    with pytest.raises(SystemExit) as caught:
        command_line.main()
    said = capsys.readouterr()
    return int(caught.value.code or 0), said.out, said.err


def test_losses_are_told_in_words(monkeypatch, capsys, tmp_path: Path) -> None:
    source, target = tmp_path / "a.geojson", tmp_path / "b.json"
    write(source, Document(DRAWN))
    code, out, err = run(monkeypatch, capsys, source, target)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"2 annotations from GeoJSON (QuPath), written as COCO JSON: {target}",
        "Not carried into the second:",
        "  The size of the slide is not known: the picture is as large as what is drawn on it.",
        "  COCO has no lines: left out (“way”).",
    ]
    assert len(read(target).annotations) == 1


def test_for_programs(monkeypatch, capsys, tmp_path: Path) -> None:
    source, target = tmp_path / "a.geojson", tmp_path / "b.xml"
    write(source, Document(DRAWN))
    code, out, _ = run(monkeypatch, capsys, source, target, "--to", "asap", "--json")
    facts = json.loads(out)
    assert (code, facts["annotations"], facts["to"], facts["left_out"]) == (0, 2, "ASAP XML", [])
    assert "ASAP XML has no measurements: left out (“box”)." in facts["lost"]


def test_nothing_is_replaced_unasked(monkeypatch, capsys, tmp_path: Path) -> None:
    source, target = tmp_path / "a.geojson", tmp_path / "b.csv"
    write(source, Document(DRAWN))
    target.write_text("mine", encoding="utf-8")
    code, _, err = run(monkeypatch, capsys, source, target)
    assert (code, "there already" in err) == (2, True)
    assert target.read_text(encoding="utf-8") == "mine"
    code, _, _ = run(monkeypatch, capsys, source, target, "--overwrite")
    assert code == 0
    assert len(read(target).annotations) == 2


def test_lengths_in_microns_need_a_spacing(monkeypatch, capsys, tmp_path: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("x (µm),y (µm)\n10,20\n", encoding="utf-8")
    code, _, err = run(monkeypatch, capsys, source, tmp_path / "b.geojson")
    assert (code, "size of a pixel" in err) == (2, True)
    code, _, _ = run(monkeypatch, capsys, source, tmp_path / "b.geojson", "--spacing", 0.5)
    assert read(tmp_path / "b.geojson").annotations[0].shape == Shape.points([Point(20, 40)])


@pytest.mark.data
def test_a_slide_gives_its_size_and_its_frame(monkeypatch, capsys, tmp_path: Path, real_data: Path) -> None:
    source = tmp_path / "a.geojson"
    write(source, Document(DRAWN))
    slide = real_data / "slides" / "carotid_half_dicom"
    pair = "--slide", slide
    code, _, _ = run(monkeypatch, capsys, source, tmp_path / "b.dcm", "--to", "dicom-ann", *pair)
    assert code == 0
    code, _, _ = run(monkeypatch, capsys, tmp_path / "b.dcm", tmp_path / "c.json", *pair)
    assert code == 0
    image = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))["images"][0]
    assert (image["width"], image["height"]) == (6240, 12790)
    assert read(tmp_path / "c.json").annotations[0].shape == DRAWN[0].shape
    code, _, err = run(monkeypatch, capsys, source, tmp_path / "d.dcm", "--to", "dicom-ann")
    assert (code, "slide" in err) == (2, True)
