"""ASAP XML: against its reader's rules, on real files, and on files that are wrong."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import shapely

from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.exchange.contract import Document
from ml.exchange.formats import read, write
from ml.geometry import Point, Rect

TYPES = {"Dot", "Polygon", "Spline", "PointSet", "Measurement", "Rectangle"}
REAL = {"asap_8_HE.xml": (2, 3), "asap_camelyon16_tumor_021.xml": (9, 2), "asap_normal_042.xml": (5, 2)}


def check_as_asap(path: Path) -> list[ET.Element]:
    """What ASAP's `XmlRepository` insists on, from its documented rules; the annotations."""
    root = ET.parse(path).getroot()
    assert root.tag == "ASAP_Annotations"
    assert [child.tag for child in root] == ["Annotations", "AnnotationGroups"]
    groups = [group.attrib for group in root.findall("AnnotationGroups/Group")]
    names = [group["Name"] for group in groups]
    assert len(set(names)) == len(names)
    for number, group in enumerate(groups):
        assert group.keys() == {"Name", "PartOfGroup", "Color"}
        assert group["PartOfGroup"] in {"None", *names[:number]}
    found = root.findall("Annotations/Annotation")
    for annotation in found:
        assert annotation.attrib.keys() == {"Name", "Type", "PartOfGroup", "Color"}
        assert annotation.get("Type") in TYPES
        assert annotation.get("PartOfGroup") in {"None", *names}
        assert len(annotation.get("Color", "")) == 7
        places = annotation.findall("Coordinates/Coordinate")
        assert [int(place.get("Order", "")) for place in places] == list(range(len(places)))
        assert all(float(place.get(axis, "")) is not None for place in places for axis in "XY")
    return found


def test_what_is_written(tmp_path: Path) -> None:
    ring = Shape.rectangle(Rect(0, 0, 100, 100)).rings[0]
    hole = Shape.rectangle(Rect(20, 20, 10, 10)).rings[0]
    drawn = [
        Annotation(Shape.rectangle(Rect(1, 2, 3.25, 4)), "a<&>\"'\n", "Tumor: Positive", (1, 2, 255)),
        Annotation(Shape((ring, hole)), "holed", "Tumor", measurements={"Area": 2.0}, locked=True),
        Annotation(Shape.points([Point(1, 1)]), "dot"),
        Annotation(Shape.points([Point(1, 1), Point(2, 2)]), "dots"),
        Annotation(Shape.line((Point(1, 1), Point(2, 2), Point(5, 2))), "way"),
    ]
    path = tmp_path / "a.xml"
    written = write(path, Document(drawn, {"Tumor": (200, 0, 0)}), "asap")
    found = check_as_asap(path)
    kinds = ["Rectangle", "Polygon", "Dot", "PointSet", "Measurement", "Measurement"]
    assert [a.get("Type") for a in found] == kinds
    assert [a.get("Color") for a in found[:2]] == ["#0102FF", "#C80000"]
    outline = [(float(c.get("X", "")), float(c.get("Y", ""))) for c in found[1].iter("Coordinate")]
    assert shapely.make_valid(shapely.Polygon(outline)).area == 100 * 100 - 10 * 10
    assert written.lost == (
        "ASAP XML has no identifiers: they are made anew when it is read.",
        "ASAP XML has no locks: left out (“holed”).",
        "ASAP XML has no measurements: left out (“holed”).",
        "ASAP XML has no holes: a line of no width joins them to the outline (“holed”).",
        "In ASAP XML all have a colour: it got one (“dot”, “dots”, “way”).",
        "ASAP XML has only lines from one place to another: they became several (“way”).",
    )
    back = read(path)
    assert back.format == "asap"
    assert back.annotations[0].shape == drawn[0].shape
    assert back.annotations[0].name == drawn[0].name
    assert back.annotations[1].shape.polygon.equals(drawn[1].shape.polygon)
    assert len(back.annotations[1].shape.rings) == 2
    assert back.classes == {"Tumor": (200, 0, 0), "Tumor: Positive": (1, 2, 255)}


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_real_files(real_data: Path, tmp_path: Path, name: str) -> None:
    source = real_data / "annotations" / name
    found = read(source)
    count, groups = REAL[name]
    assert len(found.annotations) == count
    assert len(found.classes) == groups
    out = tmp_path / "again.xml"
    write(out, Document(found.annotations, found.classes), "asap")
    check_as_asap(out)
    before, after = (ET.parse(path).getroot() for path in (source, out))
    for one, other in zip(before.iter("Annotation"), after.iter("Annotation"), strict=True):
        assert one.attrib == other.attrib
        places = [
            [(float(c.get("X", "")), float(c.get("Y", ""))) for c in a.iter("Coordinate")]
            for a in (one, other)
        ]
        assert places[0] == places[1]
    groups_of = [{g.get("Name"): g.attrib for g in root.iter("Group")} for root in (before, after)]
    assert groups_of[0] == groups_of[1]
    if "8_HE" in name:
        places = "annotation 1, line 4, annotation 2, line 34"
        assert found.left_out == (f"A spline came as straight lines between its places ({places}).",)


