"""Operations on several annotations: areas add up, nothing is lost on the way, undo brings all back."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from ml.annotation import edits
from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation, Shape
from ml.errors import Problem
from ml.geometry import Point, Rect

NUMBERS = st.integers(0, 200)
RECTS = st.builds(Rect, NUMBERS, NUMBERS, st.integers(5, 100), st.integers(5, 100))
DRAWN = st.lists(st.one_of(RECTS.map(Shape.rectangle), RECTS.map(Shape.ellipse_in)), min_size=2, max_size=5)


def annotations(shapes: list[Shape]) -> list[Annotation]:
    return [
        Annotation(shape, name=f"n{n}", class_name=f"c{n}", id=f"id-{n}") for n, shape in enumerate(shapes)
    ]


def applied(before: list[Annotation], change: Change) -> list[Annotation]:
    """What is there after the edit; taking it back must give what was there before."""
    document = AnnotationDocument()
    document.apply(Change((), tuple(before), "Draw"))
    document.apply(change)
    after = list(document)
    document.apply(change.inverse())
    assert {a.id: a for a in document} == {a.id: a for a in before}
    return after


@given(DRAWN)
def test_merging_covers_what_all_covered(shapes: list[Shape]) -> None:
    before = annotations(shapes)
    (after,) = applied(before, edits.merged(before))
    assert (after.id, after.class_name) == ("id-0", "c0")
    assert after.shape.area == pytest.approx(shapely.union_all([s.polygon for s in shapes]).area)
    assert after.shape.polygon.is_valid


@given(DRAWN)
def test_subtracting_and_intersecting_share_out_the_first(shapes: list[Shape]) -> None:
    before = annotations(shapes)
    others = shapely.union_all([s.polygon for s in shapes[1:]])
    left = shapes[0].polygon.difference(others).area
    assume(left > 1)
    after = applied(before, edits.subtracted(before))
    assert [a.id for a in after] == [a.id for a in before]
    assert after[0].shape.area == pytest.approx(left)
    assert after[1:] == before[1:]
    common = shapely.intersection_all([s.polygon for s in shapes])
    if common.area > 1:
        (met,) = applied(before, edits.intersected(before))
        assert met.shape.area == pytest.approx(common.area)


@given(DRAWN)
def test_parts_of_a_merged_one_add_up(shapes: list[Shape]) -> None:
    (one,) = edits.merged(annotations(shapes)).added
    if len(one.shape.parts) == 1:
        with pytest.raises(Problem, match="several parts"):
            edits.split_in_parts([one])
        return
    after = applied([one], edits.split_in_parts([one]))
    assert len(after) == len(one.shape.parts)
    assert len({a.id for a in after}) == len(after)
    assert math.fsum(a.shape.area for a in after) == pytest.approx(one.shape.area)
    assert {a.class_name for a in after} == {"c0"}


@given(RECTS.map(Shape.ellipse_in), NUMBERS, st.booleans())
def test_a_line_across_cuts_in_two(shape: Shape, place: int, holed: bool) -> None:
    bounds = shape.bounds
    x = bounds.x + bounds.width * (0.05 + 0.9 * place / 200)
    if holed:
        hole = shapely.box(x - 1, bounds.center.y - 0.1, x + 1, bounds.center.y + 0.1)
        shape = Shape.areas([shape.polygon.difference(hole)])
        assume(len(shape.rings) == 2)  # the hole lies wholly inside
    area = Annotation(shape, class_name="c", measurements={"Area": 3.0})
    line = Annotation(Shape.line((Point(x, bounds.y - 5), Point(x, bounds.bottom + 5))))
    after = applied([area, line], edits.split_by_lines([area, line]))
    assert len(after) == 2
    assert after[0].id == area.id
    assert math.fsum(a.shape.area for a in after) == pytest.approx(shape.area)
    assert all(not a.measurements for a in after)
    beside = Annotation(Shape.line((Point(-9, -9), Point(-5, -9))))
    with pytest.raises(Problem, match="across"):
        edits.split_by_lines([area, beside])


@given(st.floats(0.1, 20))
def test_simplifying_stays_within_the_tolerance_and_says_what_is_lost(tolerance: float) -> None:
    rough = [
        Point(100 + (60 + 3 * math.sin(9 * t)) * math.cos(t), 100 + (60 + 3 * math.sin(9 * t)) * math.sin(t))
        for t in (n * math.tau / 300 for n in range(300))
    ]
    one = Annotation(Shape.outline(tuple(rough)))
    change = edits.simplified([one], tolerance)
    (after,) = applied([one], change)
    left = shapely.points([(p.x, p.y) for p in one.shape.rings[0]])
    assert shapely.distance(left, after.shape.polygon.boundary).max() <= tolerance + 1e-9
    loss = edits.loss_of(change)
    assert (loss.before, loss.after) == (300, sum(map(len, after.shape.rings)))
    assert loss.area == pytest.approx(
        one.shape.polygon.symmetric_difference(after.shape.polygon).area / one.shape.area
    )
    square = Annotation(Shape.rectangle(Rect(0, 0, 9, 9)))
    with pytest.raises(Problem, match="simpler"):
        edits.simplified([square], tolerance)


@given(DRAWN)
def test_the_inverse_shares_out_the_slide(shapes: list[Shape]) -> None:
    slide = shapely.box(0, 0, 400, 400)
    before = annotations(shapes)
    change = edits.inverse(before, slide, before[0])
    *_, new = applied(before, change)
    covered = shapely.union_all([s.polygon for s in shapes]).intersection(slide)
    assert new.shape.area + covered.area == pytest.approx(slide.area)
    assert new.id not in {a.id for a in before}


@given(DRAWN, st.floats(0.5, 2), st.floats(-50, 50))
def test_copies_are_their_own_and_unlocked(shapes: list[Shape], scale: float, dx: float) -> None:
    before = [a.but(locked=True) for a in annotations(shapes)]
    after = applied(before, edits.pasted(before, scale, scale, dx, 0))[len(before) :]
    assert not {a.id for a in after} & {a.id for a in before}
    assert not any(a.locked for a in after)
    for old, new in zip(before, after, strict=True):
        assert new.shape.area == pytest.approx(old.shape.area * scale**2)
        assert new.shape.bounds.x == pytest.approx(old.shape.bounds.x * scale + dx)
        assert new.shape.kind == old.shape.kind


def test_holes_are_filled() -> None:
    ring = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    one = Annotation(Shape.areas([ring]))
    (after,) = applied([one], edits.filled([one]))
    assert after.shape.area == 900
    with pytest.raises(Problem, match="holes"):
        edits.filled([after])


def test_locked_ones_are_left_alone() -> None:
    one, two = annotations([Shape.rectangle(Rect(0, 0, 9, 9)), Shape.rectangle(Rect(5, 5, 9, 9))])
    locked = two.but(locked=True)
    with pytest.raises(Problem, match="locked"):
        edits.merged([one, locked])
    assert edits.subtracted([one, locked]).added[0].shape.area == 81 - 16
    with pytest.raises(Problem, match="locked"):
        edits.subtracted([locked, one])
    change = edits.edited([one, locked], lambda a: a.but(class_name="new"), "Class")
    assert change is not None
    assert change.removed == (one,)
    with pytest.raises(Problem, match="two areas"):
        edits.merged([one])


def test_what_lies_beside_the_slide_is_pulled_in() -> None:
    slide = Rect(0, 0, 100, 100)
    assert edits.pulled_in(Rect(90, 10, 10, 10), slide) == (0, 0)
    assert edits.pulled_in(Rect(200, -30, 10, 10), slide) == (-105, 25)
