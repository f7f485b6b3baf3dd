"""Bookmarks: kept with the person's data, never with the slide; every edit can be taken back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from ml import paths
from ml.geometry import Size
from viewer.state.bookmarks import Bookmark, BookmarkEdit, Bookmarks, renamed

SLIDE, SIZE = Path("/slides/S12.svs"), Size(40_000, 30_000)


def mark(name: str, x: float = 100.0) -> Bookmark:
    return Bookmark(name, x, 200.0, 0.5, 30.0, True)


def test_they_are_there_again(qtbot: QtBot) -> None:
    marks = Bookmarks(SLIDE, SIZE)
    with qtbot.waitSignal(marks.changed):
        marks.apply((), (mark("Mitosis"), mark("Rand µ", 7.25)))
    assert Bookmarks(SLIDE, SIZE).items == marks.items
    assert Bookmarks(SLIDE, Size(10, 10)).items == ()  # another file in its place
    assert Bookmarks(SLIDE.with_name("S13.svs"), SIZE).items == ()
    assert all(paths.data() in file.parents for file in paths.data().rglob("*.json"))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"places": [{"name": "x"}]}', '{"places": 5}'])
def test_a_damaged_file_is_set_aside(qtbot: QtBot, content: str) -> None:
    Bookmarks(SLIDE, SIZE).apply((), (mark("Mitosis"),))
    (file,) = (paths.data() / "places").glob("*.json")
    file.write_text(content)
    assert Bookmarks(SLIDE, SIZE).items == ()
    assert file.with_suffix(".damaged").read_text() == content


@pytest.mark.parametrize(("was", "now"), [("1e400", "Infinity"), ("scale", "0"), ("scale", "-1")])
def test_a_number_that_is_none_is_no_place(qtbot: QtBot, was: str, now: str) -> None:
    Bookmarks(SLIDE, SIZE).apply((), (replace(mark("Mitosis"), scale=0.123),))
    (file,) = (paths.data() / "places").glob("*.json")
    file.write_text(file.read_text().replace("0.123", now if was == "scale" else was))
    assert Bookmarks(SLIDE, SIZE).items == ()


def test_a_name_is_free_and_an_empty_one_is_not_taken() -> None:
    marks = Bookmarks(SLIDE, SIZE)
    marks.apply((), (mark("Place 2"), mark("Place 1")))
    assert marks.next_name() == "Place 3"
    assert renamed(mark("Mitosis"), "  ").name == "Mitosis"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["add", "rename", "remove"]), st.integers(0, 5)), max_size=12))
def test_undo_takes_everything_back(qtbot: QtBot, edits: list[tuple[str, int]]) -> None:
    marks, undo = Bookmarks(SLIDE, SIZE), QUndoStack()
    marks.apply(marks.items, ())
    states = [marks.items]
    for kind, number in edits:
        one = marks.items[number % len(marks.items)] if marks.items else None
        if kind == "add" or one is None:
            removed, added = (), (mark(f"Place {number}"),)
        else:
            removed, added = (one,), (renamed(one, f"{one.name}!"),) if kind == "rename" else ()
        undo.push(BookmarkEdit(kind, marks, removed, added))
        states.append(marks.items)
    for state in reversed(states[:-1]):
        undo.undo()
        assert {b.id: b for b in marks.items} == {b.id: b for b in state}
    for state in states[1:]:
        undo.redo()
        assert {b.id: b for b in marks.items} == {b.id: b for b in state}
    assert Bookmarks(SLIDE, SIZE).items == marks.items
