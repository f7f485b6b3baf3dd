"""GeoJSON both ways: against QuPath's rules, real files, and files that are wrong."""

from __future__ import annotations

import io
import itertools
import json
import math
import uuid
import zipfile
from pathlib import Path

import pytest
import shapely
import shapely.geometry
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.annotation.geojson import (
    FoundAnnotations,
    GeojsonObjects,
    geojson_text,
    parse_geojson,
    read_geojson,
    write_geojson,
)
from ml.annotation.shapes import Annotation, Plane, Shape
from ml.errors import Problem
from ml.geometry import Point, Rect
from tests.ml.qupath import check_as_qupath

SQUARE = [[10, 10], [20, 10], [20, 20], [10, 20], [10, 10]]
ID = "b0a1d4b5-41cf-4cf4-9d52-3b1c8b1f4a01"


hundredths = st.integers(-100_000, 5_000_000).map(lambda n: n / 100)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
colors = st.none() | st.tuples(*[st.integers(0, 255)] * 3)


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    x, y = draw(hundredths), draw(hundredths)
    if draw(st.booleans()):
        right, bottom = x + draw(st.integers(1, 9000)), y + draw(st.integers(1, 9000))
        right, bottom = round(right, 2), round(bottom, 2)
        corners = (Point(x, y), Point(right, y), Point(right, bottom), Point(x, bottom))
        return Shape((corners,), "rectangle")
    count, radius = draw(st.integers(5, 12)), draw(st.integers(10, 4000))
    turns = [2 * math.pi * n / count for n in range(count)]

    def ring(r: float) -> tuple[Point, ...]:
        return tuple(Point(round(x + r * math.cos(t), 2), round(y + r * math.sin(t), 2)) for t in turns)

    return Shape((ring(radius), ring(radius / 3)) if draw(st.booleans()) else (ring(radius),))


annotations = st.builds(
    Annotation,
    shape=shapes(),
    name=words,
    class_name=words,
    color=colors,
    locked=st.booleans(),
    measurements=st.dictionaries(words, st.floats(), max_size=3),
    metadata=st.dictionaries(words, words, max_size=3),
    id=st.uuids().map(str),
)


@given(st.lists(annotations, max_size=4, unique_by=lambda annotation: annotation.id))
@settings(deadline=None)
def test_round_trip(drawn: list[Annotation]) -> None:
    text = geojson_text(drawn)
    check_as_qupath(text)
    found = parse_geojson(text, "there.geojson")
    assert found.left_out == ()
    assert len(found) == len(drawn)
    for before, after in zip(drawn, found, strict=True):
        assert after.shape == before.shape
        for what in ("id", "name", "class_name", "locked", "metadata"):
            assert getattr(after, what) == getattr(before, what)
        assert repr(after.measurements) == repr(before.measurements)  # NaN is not equal to itself
        given_color = before.color if before.color is not None or not before.class_name else after.color
        assert after.color == given_color
    assert geojson_text(found) == text


def test_a_file_round_trip(tmp_path: Path) -> None:
    drawn = [Annotation(Shape.rectangle(Rect(1.005, 2, 3, 4)), "µ <&> 見る 😀 \ud800", "Tumor: Positive")]
    path = tmp_path / "a.geojson"
    write_geojson(drawn, path)
    (feature,) = check_as_qupath(path.read_text(encoding="utf-8"))
    assert feature["properties"]["classification"]["name"] == "Tumor: Positive"
    (read,) = read_geojson(path)
    assert read.shape.kind == "rectangle"
    assert read.name.startswith("µ <&> 見る 😀")


def feature(geometry: object, **said: object) -> dict:
    return {"type": "Feature", "id": ID, "geometry": geometry, "properties": said}


def parse(document: object) -> FoundAnnotations:
    return parse_geojson(json.dumps(document), "there.geojson")


def polygon(*rings: list) -> dict:
    return {"type": "Polygon", "coordinates": list(rings)}


