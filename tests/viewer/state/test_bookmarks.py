"""Bookmarks: every edit can be taken back; those of old versions are read in."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from ml import paths
from ml.geometry import Size
from viewer.state.bookmarks import Bookmark, BookmarkEdit, Bookmarks, file_of_old, read_old, renamed

SLIDE, SIZE = Path("/slides/S12.svs"), Size(40_000, 30_000)


def mark(name: str, x: float = 100.0) -> Bookmark:
    return Bookmark(name, x, 200.0, 0.5, 30.0, True)


def of_old(content: str) -> Path:
    """A file as versions before the case library wrote it."""
    file = file_of_old(SLIDE, SIZE)
    file.parent.mkdir(parents=True)
    file.write_text(content, encoding="utf-8")
    return file


def test_those_of_an_old_version_are_read(qtbot: QtBot) -> None:
    marks = (mark("Mitosis"), mark("Rand µ", 7.25))
    of_old(json.dumps({"slide": SLIDE.name, "places": [asdict(m) for m in marks]}))
    assert read_old(file_of_old(SLIDE, SIZE)) == marks
    assert read_old(file_of_old(SLIDE, Size(10, 10))) == ()  # another file in its place
    assert read_old(file_of_old(SLIDE.with_name("S13.svs"), SIZE)) == ()
    assert paths.data() in file_of_old(SLIDE, SIZE).parents


@pytest.mark.parametrize("content", ["", "{", "[]", '{"places": [{"name": "x"}]}', '{"places": 5}'])
def test_a_damaged_file_is_set_aside(qtbot: QtBot, content: str) -> None:
    file = of_old(content)
    assert read_old(file) == ()
    assert file.with_suffix(".damaged").read_text() == content


@pytest.mark.parametrize(("was", "now"), [("200.0", "Infinity"), ("0.123", "0"), ("0.123", "-1")])
def test_a_number_that_is_none_is_no_place(qtbot: QtBot, was: str, now: str) -> None:
    document = json.dumps({"places": [asdict(replace(mark("Mitosis"), scale=0.123))]})
    assert read_old(of_old(document.replace(was, now))) == ()


def test_a_name_is_free_and_an_empty_one_is_not_taken() -> None:
    marks = Bookmarks()
    marks.apply((), (mark("Place 2"), mark("Place 1")))
    assert marks.next_name() == "Place 3"
    assert renamed(mark("Mitosis"), "  ").name == "Mitosis"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["add", "rename", "remove"]), st.integers(0, 5)), max_size=12))
def test_undo_takes_everything_back(qtbot: QtBot, edits: list[tuple[str, int]]) -> None:
    marks, undo = Bookmarks(), QUndoStack()
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
