"""Any sequence of edits leaves document and places as a plain dict and a plain search would have them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.annotation import places as module
from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Point, Rect

EDGES = st.integers(0, 40)
RECTS = st.builds(Rect, EDGES, EDGES, st.integers(0, 12), st.integers(0, 12))
SHAPES = st.one_of(
    RECTS.filter(lambda r: not r.is_empty).map(Shape.rectangle),
    st.lists(st.builds(Point, EDGES, EDGES), min_size=1, max_size=3).map(Shape.points),
)
NAMES = st.sampled_from([f"id-{n}" for n in range(9)])
# an edit: what gets a new shape (or is drawn), what gets another class, what is deleted, what is undone
EDITS = st.tuples(
    st.dictionaries(NAMES, SHAPES, max_size=5), st.sets(NAMES, max_size=5), st.sets(NAMES, max_size=3)
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree is built for the first thing already."""
    monkeypatch.setattr(module, "_FEW", 0)
    monkeypatch.setattr(module, "_FIRST_ROOM", 1)


@pytest.mark.usefixtures("small")
def test_any_edits_as_with_a_plain_dict() -> None:
    @given(st.lists(st.one_of(EDITS, st.just("undo")), max_size=12), RECTS)
    def check(edits: list[object], asked: Rect) -> None:
        document = AnnotationDocument()
        plain: dict[str, Annotation] = {}
        done: list[Change] = []
        for edit in edits:
            if edit == "undo":
                if not done:
                    continue
                change = done.pop().inverse()
            else:
                change = _change(plain, edit)
                done.append(change)
            document.apply(change)
            _apply(plain, change)
            assert list(document) == list(plain.values())
            _check_places(document, plain, asked)

    check()


@pytest.mark.usefixtures("small")
def test_a_wrong_edit_leaves_places_alone() -> None:
    document = AnnotationDocument()
    one, two = (Annotation(Shape.rectangle(Rect(n, n, 5, 5)), id=f"id-{n}") for n in range(2))
    document.apply(Change((), (one,), "Draw"))
    for wrong in (Change((one, two), (), "x"), Change((), (two, two), "x"), Change((one,), (two, two), "x")):
        with pytest.raises(ValueError, match="document"):
            document.apply(wrong)
        assert list(document) == [one]
        assert document.places.annotations(document.places.used) == [one]


def test_many_are_found_by_the_tree_as_by_looking_through() -> None:
    chance = np.random.default_rng(3)
    corners = chance.uniform(0, 10_000, (6000, 2))
    document = AnnotationDocument()
    drawn = tuple(
        Annotation(Shape.rectangle(Rect(x, y, 20, 20)), id=str(n)) for n, (x, y) in enumerate(corners)
    )
    document.apply(Change((), drawn, "Draw"))
    places = document.places
    for step in range(6):
        rect = Rect(1000 * step, 500 * step, 400 + 900 * step, 700)
        wanted = [a.id for a in document if _touch(a.shape.bounds, rect)]
        assert [a.id for a in places.annotations(places.touching(rect))] == wanted
        moved = places.annotations(places.within(rect))[:50]
        changed = tuple(a.but(shape=Shape.rectangle(Rect(5 * n, 9000, 9, 9))) for n, a in enumerate(moved))
        document.apply(Change(tuple(moved), changed, "Move"))


@given(st.text(max_size=3), st.booleans())
def test_but_is_replace(name: str, locked: bool) -> None:
    one = Annotation(Shape.rectangle(Rect(0, 0, 5, 5)), metadata={"a": "b"})
    other = one.but(name=name, locked=locked)
    assert other == dataclasses.replace(one, name=name, locked=locked)
    assert one.name == ""
    assert other.shape is one.shape
    with pytest.raises(TypeError, match="colour"):
        one.but(colour=1)


def _change(plain: dict[str, Annotation], edit: object) -> Change:
    assert isinstance(edit, tuple)
    shapes, relabelled, deleted = edit
    removed, added = [], []
    for name in sorted({*shapes, *relabelled, *deleted}):
        before = plain.get(name)
        if before is not None:
            removed.append(before)
        if name in deleted:
            continue
        after = before or (Annotation(shapes[name], id=name) if name in shapes else None)
        if after is not None:
            after = dataclasses.replace(after, shape=shapes.get(name, after.shape))
            after = (
                dataclasses.replace(after, class_name=f"{after.class_name}x") if name in relabelled else after
            )
            added.append(after)
    return Change(tuple(removed), tuple(added), "Edit")


def _apply(plain: dict[str, Annotation], change: Change) -> None:
    coming = {a.id: a for a in change.added}
    for annotation in change.removed:
        if annotation.id not in coming:
            del plain[annotation.id]
    plain.update(coming)


def _check_places(document: AnnotationDocument, plain: dict[str, Annotation], asked: Rect) -> None:
    places = document.places
    assert len(places) == len(plain)
    assert places.annotations(places.used) == list(plain.values())
    touching = [a for a in plain.values() if _touch(a.shape.bounds, asked)]
    assert places.annotations(places.touching(asked)) == touching
    inside = [a for a in touching if a.shape.bounds.union(asked) == asked]
    assert places.annotations(places.within(asked)) == inside
    for name, annotation in plain.items():
        row = places.row_of(name)
        assert row is not None
        assert places.annotation(row) == annotation
        assert places.known_inks[places.inks[row]] == (annotation.class_name, annotation.color)


def _touch(one: Rect, other: Rect) -> bool:
    apart = one.right < other.x or other.right < one.x or one.bottom < other.y or other.bottom < one.y
    return not apart