@pytest.mark.parametrize(
    "document",
    [
        {"type": "FeatureCollection", "features": [feature(polygon(SQUARE))]},
        [feature(polygon(SQUARE))],
        feature(polygon(SQUARE)),
        polygon(SQUARE),
        [feature(polygon(SQUARE[:-1]))],  # not closed
        [feature(polygon([[x, y, 0] for x, y in SQUARE]))],
        {"type": "GeometryCollection", "geometries": [polygon(SQUARE)]},
    ],
)
def test_every_kind_of_root(document: object) -> None:
    (found,) = parse(document)
    assert found.shape == Shape.rectangle(Rect(10, 10, 10, 10))


def test_what_older_versions_of_qupath_wrote() -> None:
    old = feature(
        polygon(SQUARE),
        object_type="annotation",
        classification={"name": "Stroma", "colorRGB": -6895466},
        isLocked=True,
        measurements=[{"name": "Area", "value": 3.5}, {"name": "Bad", "value": "NaN"}, {"value": 1}],
    )
    old["id"] = "PathAnnotationObject"
    (found,) = parse([old])
    assert (found.class_name, found.color, found.locked) == ("Stroma", (150, 200, 150), True)
    assert found.measurements["Area"] == 3.5
    assert math.isnan(found.measurements["Bad"])
    assert str(uuid.UUID(found.id)) == found.id


@pytest.mark.parametrize(
    ("said", "name", "color"),
    [
        ({"classification": "Tumor"}, "Tumor", None),
        ({"classification": {"name": "Tumor"}}, "Tumor", None),
        ({"classification": {"names": ["A", "Positive"], "color": [1, 2, 3, 4]}}, "A: Positive", (1, 2, 3)),
        ({"classification": None, "color": 255}, "", (0, 0, 255)),
        ({"color": [300, 0, 0]}, "", None),
        ({"classification": {"name": "A", "color": [1, 1, 1]}, "color": [2, 2, 2]}, "A", (2, 2, 2)),
    ],
)  # fmt: skip
def test_classes_and_colours(said: dict, name: str, color: object) -> None:
    (found,) = parse([feature(polygon(SQUARE), **said)])
    assert (found.class_name, found.color) == (name, color)


def test_a_multipolygon_is_one_area_of_several_parts() -> None:
    far = [[x + 100, y] for x, y in SQUARE]
    hole = [[12, 12], [15, 12], [12, 15], [12, 12]]
    geometry = {"type": "MultiPolygon", "coordinates": [[SQUARE, hole], [far]]}
    (found,) = parse([feature(geometry, name="M")])
    assert (found.name, found.id) == ("M", ID)
    assert found.shape.starts == (0, 2)
    assert found.shape.area == 200 - 4.5
    assert found.shape.bounds == Rect(10, 10, 110, 10)
    (written,) = check_as_qupath(geojson_text([found]))
    assert shapely.geometry.shape(written["geometry"]).equals(shapely.geometry.shape(geometry))


def test_an_ellipse_fills_its_bounds() -> None:
    box = polygon([[0, 0], [200, 0], [200, 100], [0, 100], [0, 0]])
    (found,) = parse([feature({**box, "isEllipse": True})])
    assert found.shape.bounds == Rect(0, 0, 200, 100)
    assert found.shape.area == pytest.approx(math.pi * 100 * 50, rel=2e-3)
    (written,) = check_as_qupath(geojson_text([found]))
    assert written["geometry"]["isEllipse"] is True


def test_one_that_crosses_itself_keeps_its_area() -> None:
    bow = polygon([[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]])
    found = parse([feature(bow)])
    assert sum(a.shape.area for a in found) == 50
    assert all(a.shape.polygon.is_valid for a in found)


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        ("Point", [1, 2.5]),
        ("MultiPoint", [[1, 2], [3, 4], [1, 2]]),
        ("LineString", [[1, 2], [3, 4], [5, 0]]),
        ("MultiLineString", [[[1, 2], [3, 4]], [[5, 6], [7, 8], [9, 9]]]),
    ],
)
def test_points_and_lines(kind: str, places: list) -> None:
    (found,) = parse([feature({"type": kind, "coordinates": places}, name="P")])
    assert not found.shape.is_area
    assert found.shape.area == 0
    (written,) = check_as_qupath(geojson_text([found]))
    assert written["geometry"] == {"type": kind, "coordinates": places}


