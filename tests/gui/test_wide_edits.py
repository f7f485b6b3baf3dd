"""Edits of very many: the window goes on while they are made; each is one step, and none gets lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.edits import given
from ml.exchange.contract import Document
from ml.exchange.formats import write
from tests.gui.case_hands import a_window, open_slide, put, saved
from tests.gui.hands import LONG
from tests.gui.test_crowd import MANY, crowd, kept_of
from viewer.main_window.window import MainWindow
from viewer.state import annotated, wide_edits
from viewer.state.opened_slide import OpenedSlide


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred annotations count as very many."""
    for module in (annotated, wide_edits):
        monkeypatch.setattr(module, "MANY", 100)


def all_selected(qtbot: QtBot, window: MainWindow, slide: Path) -> OpenedSlide:
    """A slide with a crowd on it, all of it selected."""
    opened = open_slide(qtbot, window, slide)
    opened.edit(Change((), crowd(), "Import"))
    window.surface.action("select_all").trigger()
    assert len(opened.selection) == MANY
    return opened


def made(qtbot: QtBot, opened: OpenedSlide) -> None:
    """Wait until nothing is being made."""
    assert opened.wide.busy
    qtbot.waitUntil(lambda: not opened.wide.busy, timeout=LONG)


def test_relabelling_all_is_one_step_there_and_back(
    qtbot: QtBot, window: MainWindow, sample_slide: Path
) -> None:
    opened = all_selected(qtbot, window, sample_slide)
    before = tuple(opened.annotations)
    steps, changes = opened.undo.count(), list[Change]()
    opened.annotations_changed.connect(changes.append)
    window.surface.action("class_4").trigger()
    assert tuple(opened.annotations) == before, "until it is made all is as it was"
    made(qtbot, opened)
    assert {one.class_name for one in opened.annotations} == {opened.classes.on_key("4").name}
    assert opened.undo.count() == steps + 1
    assert len(opened.selection) == MANY
    window.surface.action("undo").trigger()
    made(qtbot, opened)
    assert tuple(opened.annotations) == before
    window.surface.action("delete").trigger()
    made(qtbot, opened)
    assert len(opened.annotations) == 0
    assert opened.selection == ()
    assert len(changes) == 3, "listeners hear of each edit once"
    window.surface.action("undo").trigger()
    made(qtbot, opened)
    assert tuple(opened.annotations) == before
    assert kept_of(qtbot, window, opened) == before


def test_an_edit_meanwhile_comes_after_the_one_that_is_being_made(
    qtbot: QtBot, window: MainWindow, sample_slide: Path
) -> None:
    opened = all_selected(qtbot, window, sample_slide)
    before = tuple(opened.annotations)
    first = next(iter(opened.annotations))
    window.surface.action("class_4").trigger()
    assert opened.wide.busy
    opened.edit_many(lambda: given((opened.annotations[first.id],), "Rename", name="seen"), 1, "Rename")
    assert not opened.wide.busy
    new = opened.classes.on_key("4").name
    assert [opened.undo.text(number) for number in (1, 2)] == [f"Class “{new}” ({MANY})", "Rename"]
    assert opened.annotations[first.id].name == "seen"
    opened.undo.undo()
    window.surface.action("undo").trigger()
    made(qtbot, opened)
    assert tuple(opened.annotations) == before
    window.surface.action("redo").trigger()
    window.surface.action("redo").trigger()  # before the first is made
    assert opened.annotations[first.id].name == "seen"
    assert {one.class_name for one in opened.annotations} == {new}


def test_closing_meanwhile_loses_nothing(qtbot: QtBot, sample_slide: Path, tmp_path: Path) -> None:
    path, drawn = tmp_path / "many.geojson", crowd()
    write(path, Document(drawn))
    with a_window(qtbot) as window:
        opened = open_slide(qtbot, window, sample_slide)
        files = window.further.annotating.files
        files.bring_in([path])
        qtbot.waitUntil(lambda: len(opened.annotations) == MANY, timeout=LONG)
        saved(qtbot, window)
        window.surface.action("select_all").trigger()
        window.surface.action("class_4").trigger()
        window.slides.close_current()
        saved(qtbot, window)
        assert len(opened.annotations) == 0, "its memory is given back"
        opened = open_slide(qtbot, window, sample_slide)
        qtbot.waitUntil(lambda: not opened.is_loading, timeout=LONG)
        mine = put(opened, 900)
        window.surface.action("select_all").trigger()
        window.surface.action("lock").trigger()
        assert opened.wide.busy
    with a_window(qtbot) as window:  # it was closed at once
        opened = open_slide(qtbot, window, sample_slide)
        qtbot.waitUntil(lambda: not opened.is_loading, timeout=LONG)
        name = opened.classes.on_key("4").name
        there = {one.id: one for one in opened.annotations}
        assert len(there) == MANY + 1
        assert there.pop(mine.id).locked
        assert {(one.class_name, one.locked) for one in there.values()} == {(name, True)}
