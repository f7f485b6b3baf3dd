"""Annotations through the library: the same as through a document, whatever is done and undone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation
from ml.errors import Problem
from tests.viewer.cases.drawn import annotations, box, draw
from viewer.cases.conflict import Choice, Conflict, as_one, difference
from viewer.cases.library import Library
from viewer.cases.values import Item, ItemFacts

Open = Callable[[str], Library]
_POOL = st.lists(annotations, min_size=1, max_size=6, unique_by=lambda a: a.id)
_STEPS = st.lists(st.tuples(st.sampled_from("adcu"), st.sets(st.integers(0, 5), min_size=1)), max_size=8)


@given(pool=st.lists(annotations, max_size=9, unique_by=lambda one: one.id), count=st.integers(1, 4))
@settings(max_examples=20)
def test_in_pieces_as_at_once(
    tmp_path_factory: pytest.TempPathFactory, pool: list[Annotation], count: int
) -> None:
    library = Library.open(tmp_path_factory.mktemp("pieces") / "library.sqlite")
    facts = ItemFacts("slide", Path("/slides/a.svs"), "file:1:a", "a.svs", {})
    item = library.add(library.new_case("One").id, facts)
    library.commit(item.id, Change((), tuple(pool), "Import"))
    pieces = list(library.annotation_chunks(item.id, count))
    assert [one for piece in pieces for one in piece] == list(library.annotations(item.id)) == pool
    assert library.annotation_count(item.id) == len(pool)
    library.close()


def changes_of(pool: list[Annotation], steps: list[tuple[str, set[int]]]) -> list[Change]:
    """Edits that a document takes: adding, deleting, changing several at once, and undoing the last."""
    document, done, made = AnnotationDocument(), list[Change](), list[Change]()
    for number, (kind, chosen) in enumerate(steps):
        picked = [pool[n] for n in sorted(chosen) if n < len(pool)]
        there = tuple(document[a.id] for a in picked if a.id in document)
        if kind == "u" and done:
            change = done.pop().inverse()
        else:
            new = tuple(a for a in picked if a.id not in document)
            renamed = tuple(replace(a, name=f"{number}") for a in there)
            sides = {"a": ((), new), "d": (there, ()), "c": (there, (*new, *renamed)), "u": ((), ())}
            change = Change(*sides[kind], f"Step {number}")
            done.append(change)
        document.apply(change)
        made.append(change)
    return made


@pytest.fixture(scope="module")
def a_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("library") / "library.sqlite"


@settings(max_examples=25)
@given(_POOL, _STEPS)
def test_the_library_holds_what_a_document_holds(
    a_file: Path, pool: list[Annotation], steps: list[tuple[str, set[int]]]
) -> None:
    document = AnnotationDocument()
    library = Library.open(a_file, "me")
    item = library.add(library.new_case("One").id, ItemFacts("slide", Path("/a"), "a", "a"))
    for change in changes_of(pool, steps):
        document.apply(change)
        library.commit(item.id, change)
    library.close()
    library = Library.open(a_file, "me")
    kept, history, broken = library.annotations(item.id), library.history(item.id), library.check_audit()
    library.close()
    assert kept == tuple(document)
    again = AnnotationDocument()
    for edit in history:
        again.apply(edit.change)
    assert tuple(again) == kept
    assert broken is None


def test_many_at_once(library: Library, item: Item) -> None:
    many = tuple(box(n, class_name="Tumor") for n in range(3000))
    other = tuple(replace(a, class_name="Stroma") for a in many)
    version = library.commit(item.id, draw(*many), base=0)
    version = library.commit(item.id, Change(many, other, "Relabel"), base=version)
    assert library.annotations(item.id) == other
    chunks = list(library.annotation_chunks(item.id, 1000))
    assert [len(chunk) for chunk in chunks] == [1000, 1000, 1000]
    assert sum(chunks, ()) == other
    version = library.commit(item.id, Change(other, many, "Relabel"), base=version)
    moved = tuple(replace(a, shape=box(n + 0.5).shape) for n, a in enumerate(many))
    version = library.commit(item.id, Change(many, moved, "Move"), base=version)
    assert library.annotations(item.id) == moved
    assert library.commit(item.id, Change(moved, (), "Delete"), base=version) == 5
    assert library.annotations(item.id) == ()
    assert [len(edit.change.added) for edit in library.history(item.id, since=1)] == [3000, 3000, 3000, 0]


def test_an_edit_sent_twice_is_one(library: Library, item: Item) -> None:
    one = box(1)
    version = library.commit(item.id, draw(one), token="a")
    library.commit(item.id, draw(box(2)))
    assert library.commit(item.id, draw(one), token="a") == version
    assert next(edit.token for edit in library.history(item.id)) == "a"
    assert len(library.annotations(item.id)) == 2


def test_two_who_draw_on_one_slide_lose_nothing(open_library: Open) -> None:
    here, there = open_library("here"), open_library("there")
    item = here.add(here.new_case("One").id, ItemFacts("slide", Path("/a"), "a", "a"))
    base = box(0)
    here.commit(item.id, draw(base))
    mine, theirs = box(1), box(2)
    there.commit(item.id, draw(theirs), base=1)
    assert here.commit(item.id, draw(mine), base=1) == 3
    assert here.annotations(item.id) == there.annotations(item.id) == (base, theirs, mine)
    assert [edit.author for edit in here.history(item.id)] == ["here", "there", "here"]


@pytest.mark.parametrize("choice", ["theirs", "mine", "both"])
@pytest.mark.parametrize("deleted", ["nowhere", "here", "there"])
def test_the_later_editor_is_told_and_can_merge(open_library: Open, choice: Choice, deleted: str) -> None:
    here, there = open_library("here"), open_library("there")
    item = here.add(here.new_case("One").id, ItemFacts("slide", Path("/a"), "a", "a"))
    base, untouched = box(0), box(5)
    here.commit(item.id, draw(base, untouched))
    document = AnnotationDocument()
    document.apply(draw(base, untouched))
    theirs = () if deleted == "there" else (replace(base, name="theirs"),)
    mine = () if deleted == "here" else (replace(base, name="mine"),)
    beside = replace(untouched, class_name="Tumor")
    there.commit(item.id, Change((base,), theirs, "Theirs"))
    change = Change((base, untouched), (*mine, beside), "Mine")
    document.apply(change)
    with pytest.raises(Conflict) as told:
        here.commit(item.id, change, base=1)
    assert here.annotations(item.id) == (*theirs, untouched)
    (disputed,) = told.value.disputed
    assert (disputed.base, disputed.theirs, disputed.mine) == (base, *(theirs or (None,)), *(mine or (None,)))
    assert told.value.version == 2
    way = told.value.resolved(choice)
    here.commit(item.id, way.commit)
    document.apply(way.show)
    kept = here.annotations(item.id)
    assert {a.id: a for a in kept} == {a.id: a for a in document}
    wanted = {"theirs": theirs, "mine": mine, "both": (*theirs, *mine)}[choice]
    assert sorted(a.name for a in kept if a.class_name != "Tumor") == sorted(a.name for a in wanted)
    assert beside in kept


def test_a_large_edit_on_an_old_version_is_compared(open_library: Open) -> None:
    here, there = open_library("here"), open_library("there")
    item = here.add(here.new_case("One").id, ItemFacts("slide", Path("/a"), "a", "a"))
    many = tuple(box(n) for n in range(1200))
    here.commit(item.id, draw(*many))
    there.commit(item.id, Change((many[7],), (), "Delete"))
    relabelled = tuple(replace(a, class_name="Tumor") for a in many)
    with pytest.raises(Conflict) as told:
        here.commit(item.id, Change(many, relabelled, "Relabel"), base=1)
    assert [one.id for one in told.value.disputed] == [many[7].id]
    here.commit(item.id, told.value.resolved("theirs").commit)
    assert here.annotations(item.id) == (*relabelled[:7], *relabelled[8:])


def test_what_both_did_alike_is_no_conflict(open_library: Open) -> None:
    here, there = open_library("here"), open_library("there")
    item = here.add(here.new_case("One").id, ItemFacts("slide", Path("/a"), "a", "a"))
    one, two = box(1), box(2)
    here.commit(item.id, draw(one, two))
    there.commit(item.id, Change((one,), (), "Delete"))
    assert here.commit(item.id, Change((one, two), (), "Delete")) == 3
    assert here.commit(item.id, Change((one, two), (), "Delete")) == 3
    assert here.annotations(item.id) == ()


def test_what_is_wrong_changes_nothing(library: Library, item: Item) -> None:
    one = box(1)
    library.commit(item.id, draw(one))
    with pytest.raises(Conflict):
        library.commit(item.id, draw(replace(one, name="another")))
    many = tuple(box(n) for n in range(600))
    with pytest.raises(ValueError, match="600 rows"):  # a caller who says what is not so
        library.commit(item.id, Change(many, (), "Delete"), base=1)
    assert library.annotations(item.id) == (one,)
    assert len(library.history(item.id)) == 1
    with pytest.raises(Problem, match="not in the case library"):
        library.commit(item.id + 1, draw(one))


@given(_POOL, _STEPS)
def test_several_edits_are_as_good_as_one(pool: list[Annotation], steps: list[tuple[str, set[int]]]) -> None:
    one_by_one, at_once = AnnotationDocument(), AnnotationDocument()
    changes = changes_of(pool, steps)
    for change in changes:
        one_by_one.apply(change)
    if changes:
        at_once.apply(as_one(tuple(changes)))
    stored = {a.id: a for a in one_by_one}
    assert {a.id: a for a in at_once} == stored
    empty = AnnotationDocument()
    empty.apply(difference(empty, stored))
    assert tuple(empty) == tuple(one_by_one)
