"""The one door for edits: what is done can be undone, and a wrong edit changes nothing."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect

POOL = tuple(Annotation(Shape.rectangle(Rect(n, n, 5, 5)), name=str(n), id=f"id-{n}") for n in range(6))


@given(st.lists(st.sets(st.integers(0, 5), min_size=1), max_size=8))
def test_undoing_everything_leaves_nothing_changed(edits: list[set[int]]) -> None:
    document = AnnotationDocument()
    told: list[Change] = []
    document.listen(told.append)
    states: list[frozenset[str]] = [frozenset()]
    changes: list[Change] = []
    for edit in edits:
        there = {a.id for a in document}
        removed = tuple(POOL[n] for n in sorted(edit) if POOL[n].id in there)
        added = tuple(POOL[n] for n in sorted(edit) if POOL[n].id not in there)
        changes.append(Change(removed, added, "Edit"))
        document.apply(changes[-1])
        states.append(frozenset(a.id for a in document))
    assert told == changes
    for change, state in zip(reversed(changes), reversed(states[:-1]), strict=True):
        document.apply(change.inverse())
        assert frozenset(a.id for a in document) == state
    assert len(document) == 0


def test_a_replaced_annotation_keeps_its_place() -> None:
    document = AnnotationDocument()
    document.apply(Change((), POOL[:3], "Draw"))
    renamed = dataclasses.replace(POOL[1], name="new")
    document.apply(Change((POOL[1],), (renamed,), "Rename"))
    assert [a.name for a in document] == ["0", "new", "2"]
    assert document["id-1"] is renamed
    assert "id-1" in document


@pytest.mark.parametrize(
    "change",
    [Change((POOL[4],), (), "gone"), Change((), (POOL[0],), "twice"), Change((), (POOL[5], POOL[0]), "half")],
)
def test_a_wrong_edit_changes_nothing(change: Change) -> None:
    document = AnnotationDocument()
    document.apply(Change((), POOL[:2], "Draw"))
    told: list[Change] = []
    document.listen(told.append)
    with pytest.raises(ValueError, match="document"):
        document.apply(change)
    assert list(document) == list(POOL[:2])
    assert told == []


def test_outlines_are_made_valid() -> None:
    bow = tuple(Point(x, y) for x, y in [(0, 0), (10, 10), (10, 0), (0, 20)])
    shape = Shape.outline(bow)
    assert shape.polygon.is_valid
    assert shape.area > 0
    with pytest.raises(ValueError, match="three points"):
        Shape.outline((Point(0, 0), Point(1, 1), Point(2, 2)))
