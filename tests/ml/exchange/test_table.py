"""CSV: what is written, read by `csv` and shapely; the tables of other programs; wrong ones."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import shapely

from ml.annotation.shapes import Annotation, Plane, Shape
from ml.errors import Problem
from ml.exchange.contract import About, Document, Read
from ml.exchange.formats import read, write
from ml.geometry import Point, Rect, Spacing


def test_what_is_written(tmp_path: Path) -> None:
    ring, hole = (Shape.rectangle(r).rings[0] for r in (Rect(10, 10, 100, 80), Rect(20, 20, 10, 10)))
    drawn = [
        Annotation(
            Shape((ring, hole)), 'a "b", c\r\nd', "Tumor", (1, 2, 255), True, {"Area": 0.1}, {"By": "=me"}
        ),
        Annotation(Shape.line((Point(0.1, 0), Point(3.1, 4))), plane=Plane(-1, 2, 0), object_type="tile"),
        Annotation(Shape.ellipse_in(Rect(1, 2, 9, 5)), nucleus=Shape.rectangle(Rect(2, 3, 1, 1))),
    ]
    path = tmp_path / "a.csv"
    written = write(path, Document(drawn, {}, About(spacing=Spacing(0.5, 0.5))))
    assert written.lost == ()
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert shapely.from_wkt(rows[0]["geometry (WKT, px)"]).equals(drawn[0].shape.polygon)
    assert rows[0]["area (px²)"] == "7900.00"
    assert rows[0]["area (µm²)"] == "1975.00"
    assert rows[1]["length (µm)"] == "2.50"
    assert rows[0]["measurement: Area"] == "0.1"
    assert rows[0]["color"] == "#0102FF"
    found = read(path)
    assert found.annotations == tuple(drawn)
    assert found.classes == {"Tumor": (1, 2, 255)}


def parsed(tmp_path: Path, text: str, about: About | None = None) -> Read:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    return read(tmp_path / "a.csv", about)


def test_boxes_as_wsinfer_writes_them(tmp_path: Path) -> None:
    found = parsed(tmp_path, "minx,miny,width,height,prob_tumor\n0,350,350,350,0.25\n350,350,350,350,1e-3\n")
    assert found.annotations[0].shape == Shape.rectangle(Rect(0, 350, 350, 350))
    assert [a.measurements for a in found.annotations] == [{"prob_tumor": 0.25}, {"prob_tumor": 0.001}]


def test_outlines_as_slideflow_writes_them(tmp_path: Path) -> None:
    rows = "roi_name,x_base,y_base,label\nA,0,0,T\nB,5,5,T\nA,9,0,T\nA,9,9,T\nA,0,9,T\n"
    found = parsed(tmp_path, rows)
    (one,) = found.annotations
    assert (one.shape, one.name, one.class_name) == (Shape.rectangle(Rect(0, 0, 9, 9)), "A", "T")
    assert found.left_out == ("Left out, as it has fewer than three places (“B”).",)


def test_points_in_microns_with_semicolons_and_commas(tmp_path: Path) -> None:
    text = "\ufeffClass;Centroid X µm;Centroid Y µm;Size;Note\nCell;1,5;2;3;x\n"
    about = About(spacing=Spacing(0.5, 0.25))
    (one,) = parsed(tmp_path, text, about).annotations
    assert one.shape == Shape.points([Point(3, 8)])
    assert (one.class_name, one.measurements, one.metadata) == ("Cell", {"Size": 3.0}, {"Note": "x"})
    with pytest.raises(Problem, match="size of a pixel"):
        parsed(tmp_path, text)


def test_well_known_text_in_millimetres(tmp_path: Path) -> None:
    text = 'name,geometry (mm)\n"a","POLYGON((0 0, 1 0, 1 2, 0 2, 0 0))"\n'
    (one,) = parsed(tmp_path, text, About(spacing=Spacing(0.5, 0.25))).annotations
    assert one.shape == Shape.rectangle(Rect(0, 0, 2000, 8000))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,y\n1,2\n1,b\n", "row 3: y is no number of pixels: “b”"),
        ("x,y\n1\n", "row 2: y is no number"),
        ("x,y,width,height\n1,2,-3,4\n", "row 2: the box has no area"),
        ("wkt\nPOLYGON((\n", "row 2: “POLYGON((” is no shape"),
        ("wkt\nPOINT EMPTY\n", "row 2: its shape is empty"),
        ("wkt\nPOINT(1 1e300)\n", "row 2: it holds a coordinate"),
        ("a,b\n1,2\n", "no format that is known"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_named_with_the_row(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Problem) as caught:
        parsed(tmp_path, text)
    assert "a.csv" in caught.value.what
    assert said in caught.value.what