HEAD = "<ASAP_Annotations><Annotations>"
HEAD += '<Annotation Name="A" Type="{}" PartOfGroup="{}" Color="#F4FA58"><Coordinates>'
PLAIN = HEAD.format("Polygon", "None")
TAIL = "</Coordinates></Annotation></Annotations></ASAP_Annotations>"
PLACE = '<Coordinate Order="{}" X="{}" Y="{}"/>'
SQUARE = "".join(PLACE.format(*n) for n in [(2, 9, 9), (0, 0, 0), (1, 9, 0), (3, 0, 9)])


def test_places_come_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(HEAD.format("Polygon", "Tumor") + SQUARE + TAIL, encoding="utf-8")
    found = read(tmp_path / "a.xml")
    assert found.annotations[0].shape == Shape.rectangle(Rect(0, 0, 9, 9))
    assert found.annotations[0].class_name == "Tumor"
    assert found.left_out == (
        "Its group is declared nowhere, for which ASAP refuses the file (annotation 1, line 1).",
    )


def test_a_group_within_a_group_is_a_class_within_a_class(tmp_path: Path) -> None:
    groups = (
        '<AnnotationGroups><Group Name="Positive" PartOfGroup="Tumor" Color="#64FE2E"><Attributes/></Group>'
        '<Group Name="Tumor" PartOfGroup="Positive" Color="#64FE2E"><Attributes/></Group></AnnotationGroups>'
    )  # each in the other: a circle ends
    text = (HEAD.format("Polygon", "Positive") + SQUARE + TAIL).replace("</ASAP", groups + "</ASAP")
    (tmp_path / "a.xml").write_text(text, encoding="utf-8")
    assert read(tmp_path / "a.xml").annotations[0].class_name == "Tumor: Positive"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLAIN + SQUARE.replace('"9"', '"x"', 1) + TAIL, "line 1: X=“x” is no number"),
        (PLAIN + SQUARE.replace('"9"', '"1e99"', 1) + TAIL, "X=“1e99” is no number"),
        (PLAIN + SQUARE.replace('"9"', '"nan"', 1) + TAIL, "X=“nan”"),
        ("\n" + PLAIN + SQUARE, "line 2, column"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + PLAIN + TAIL, "line 1 declares an entity"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_named_with_the_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "wrong.xml").write_text(text, encoding="utf-8")
    with pytest.raises(Problem) as caught:
        read(tmp_path / "wrong.xml")
    assert "wrong.xml" in caught.value.what
    assert said in caught.value.what


def test_what_encloses_nothing_is_left_out_with_a_word(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(
        HEAD.format("Polygon", "None") + PLACE.format(0, 1, 1) + TAIL, encoding="utf-8"
    )
    found = read(tmp_path / "a.xml")
    assert found.annotations == ()
    assert found.left_out == ("Left out, as it has fewer than three places (annotation 1, line 1).",)