def test_what_qupath_says_beside_outlines() -> None:
    small = [[12, 12], [15, 12], [12, 15], [12, 12]]
    geometry = {**polygon(SQUARE), "plane": {"c": -1, "z": 3, "t": 0}}
    cell = feature(geometry, objectType="cell", isMissing=True)
    cell["nucleusGeometry"] = polygon(small)
    found = parse([cell, feature(polygon(SQUARE), objectType="polyline", color=[1, 2, 3, 40])])
    assert [a.object_type for a in found] == ["cell", "annotation"]
    assert found[0].nucleus is not None
    assert found[0].nucleus.area == 4.5
    assert found[0].plane == Plane(-1, 3, 0)
    written = check_as_qupath(geojson_text(found))
    assert written[0]["nucleusGeometry"]["coordinates"] == [small]
    assert written[0]["geometry"]["plane"]["z"] == 3
    assert found.left_out == (
        "“isMissing” is not carried (feature 1).",
        "How far a colour can be seen through is not carried (feature 2).",
        "The identifier is no UUID, or another object has it: it was replaced (feature 2).",
    )


def test_an_own_colour_and_the_class_colour_both_come_back() -> None:
    drawn = Annotation(Shape.points([Point(1, 2)]), "P", "Tumor", (1, 2, 3))
    text = geojson_text([drawn], {"Tumor": (200, 0, 0)})
    found = parse_geojson(text, "there.geojson")
    assert found.classes == {"Tumor": (200, 0, 0)}
    assert found[0] == drawn


@pytest.mark.parametrize("name", ["a.geojson", "a.geojson.gz", "a.zip", "b.json.zip"])
def test_packed_files(tmp_path: Path, name: str) -> None:
    drawn = [Annotation(Shape.rectangle(Rect(n, 2, 3, 4)), f"µ {n}") for n in range(3000)]
    path = tmp_path / name
    assert write_geojson(drawn, path) == ()
    assert read_geojson(path).annotations == tuple(drawn)
    if name.endswith(("gz", "zip")):
        assert path.stat().st_size < len(geojson_text(drawn)) / 4
        path.write_bytes(path.read_bytes()[:-2000])
        with pytest.raises(Problem, match="could not be unpacked"):
            read_geojson(path)


def test_a_zip_of_several_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.geojson", "[]")
        archive.writestr("__MACOSX/._a.geojson", "x")
    assert len(read_geojson(path)) == 0
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b.geojson", "[]")
    with pytest.raises(Problem, match="2 files"):
        read_geojson(path)


@given(st.lists(st.integers(1, 7), min_size=1), st.text(max_size=40))
def test_pieces_of_any_size_give_the_same(sizes: list[int], word: str) -> None:
    """Wherever a piece of text ends: in a number, in a word, in an escape."""
    document = {
        "crs": word,
        "type": "FeatureCollection",
        "features": [feature(polygon(SQUARE), name=word)] * 3,
    }
    text = json.dumps(document, indent=2)
    whole = parse_geojson(text, "there.geojson")
    source, turn = io.StringIO(text), itertools.cycle(sizes)
    cut = GeojsonObjects("there.geojson").found(lambda _: source.read(next(turn)))
    assert [(a.shape, a.name) for a in cut] == [(a.shape, a.name) for a in whole]
    assert cut.left_out == whole.left_out


