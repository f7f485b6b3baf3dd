"""The one contract: told by content, whole or not at all, nothing silent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.exchange import formats
from ml.exchange.contract import Document
from ml.exchange.formats import FORMATS, format_of, read, write
from ml.exchange.keyhole import keyhole
from ml.geometry import Point, Rect
from tests.ml.exchange.drawn import part

BOX = Annotation(Shape.rectangle(Rect(1, 2, 3, 4)), "box", "Tumor", (1, 2, 3))
TEXT = [one for one in FORMATS if not one.id.startswith("dicom")]


@pytest.mark.parametrize("one", TEXT, ids=lambda one: one.id)
@pytest.mark.parametrize("packing", ["", ".gz", ".zip"])
def test_told_by_content_whatever_the_name(tmp_path: Path, one: formats.Format, packing: str) -> None:
    written = write(tmp_path / f"a{one.suffixes[0]}{packing}", Document([BOX]), one.id)
    assert written.format == one.id
    strange = tmp_path / "strange.bin"
    written.path.rename(strange)
    assert format_of(strange).id == one.id
    found = read(strange)
    assert found.annotations[0].shape == BOX.shape
    assert found.classes == {"Tumor": (1, 2, 3)}


@pytest.mark.parametrize("one", TEXT, ids=lambda one: one.id)
def test_an_empty_document(tmp_path: Path, one: formats.Format) -> None:
    written = write(tmp_path / "empty", Document([]), one.id)
    assert format_of(written.path).id == one.id
    assert read(written.path).annotations == ()


@pytest.mark.parametrize(
    ("name", "format_id"),
    [("a.geojson", "geojson"), ("a.ZIP", "geojson"), ("a.json.gz", "coco"), ("a.csv", "csv")],
)
def test_the_name_tells_the_format_to_write(tmp_path: Path, name: str, format_id: str) -> None:
    assert write(tmp_path / name, Document([BOX])).format == format_id


@pytest.mark.parametrize(
    ("name", "said"), [("a.xml", "asap, imagescope"), ("a.dcm", "dicom-ann"), ("a", "csv")]
)
def test_a_name_that_tells_none_is_asked_about(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(Problem) as caught:
        write(tmp_path / name, Document([BOX]))
    assert said in caught.value.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("one", TEXT, ids=lambda one: one.id)
def test_what_was_there_stays_when_writing_fails(tmp_path: Path, one: formats.Format) -> None:
    path = tmp_path / "a"
    path.write_text("mine", encoding="utf-8")

    def broken() -> list[Annotation]:
        raise OSError(28, "No space left on device")

    class Full(list[Annotation]):
        def __iter__(self):
            yield BOX
            broken()

    with pytest.raises(Problem, match="disk is full"):
        write(path, Document(Full([BOX])), one.id)
    assert path.read_text(encoding="utf-8") == "mine"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n", "no format that is known"),
        (b'{"schema_ref": 1, "annotations": []}', "Darwin"),
        (b'{"name": "Sample", "elements": []}', "HistomicsUI"),
        (b"<html></html>", "no format that is known"),
        (b"PK\x03\x04 broken", "could not be unpacked"),
        (b"\x1f\x8bbroken", "could not be unpacked"),
    ],
)
def test_strangers_are_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.geojson").write_bytes(content)
    with pytest.raises(Problem) as caught:
        read(tmp_path / "a.geojson")
    assert said in caught.value.what
    assert "a.geojson" in caught.value.what
    assert caught.value.remedy


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="not there"):
        read(tmp_path / "gone.xml")
    with pytest.raises(Problem, match="folder"):
        read(tmp_path)
    with pytest.raises(Problem, match="no format"):
        write(tmp_path / "a", Document([]), "svg")


def test_no_two_have_one_identifier(tmp_path: Path) -> None:
    entry = {"image_id": 1, "bbox": [1, 2, 3, 4], "parfocal": {"id": "same"}}
    (tmp_path / "a.json").write_text(
        json.dumps({"images": [], "annotations": [entry, entry]}), encoding="utf-8"
    )
    found = read(tmp_path / "a.json")
    assert len({a.id for a in found.annotations}) == 2
    assert found.left_out == ("Annotations with the identifier of another got a new one (1).",)


@given(st.integers(5, 40), st.integers(0, 6))
def test_a_keyhole_encloses_the_same(count: int, holes: int) -> None:
    rings = part(1000, 1000, 500, count, holes)
    shape = Shape(rings)
    if not shape.polygon.is_valid:
        return
    ring = keyhole(rings)
    twice = sum(a.x * b.y - b.x * a.y for a, b in zip(ring, (*ring[1:], ring[0]), strict=True))
    assert abs(twice) / 2 == pytest.approx(shape.area)
    from ml.annotation.rings import area_of

    assert area_of((ring,)).polygon.equals(shape.polygon)


@given(
    st.binary(max_size=400)
    | st.sampled_from([b"<Annotations>", b'{"annotations": [', b"x,y\n", b"DICM" * 40])
)
def test_whatever_bytes_give_annotations_or_a_problem(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(content)
    try:
        read(path)
    except Problem as problem:
        said = problem.what
    else:
        said = path.name
    assert path.name in said


FULL = [
    Annotation(
        Shape(part(1000, 1000, 500, 9, 2)), "A", "Tumor: Positive", (1, 2, 3), True, {"m": 1.5}, {"k": "v"}
    ),
    Annotation(Shape.ellipse_in(Rect(5, 6, 20, 10)), "B", "Stroma"),
    Annotation(Shape.points([Point(1, 2), Point(3, 4)]), "C"),
    Annotation(Shape.line((Point(1, 2), Point(3, 4))), "D", measurements={"m": 2.0}),
    BOX,
]
STRANGE = [
    b"",
    b"0",
    b"-1",
    b"1e999",
    b"nan",
    b"null",
    b"{}",
    b"[]",
    b'"',
    b"'",
    b"<",
    b">",
    b"\xff",
    b"\x00",
    b",",
    b"\n",
]


@pytest.mark.parametrize("one", TEXT, ids=lambda one: one.id)
@given(st.data())
@settings(max_examples=150)
def test_whatever_is_changed_in_a_file_gives_annotations_or_a_problem(
    one: formats.Format, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / f"changed-{one.id}"
    write(path, Document(FULL), one.id)
    content = path.read_bytes()
    start = data.draw(st.integers(0, len(content)))
    length = data.draw(st.integers(0, 12) | st.just(10**9))
    path.write_bytes(content[:start] + data.draw(st.sampled_from(STRANGE)) + content[start + length :])
    try:
        found = read(path)
    except Problem as problem:
        said = problem.what
    else:
        said = path.name
        assert all(a.shape.polygon.is_valid for a in found.annotations)
        for again in TEXT:
            write(path, Document(found.annotations, found.classes), again.id)
    assert path.name in said
