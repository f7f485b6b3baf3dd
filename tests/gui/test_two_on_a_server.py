"""Two windows on one case of a department's library, on a real server that the tests start."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.annotation.document import Change
from ml.annotation.edits import given
from tests.gui.case_hands import a_window, known, open_slide, put, saved
from tests.gui.hands import LONG
from tests.viewer.cases.conftest import database_address, server  # noqa: F401 - fixtures
from viewer.main_window.window import MainWindow

LEFT = Qt.MouseButton.LeftButton


def stored(qtbot: QtBot, window: MainWindow) -> dict[str, str]:
    """What the server holds of the slide: names by id."""
    item = known(qtbot, window, window._parts.session.slide)
    found = window._parts.keeping.do_now(lambda library: library.annotations(item))
    return {one.id: one.name for one in found}


@pytest.mark.slow
@pytest.mark.parametrize("choice", ["theirs", "both"])
def test_no_update_is_lost_and_undo_fits_after_the_merge(
    qtbot: QtBot,
    sample_slide: Path,
    database_address: str,  # noqa: F811
    choice: str,
) -> None:
    with a_window(qtbot, database_address) as one, a_window(qtbot, database_address) as other:
        here = open_slide(qtbot, one, sample_slide)
        first, second = put(here, 100), put(here, 600)
        saved(qtbot, one)
        there = open_slide(qtbot, other, sample_slide)
        qtbot.waitUntil(lambda: len(there.annotations) == 2, timeout=LONG)
        mine = put(there, 1100)  # both edit, but not the same
        here.edit_if(given((here.annotations[second.id],), "Rename", name="north"))
        for window in (one, other):
            saved(qtbot, window)
        assert stored(qtbot, other) == {first.id: "", second.id: "north", mine.id: ""}

        here.edit_if(given((here.annotations[first.id],), "Rename", name="theirs"))
        saved(qtbot, one)
        there.edit_if(given((there.annotations[first.id],), "Rename", name="mine"))
        banner = other.frame.banner
        qtbot.waitUntil(
            lambda: banner.problem is not None and "annotation" in banner.problem.what, timeout=LONG
        )
        assert banner.problem.what.startswith(f"{getpass.getuser()}@")
        assert "“Rename”" in banner.problem.what
        there.undo.undo()  # before anything is decided
        there.undo.redo()
        qtbot.mouseClick(banner.action_button if choice == "theirs" else banner.other_button, LEFT)
        saved(qtbot, other)
        names = ["theirs", "north", ""] if choice == "theirs" else ["theirs", "north", "", "mine"]
        qtbot.waitUntil(lambda: sorted(one.name for one in there.annotations) == sorted(names), timeout=LONG)
        assert stored(qtbot, other) == {one.id: one.name for one in there.annotations}
        undone_and_saved(qtbot, other)
        drawn = put(there, 1600)
        there.edit(Change((drawn,), (), "Delete"))
        for _ in range(2):
            undone_and_saved(qtbot, other)
        assert "theirs" in stored(qtbot, other).values()


def undone_and_saved(qtbot: QtBot, window: MainWindow) -> None:
    """Take back the last edit, if any is left, and see that screen and server agree."""
    opened = window._parts.session.slide
    assert opened is not None
    opened.undo.undo()
    saved(qtbot, window)
    assert stored(qtbot, window) == {one.id: one.name for one in opened.annotations}


@pytest.mark.slow
def test_the_comment_of_both_is_kept_and_who_wrote_the_other_is_named(
    qtbot: QtBot,
    sample_slide: Path,
    database_address: str,  # noqa: F811
) -> None:
    with a_window(qtbot, database_address) as one, a_window(qtbot, database_address) as other:
        for window in (one, other):
            open_slide(qtbot, window, sample_slide)
            saved(qtbot, window)
        qtbot.keyClicks(one.frame.findings.comment, "Dense.")
        saved(qtbot, one)
        qtbot.keyClicks(other.frame.findings.comment, "Ask.")
        banner = other.frame.banner
        qtbot.waitUntil(lambda: banner.problem is not None, timeout=LONG)
        assert banner.problem.what.startswith(f"{getpass.getuser()}@")
        saved(qtbot, other)
        assert other.frame.findings.comment.toPlainText() == "Dense.\n\nAsk."