def test_children_come_and_the_root_does_not() -> None:
    inner = feature(polygon(SQUARE), objectType="detection", name="inner")
    outer = feature(polygon(SQUARE), name="outer", childObjects=[inner])
    root = feature(None, objectType="root", childObjects=[outer])
    found = parse([root])
    assert [a.name for a in found] == ["outer", "inner"]
    assert found[0].id != found[1].id


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1, column 1"),
        ('{"type": "FeatureCollection",\n "features": [}', "line 2, column 15"),
        ("[" * 100_000, "nested too deeply"),
        ("[1" + "0" * 5000 + "]", "too long"),
        ("{}", "“None” is neither"),
        ('"text"', "“str” is neither"),
        ('{"type": "Topology"}', "“Topology”"),
        ("[3]", "feature 1 is not of the type"),
        (json.dumps([feature(polygon(SQUARE)), feature(None)]), "feature 2: it has no geometry"),
        (json.dumps([feature({"type": "Circle"})]), "feature 1: “Circle”"),
        (json.dumps([feature(polygon())]), "feature 1: it has no rings"),
        (json.dumps([feature(polygon(SQUARE, [[1, 1], [2, 2], [1, 1]]))]), "ring 2 has fewer than three"),
        (json.dumps([feature(polygon([[1, 1], [2, 2], [3, 3]]))]), "encloses no area"),
        (json.dumps([feature(polygon([[1, 1], [2, "x"], [3, 3]]))]), "no number of pixels: x"),
        ('[{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[1, NaN]]]}}]', "nan"),
        (json.dumps([feature(polygon([[1, 1], [2, 10**400], [3, 3]]))]), "no number of pixels"),
        (json.dumps([feature(polygon([[1, 1], [2], [3, 3]]))]), "not [x, y]"),
        (json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE], [[[1, 2]]]]}), "polygon 2, ring 1"),
        (json.dumps([feature({"type": "Polygon", "coordinates": 3})]), "should be a list"),
        (json.dumps([feature(None, objectType="root", childObjects=[3])]), "feature 1, child 1"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_named_with_the_place(text: str, place: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_geojson(text, "wrong.geojson")
    assert "wrong.geojson" in caught.value.what
    assert place in caught.value.what
    assert caught.value.remedy


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.geojson").write_bytes(b'{"name": "M\xfcller"}')
    for name, words_in_it in [("gone.geojson", "not there"), ("", "folder"), ("latin.geojson", "byte 11")]:
        with pytest.raises(Problem, match=words_in_it):
            read_geojson(tmp_path / name)


strange = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def nodes(value: object, way: tuple = ()) -> list[tuple]:
    """The way to every value inside a document."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(deeper for key, inner in pairs for deeper in nodes(inner, (*way, key)))]


@given(st.data())
@settings(deadline=None, max_examples=400)
def test_whatever_is_in_a_file_gives_annotations_or_a_problem(data: st.DataObject) -> None:
    said = {"name": "N", "color": [1, 2, 3], "classification": {"names": ["A"], "color": [1, 2, 3]}}
    said |= {"measurements": {"m": 1}, "metadata": {"k": "v"}, "isLocked": True}
    child = feature(polygon(SQUARE), **said)
    parts = {"type": "MultiPolygon", "coordinates": [[SQUARE, SQUARE]]}
    parent = feature(parts, childObjects=[child], **said)
    document = json.loads(json.dumps({"type": "FeatureCollection", "features": [parent]}))
    way = data.draw(st.sampled_from(nodes(document)))
    holder: object = {"": document}
    for key in (way := ("", *way))[:-1]:
        holder = holder[key]  # type: ignore[index]
    holder[way[-1]] = data.draw(strange)  # type: ignore[index]
    try:
        found = parse(document if len(way) > 1 else holder)
    except Problem as problem:
        where = str(problem)
        assert "there.geojson" in where
    else:
        assert all(annotation.shape.polygon.is_valid for annotation in found)
        check_as_qupath(geojson_text(found).encode("utf-8", "replace").decode())


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "polygons"),
    [("dlup_qupath05.geojson", 3), ("large_image_sample.geojson", 10), ("qupath_polygon.geojson", 1)],
)
def test_real_files(real_data: Path, name: str, polygons: int) -> None:
    path = real_data / "annotations" / name
    document = json.loads(path.read_text(encoding="utf-8"))
    raw = [f["geometry"] for f in document["features"]] if "features" in document else [document]
    area = sum(shapely.make_valid(shapely.geometry.shape(geometry)).area for geometry in raw)
    found = read_geojson(path)
    assert len(found) >= polygons
    assert sum(annotation.shape.area for annotation in found) == pytest.approx(area)
    check_as_qupath(geojson_text(found))
    if name.startswith("dlup"):
        wanted = [
            (f["id"], f["properties"]["name"], tuple(f["properties"]["color"])) for f in document["features"]
        ]
        assert [(a.id, a.name, a.color) for a in found] == wanted


@pytest.mark.data
def test_other_formats_are_refused_by_name(real_data: Path) -> None:
    with pytest.raises(Problem, match="dlup_darwin"):
        read_geojson(real_data / "annotations" / "dlup_darwin_103S.json")
