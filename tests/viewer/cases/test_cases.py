"""Cases and items: the list, what is said about them, what is kept of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ml.errors import Problem
from tests.viewer.cases.drawn import box, draw
from viewer.cases.case_part import CaseChanged
from viewer.cases.conflict import StateChanged
from viewer.cases.library import Library
from viewer.cases.values import Item, ItemFacts


def slide(name: str, fingerprint: str = "") -> ItemFacts:
    return ItemFacts("slide", Path("/slides") / name, fingerprint, name)


def names(library: Library, **wanted: object) -> list[str]:
    return [row.name for row in library.cases(**wanted)]  # type: ignore[arg-type]


def test_the_list_is_searched_filtered_and_sorted(library: Library) -> None:
    liver, lung = library.new_case("Liver 12"), library.new_case("lung 3")
    library.change_case(
        liver, tags=("urgent", "board", "urgent"), status="in review", comment="50 % necrosis"
    )
    item = library.add(lung.id, slide("K-77_a.svs"))
    library.set_thumbnail(item.id, b"png")
    assert names(library) == ["lung 3", "Liver 12"]
    library.change_case(library.case(liver.id), name="Liver 12 b")
    assert names(library) == ["Liver 12 b", "lung 3"]
    assert names(library, sort="name") == ["Liver 12 b", "lung 3"]
    assert names(library, sort="created") == ["lung 3", "Liver 12 b"]
    assert names(library, sort="status") == ["lung 3", "Liver 12 b"]
    for search, found in [
        ("LIVER", 1),
        ("liver urgent", 1),
        ("liver lung", 0),
        ("k-77_", 1),
        ("50 %", 1),
        ("%", 1),
        ("_", 1),
    ]:
        assert len(names(library, search=search)) == found, search
    assert names(library, status="in review") == ["Liver 12 b"]
    assert names(library, tag="board") == ["Liver 12 b"]
    assert library.tags() == ("board", "urgent")
    first, second = library.cases()
    assert (first.tags, first.items, first.thumbnail) == (("board", "urgent"), 0, None)
    assert (second.items, second.thumbnail) == (1, item.id)


def test_two_who_say_different_things_about_a_case(open_library: Callable[[str], Library]) -> None:
    here, there = open_library("here"), open_library("there")
    case = here.new_case("One")
    there.change_case(case, comment="theirs", status="done")
    both = here.change_case(case, tags=("mine",))  # of another thing: no conflict
    assert (both.comment, both.status, both.tags) == ("theirs", "done", ("mine",))
    with pytest.raises(CaseChanged) as told:
        here.change_case(case, comment="mine")
    assert (told.value.theirs.comment, told.value.base.comment) == ("theirs", "")
    assert here.change_case(case, comment="theirs").comment == "theirs"
    assert here.change_case(told.value.theirs, comment="both").comment == "both"


@pytest.mark.parametrize("fields", [{"status": "open"}, {"colour": "red"}])
def test_what_a_case_does_not_know_is_refused(library: Library, fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="case"):
        library.change_case(library.new_case("One"), **fields)


def test_a_deleted_case_takes_everything_with_it(library: Library, item: Item) -> None:
    library.commit(item.id, draw(box(1)))
    library.set_state(item.id, "comment", "much")
    library.delete_case(item.case_id)
    assert library.cases() == ()
    for ask in (lambda: library.case(item.case_id), lambda: library.item(item.id)):
        with pytest.raises(Problem, match="any more"):
            ask()
    assert library.annotations(item.id) == ()
    assert library.history(item.id) == ()
    assert library.state(item.id, "comment") is None
    assert [entry.kind for entry in library.audit(item.case_id)][-1] == "case deleted"
    assert library.check_audit() is None
    assert library.new_case("Next").id > item.case_id  # or the trail of the old one would be its own


def test_items_are_found_again_by_what_they_are(library: Library, item: Item) -> None:
    assert library.add(item.case_id, slide("copy.svs", "file:1:a")) == item
    assert library.item_at(Path("/slides/a.svs"), "file:1:a") == item
    assert library.item_at(Path("/elsewhere/b.svs"), "file:1:a") == item
    assert library.item_at(Path("/slides/a.svs"), "file:2:b") is None
    assert library.item_at(Path("/slides/a.svs"), "") == item
    moved = library.moved(item, Path("/elsewhere/b.svs"))
    assert moved.path == Path("/elsewhere/b.svs")
    assert library.items(item.case_id) == (moved,)
    second = library.add(library.new_case("Two").id, slide("c.svs", "file:1:a"))
    assert library.item_at(Path("/elsewhere/b.svs"), "file:1:a") == moved
    assert library.item_at(Path("/nowhere"), "file:1:a") == second
    library.remove_item(second.id)
    assert library.item_at(Path("/nowhere"), "file:1:a") == moved


def test_two_who_comment_on_one_item(open_library: Callable[[str], Library]) -> None:
    here, there = open_library("here"), open_library("there")
    item = here.add(here.new_case("One").id, slide("a.svs"))
    there.set_state(item.id, "comment", "theirs", base=None)
    with pytest.raises(StateChanged) as told:
        here.set_state(item.id, "comment", "mine", base=None)
    assert (told.value.base, told.value.theirs, told.value.mine) == (None, "theirs", "mine")
    here.set_state(item.id, "comment", "theirs", base=None)  # the same: nothing to tell
    here.set_state(item.id, "comment", "both", base="theirs")
    assert there.state(item.id, "comment") == "both"
    there.set_state(item.id, "comment", "last")
    assert here.state(item.id, "comment") == "last"


def test_what_is_kept_beside(library: Library, item: Item) -> None:
    assert library.state(item.id, "view") is None
    value = {"x": 1.5, "layers": ["heatmap", None], "ä\0\ud800": True}
    library.set_state(item.id, "view", value)
    library.set_state(item.id, "comment", "first")
    library.set_state(item.id, "comment", "second")
    assert library.state(item.id, "view") == value
    assert library.state(item.id, "comment") == "second"
    told = [entry.facts["value"] for entry in library.audit() if entry.kind == "state"]
    assert told == ["first", "second"]
    library.set_state(item.id, "comment", None)
    assert library.state(item.id, "comment") is None
    assert library.thumbnail(item.id) is None
    library.set_thumbnail(item.id, b"\x89PNG\0")
    library.set_thumbnail(item.id, b"\x89PNG\1")
    assert library.thumbnail(item.id) == b"\x89PNG\1"
