"""What is kept is what was drawn, to the last bit."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.annotation.document import Change
from ml.annotation.packing import annotations_of, body_of, change_of, packed, packed_change, unpacked
from ml.annotation.shapes import Annotation, Shape
from ml.annotation.shapes import body_of as rings_kept
from ml.geometry import Point
from tests.viewer.cases.drawn import annotations, box


@given(annotations)
def test_an_annotation_comes_back_exactly(annotation: Annotation) -> None:
    columns = packed(annotation)
    assert unpacked(*columns) == annotation
    assert columns.key.isascii()
    assert columns.facts.isascii()
    assert "\0" not in columns.key + columns.facts


@given(st.text(max_size=6), st.text(max_size=6))
def test_different_ids_have_different_keys(one: str, other: str) -> None:
    keys = [packed(Annotation(Shape.points([Point(0, 0)]), id=name)).key for name in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)


def test_numbers_that_are_none_come_back() -> None:
    measured = replace(box(1), measurements={"a": math.nan, "b": math.inf, "c": -0.0})
    found = unpacked(*packed(measured)).measurements
    assert math.isnan(found["a"])
    assert found["b"] == math.inf
    assert math.copysign(1, found["c"]) == -1
    assert list(found) == ["a", "b", "c"]


@given(st.lists(annotations, max_size=4), st.lists(annotations, max_size=4), st.data())
def test_an_edit_comes_back_exactly(
    removed: list[Annotation], added: list[Annotation], data: st.DataObject
) -> None:
    gone = {a.id: a for a in removed}
    renamed = [replace(a, name="another") for a in gone.values() if data.draw(st.booleans())]
    come = {a.id: a for a in (*added, *renamed)}
    change = Change(tuple(gone.values()), tuple(come.values()), "Edit")
    assert change_of(body_of(packed_change(change)), "Edit") == change


def test_large_edits_are_packed_and_an_outline_that_stays_is_kept_once() -> None:
    many = tuple(box(n / 7) for n in range(2000))
    relabelled = tuple(replace(a, class_name="Tumor") for a in many)
    body = body_of(packed_change(Change(many, relabelled, "Relabel")))
    assert change_of(body, "Relabel") == Change(many, relabelled, "Relabel")
    assert len(body) < 1.5 * len(body_of(packed_change(Change(many, (), "Delete"))))


@pytest.mark.parametrize("cut", [0, 1, 5, 9, 40, 90])
def test_a_row_that_was_cut_off_is_no_edit(cut: int) -> None:
    body = body_of(packed_change(Change((), (box(1),), "Draw")))
    with pytest.raises(ValueError, match="No edit"):
        change_of(body[:cut], "Draw")


@given(st.lists(annotations, max_size=12, unique_by=lambda one: one.id))
def test_many_come_back_with_the_bounds_of_their_places(drawn: list[Annotation]) -> None:
    found = annotations_of([tuple(packed(one)) for one in drawn])
    for one, before in zip(found, drawn, strict=True):
        made = Shape(before.shape.rings, before.shape.kind, before.shape.starts)
        assert one.shape.bounds == made.bounds  # known before anybody asked for a place
        assert packed(one) == packed(before)  # its bytes, as they came
        assert one.shape == before.shape
        assert hash(one.shape) == hash(before.shape)
        assert rings_kept(replace(one.shape)) is None
        assert pickle.loads(pickle.dumps(one)) == before


@given(annotations, st.integers(1, 40))
def test_a_row_that_was_cut_is_none(annotation: Annotation, missing: int) -> None:
    key, facts, shape = packed(annotation)
    with pytest.raises(ValueError, match="No annotation"):
        annotations_of([(key, facts, shape[:-missing])])
