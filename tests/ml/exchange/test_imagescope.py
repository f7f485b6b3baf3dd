"""ImageScope XML: as ImageScope keeps it, with negative regions, and on files that are wrong."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.exchange.contract import About, Document, Read
from ml.exchange.formats import read, write
from ml.geometry import Point, Rect, Spacing

REGION = {
    "Id", "Type", "Zoom", "Selected", "ImageLocation", "ImageFocus", "Length", "Area", "LengthMicrons",
    "AreaMicrons", "Text", "NegativeROA", "InputRegionId", "Analyze", "DisplayId",
}  # fmt: skip
LAYER = {
    "Id", "Name", "ReadOnly", "NameReadOnly", "LineColorReadOnly", "Incremental", "Type", "LineColor",
    "Visible", "Selected", "MarkupImagePath", "MacroName",
}  # fmt: skip


def check_as_imagescope(path: Path) -> list[ET.Element]:
    """Elements and attributes as ImageScope writes them; the layers."""
    root = ET.parse(path).getroot()
    assert root.tag == "Annotations"
    for layer in root:
        assert layer.tag == "Annotation"
        assert layer.attrib.keys() == LAYER
        assert [child.tag for child in layer] == ["Attributes", "Regions", "Plots"]
        headers, *regions = layer.find("Regions") or []
        assert headers.tag == "RegionAttributeHeaders"
        for region in regions:
            assert region.attrib.keys() == REGION
            assert [child.tag for child in region] == ["Attributes", "Vertices"]
            assert region.get("Type") in set("012345")
            for vertex in region.iter("Vertex"):
                assert vertex.attrib.keys() == {"X", "Y", "Z"}
                float(vertex.get("X", ""))
    return list(root)


def test_what_is_written(tmp_path: Path) -> None:
    ring = Shape.rectangle(Rect(0, 0, 100, 100)).rings[0]
    hole = Shape.rectangle(Rect(20, 20, 10, 10)).rings[0]
    drawn = [
        Annotation(
            Shape((ring, hole)), "holed", "Tumor", (255, 0, 0), True, {"Area": 9900.0}, {"By": "A & B"}
        ),
        Annotation(Shape.ellipse_in(Rect(5, 6, 20, 10)), "egg", "Tumor", (255, 0, 0), True),
        Annotation(Shape.rectangle(Rect(1, 2, 3.25, 4)), "box", "Stroma", (0, 255, 0)),
        Annotation(Shape.line((Point(1, 1), Point(4, 5))), "way", "Stroma", (0, 255, 0)),
        Annotation(Shape.points([Point(7, 8)]), "dot", "Stroma", (0, 255, 0)),
    ]
    path = tmp_path / "a.xml"
    written = write(path, Document(drawn, {}, About(spacing=Spacing(0.5, 0.5))), "imagescope")
    tumor, stroma = check_as_imagescope(path)
    assert (tumor.get("LineColor"), stroma.get("LineColor")) == ("255", str(255 << 8))  # red lowest
    assert [r.get("Type") for r in tumor.iter("Region")] == ["0", "0", "2"]
    assert [r.get("NegativeROA") for r in tumor.iter("Region")] == ["0", "1", "0"]
    assert [r.get("Type") for r in stroma.iter("Region")] == ["1", "4", "5"]
    way = list(stroma.iter("Region"))[1]
    assert (way.get("Length"), way.get("LengthMicrons")) == ("5.00", "2.50")
    assert written.lost == ("ImageScope XML has no identifiers: they are made anew when it is read.",)
    back = read(path)
    assert back.format == "imagescope"
    assert [replace(one, id="") for one in back.annotations] == [replace(one, id="") for one in drawn]


def vertices(*places: tuple[float, float]) -> str:
    return "".join(f'<Vertex X="{x}" Y="{y}" Z="0"/>' for x, y in places)


def region(number: int, *places: tuple[float, float], **said: object) -> str:
    words = "".join(f' {key}="{value}"' for key, value in said.items())
    return f'<Region Id="{number}"{words}><Attributes/><Vertices>{vertices(*places)}</Vertices></Region>\n'


def box(x: float, y: float, size: float) -> list[tuple[float, float]]:
    return [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]


def parsed(tmp_path: Path, *regions: str, layer: str = 'Name="" LineColor="255"') -> Read:
    path = tmp_path / "a.xml"
    attributes = '<Attributes><Attribute Name="Description" Id="0" Value="Gland"/></Attributes>'
    inner = f"{attributes}\n<Regions>\n{''.join(regions)}</Regions>"
    text = f"<Annotations><Annotation {layer}>{inner}</Annotation></Annotations>"
    path.write_text(text, encoding="utf-8")
    return read(path)


def test_negative_regions_are_holes_of_what_they_lie_in(tmp_path: Path) -> None:
    found = parsed(
        tmp_path,
        region(1, *box(0, 0, 100), Type=0),
        region(2, *box(200, 0, 100), Type=0),
        region(3, *box(10, 10, 10), Type=0, NegativeROA=1),
        region(4, *box(290, 90, 20), Type=0, NegativeROA=1),  # across the edge
        region(5, *box(500, 0, 10), Type=0, NegativeROA=1),
    )
    assert [len(a.shape.rings) for a in found.annotations] == [2, 1]
    assert [a.shape.area for a in found.annotations] == [9900, 9900]
    assert found.annotations[0].class_name == "Gland"
    assert found.annotations[0].color == (255, 0, 0)
    assert found.classes == {"Gland": (255, 0, 0)}
    assert found.left_out == ("A negative region lies in no region: left out (layer 1, region 5, line 7).",)


def test_other_regions(tmp_path: Path) -> None:
    found = parsed(
        tmp_path,
        region(1, (10, 10), (30, 20), Type=2),
        region(2, (10, 10), (30, 20), Type=1),
        region(3, (10, 10), (30, 20), Type=3, Text="look"),
        region(4, (10, 10), (30, 20), Type=0),
        region(5, Type=0),
        layer='Name="L" LineColor="65280" ReadOnly="1" Visible="0"',
    )
    kinds = [(a.shape.kind, a.shape.bounds) for a in found.annotations]
    assert kinds == [(kind, Rect(10, 10, 20, 10)) for kind in ("ellipse", "rectangle", "line", "line")]
    assert found.annotations[2].name == "look"
    assert found.annotations[2].metadata == {"ImageScope type": "Arrow"}
    assert all(a.locked and a.color == (0, 255, 0) for a in found.annotations)
    assert found.left_out == (
        "Attributes of layers are not carried (layer 1).",
        "Hidden layers are shown (layer 1).",
        "An outline of two places came as a line (layer 1, region 4, line 6).",
        "Left out, as it has no places (layer 1, region 5, line 7).",
    )


def test_a_wrong_file_is_named_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"line 4: Y=“hi”"):
        parsed(tmp_path, region(1, *box(0, 0, 5)), region(2, (1, "hi"), (2, 2), (3, 1)))  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["U0TF-8", "big5", "utf-16"])
def test_an_encoding_that_nobody_knows_is_told(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(
        f'<?xml version="1.0" encoding="{encoding}"?>\n<Annotations>\n<Annotation/></Annotations>\n'
    )
    with pytest.raises(Problem, match=r"a\.xml"):
        read(path)
