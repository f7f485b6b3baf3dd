"""What drags and clicks mean, what catches, and what lines say."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ml.annotation.counted import Counted
from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.forms import area_on, circle_of, ellipse_on, polygon_of, stretched_rect, upright_end
from ml.annotation.geojson import geojson_text, parse_geojson
from ml.annotation.measured import (
    angle_of,
    length_of,
    meaning,
    means_of,
    measured,
    measured_anew,
    middle_of,
)
from ml.annotation.shapes import Annotation, Shape
from ml.annotation.snapping import caught, nearest_edge, touches
from ml.geometry import Point, Rect, Spacing
from tests.ml.annotation.areas import places, stars

SLIDE = Rect(0, 0, 4000, 3000)
spacings = st.builds(Spacing, st.floats(0.1, 4), st.floats(0.1, 4))


@given(places, places, st.booleans(), st.booleans())
def test_rectangles_of_a_drag(start: Point, end: Point, even: bool, centered: bool) -> None:
    rect = stretched_rect(start, end, even=even, centered=centered)
    if even:
        assert rect.width == pytest.approx(rect.height, abs=1e-6)
    if centered:
        assert rect.center.x == pytest.approx(start.x)
        assert rect.center.y == pytest.approx(start.y)
    else:
        assert min(abs(rect.x - start.x), abs(rect.right - start.x)) < 1e-6
        assert min(abs(rect.y - start.y), abs(rect.bottom - start.y)) < 1e-6
    widest = max(abs(end.x - start.x), abs(end.y - start.y)) * (2 if centered else 1)
    assert max(rect.width, rect.height) == pytest.approx(widest, abs=1e-6)


@given(spacings, st.floats(0.1, 20))
def test_a_counting_circle_has_its_area_whatever_the_pixels(spacing: Spacing, mm2: float) -> None:
    shape = circle_of(mm2, Point(1000, 1000), spacing)
    assert spacing.area_mm2(shape.area) == pytest.approx(mm2, rel=1e-3)  # a ring of 96 places
    assert shape.kind == "ellipse"
    assert shape.bounds.width * spacing.x == pytest.approx(shape.bounds.height * spacing.y)


def test_ellipses_at_the_edge_of_the_slide() -> None:
    whole = ellipse_on(Rect(10, 10, 100, 60), SLIDE)
    assert whole is not None
    assert whole.kind == "ellipse"
    cut = ellipse_on(Rect(-50, 10, 100, 60), SLIDE)
    assert cut is not None
    assert cut.kind == "polygon"
    assert cut.area == pytest.approx(math.pi * 50 * 30 / 2, rel=1e-2)
    assert ellipse_on(Rect(-500, 10, 100, 60), SLIDE) is None
    assert ellipse_on(Rect(10, 10, 0, 60), SLIDE) is None
    assert area_on(shapely.Polygon(), SLIDE) is None


@given(st.lists(places, max_size=12))
def test_clicked_polygons_are_valid(clicks: list[Point]) -> None:
    encloses = shapely.Polygon([(p.x, p.y) for p in clicks]).buffer(0).area if len(clicks) > 2 else 0
    if encloses < 1:  # there and back, or all on a line
        return
    shape = polygon_of(clicks)
    assert shape.polygon.is_valid
    assert shape.area > 0


@pytest.mark.parametrize("line", [(), ((1, 1),), ((1, 1), (5, 5)), ((0, 0), (5, 5), (10, 10)), ((3, 3),) * 5])
def test_what_is_no_polygon(line: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="three points that do not lie on one line"):
        polygon_of([Point(*place) for place in line])


def test_a_polygon_keeps_its_corners() -> None:
    corners = (Point(0, 0), Point(10, 0), Point(10, 10))
    assert polygon_of((*corners, corners[-1], corners[0])).rings == (corners,)


@given(stars(), places, st.floats(1, 500))
def test_what_catches_is_the_nearest_within_reach(shape: Shape, point: Point, reach: float) -> None:
    found = caught(point, [Annotation(shape, id="it")], reach)
    away = shapely.Point(point.x, point.y).distance(shape.polygon.boundary)
    assert (found is not None) == (away <= reach) or math.isclose(away, reach, rel_tol=1e-9)
    if found is not None:
        assert found.annotation_id == "it"
        assert shapely.Point(found.place.x, found.place.y).distance(shape.polygon.boundary) < 1e-6
        assert math.hypot(found.place.x - point.x, found.place.y - point.y) <= reach * (1 + 1e-9)
        if found.line is None:
            assert any(found.place in ring for ring in shape.rings)


def test_a_corner_beats_the_line_beside_it() -> None:
    square = Annotation(Shape.rectangle(Rect(0, 0, 100, 100)))
    corner = caught(Point(6, 5), [square], 10)
    assert corner is not None
    assert corner.place == Point(0, 0)
    line = caught(Point(50, 5), [square], 10)
    assert line is not None
    assert line.place == Point(50, 0)
    assert line.line == (Point(0, 0), Point(100, 0))
    assert caught(Point(50, 50), [square], 10) is None


@given(stars(), places)
def test_the_nearest_edge_is_shapelys(shape: Shape, point: Point) -> None:
    ring = shape.rings[0]
    number, place, way = nearest_edge(ring, shape, point)
    line = shapely.LinearRing([(p.x, p.y) for p in ring])
    assert way == pytest.approx(line.distance(shapely.Point(point.x, point.y)), abs=1e-6)
    a, b = ring[number], ring[(number + 1) % len(ring)]
    edge = shapely.LineString([(a.x, a.y), (b.x, b.y)])
    assert edge.distance(shapely.Point(place.x, place.y)) < 1e-6


def test_discs_that_touch() -> None:
    square = Shape.rectangle(Rect(0, 0, 100, 100))
    assert touches(square, Point(50, 50), 1)
    assert touches(square, Point(108, 50), 10)
    assert not touches(square, Point(112, 50), 10)


def test_lengths_and_angles() -> None:
    ring = (Point(0, 0), Point(30, 40), Point(30, 140))
    assert length_of(ring, None) == 150
    assert length_of(ring[:2], Spacing(1.0, 0.5)) == pytest.approx(math.hypot(30, 20))
    corner = (Point(10, 0), Point(0, 0), Point(0, 10))
    assert angle_of(corner, None) == pytest.approx(90)
    assert angle_of((Point(10, 0), Point(0, 0), Point(10, 10)), Spacing(1, 2)) == pytest.approx(
        math.degrees(math.atan2(2, 1))
    )
    assert math.isnan(angle_of((Point(0, 0), Point(0, 0), Point(1, 1)), None))
    assert middle_of(ring) == Point(30, 65)


def test_a_ruler_keeps_its_length_through_a_file_and_a_new_pixel_size() -> None:
    line = Annotation(Shape.line((Point(0, 0), Point(300, 400))))
    ruler = meaning(line, "ruler", Spacing(0.5, 0.5))
    assert ruler.measurements == {"Length µm": 250}
    (again,) = parse_geojson(geojson_text([ruler]), "there.geojson")
    assert means_of(again) == "ruler"
    assert again.measurements == ruler.measurements
    change = measured_anew([ruler, Annotation(Shape.points([Point(1, 1)]))], Spacing(1, 1))
    assert change is not None
    assert change.removed == (ruler,)
    assert change.added[0].measurements == {"Length µm": 500}
    assert measured_anew(change.added, Spacing(1, 1)) is None
    assert measured(ruler, None).measurements == {"Length px": 500}
    assert measured(line, None) is line


def test_what_is_changed_otherwise_means_nothing_more() -> None:
    line = Shape.line((Point(0, 0), Point(3, 4)))
    assert means_of(meaning(Annotation(line), "arrow", None)) == "arrow"
    assert means_of(meaning(Annotation(line), "angle", None)) == ""  # an angle has three places
    assert means_of(meaning(Annotation(Shape.rectangle(Rect(0, 0, 5, 5))), "circle", None)) == ""
    assert means_of(Annotation(line, metadata={"Drawn as": "something new"})) == ""


def test_upright_ends() -> None:
    assert upright_end(Point(0, 0), Point(10, 3)) == Point(10, 0)
    assert upright_end(Point(0, 0), Point(2, -3)) == Point(0, -3)


POINTS = tuple(
    meaning(Annotation(Shape.points([Point(10.0 * n, 10)]), class_name="AB"[n % 2], id=str(n)), "count", None)
    for n in range(8)
)


@given(st.lists(st.sets(st.integers(0, 7), min_size=1), max_size=10))
def test_totals_follow_every_edit(edits: list[set[int]]) -> None:
    document = AnnotationDocument()
    counted = Counted(document)
    document.listen(counted.take)
    for edit in edits:
        there = {a.id for a in document}
        removed = tuple(POINTS[n] for n in sorted(edit) if str(n) in there)
        added = tuple(POINTS[n] for n in sorted(edit) if str(n) not in there)
        document.apply(Change(removed, added, "Count"))
        expected = {name: sum(a.class_name == name for a in document) for name in "AB"}
        assert counted.totals() == {name: n for name, n in expected.items() if n}
        assert counted.totals() == Counted(document).totals()
        half = Shape.rectangle(Rect(-5, 0, 40, 20))  # holds the first four
        assert counted.totals(half).total() == sum(int(a.id) < 4 for a in document)


def test_points_that_were_not_counted_are_not() -> None:
    assert Counted([Annotation(Shape.points([Point(1, 1)]))]).totals().total() == 0
