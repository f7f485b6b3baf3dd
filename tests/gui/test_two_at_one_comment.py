"""Two workstations at one comment: both texts are kept, the later is told, and may choose one of them."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.gui.case_hands import a_window, known, open_slide, saved
from tests.gui.hands import LONG
from viewer.main_window.window import MainWindow

LEFT = Qt.MouseButton.LeftButton
BOTH = "Dense at the rim.\n\nAsk Dr. B."


def comment_kept(qtbot: QtBot, window: MainWindow) -> object:
    item = known(qtbot, window, window._parts.session.slide)
    return window._parts.keeping.do_now(lambda library: library.state(item, "comment"))


def told(qtbot: QtBot, window: MainWindow, about: str) -> str:
    """Wait for the banner; what it says of both texts."""
    banner = window.frame.banner
    qtbot.waitUntil(lambda: banner.problem is not None, timeout=LONG)
    who = getpass.getuser()  # the account, and then the computer
    assert banner.problem.what.startswith(f"{who}@")
    assert f" changed {about} meanwhile, 20" in banner.problem.what
    return str(banner.remedy.text())


@pytest.mark.parametrize(
    ("choice", "kept"), [("both", BOTH), ("theirs", "Dense at the rim."), ("mine", "Ask Dr. B.")]
)
def test_the_comment_for_the_report(qtbot: QtBot, sample_slide: Path, choice: str, kept: str) -> None:
    with a_window(qtbot) as one, a_window(qtbot) as other:
        open_slide(qtbot, one, sample_slide)
        saved(qtbot, one)
        open_slide(qtbot, other, sample_slide)
        qtbot.keyClicks(one.frame.findings.comment, "Dense at the rim.")
        saved(qtbot, one)
        qtbot.keyClicks(other.frame.findings.comment, "Ask Dr. B.")
        words = told(qtbot, other, f"the comment on {sample_slide.name}")
        assert "Theirs: “Dense at the rim.”" in words
        assert "Yours: “Ask Dr. B.”" in words
        saved(qtbot, other)
        assert comment_kept(qtbot, other) == BOTH, "nothing waits for a decision"
        assert other.frame.findings.comment.toPlainText() == BOTH
        banner = other.frame.banner
        if choice != "both":
            button = banner.action_button if choice == "theirs" else banner.other_button
            qtbot.mouseClick(button, LEFT)
            assert banner.problem is None
        qtbot.waitUntil(lambda: comment_kept(qtbot, other) == kept, timeout=LONG)
        assert other.frame.findings.comment.toPlainText() == kept
        qtbot.keyClicks(other.frame.findings.comment, "!")  # one goes on where one was
        saved(qtbot, other)
        qtbot.waitUntil(lambda: "!" in str(comment_kept(qtbot, other)), timeout=LONG)
        assert banner.problem is None or choice == "both"


@pytest.mark.parametrize(
    ("choice", "kept"), [("both", BOTH), ("theirs", "Dense at the rim."), ("mine", "Ask Dr. B.")]
)
def test_the_comment_on_the_case(qtbot: QtBot, sample_slide: Path, choice: str, kept: str) -> None:
    with a_window(qtbot) as one, a_window(qtbot) as other:
        for window in (one, other):
            open_slide(qtbot, window, sample_slide)
            qtbot.waitUntil(lambda w=window: w.frame.slides.case.about is not None, timeout=LONG)
            saved(qtbot, window)
        case = one.cases.work.case.id

        def in_library() -> str:
            return str(other._parts.keeping.do_now(lambda library: library.case(case).comment))

        page = other.frame.slides.case
        for window in (one, other):
            window.frame.slides.case.notes.unfold()
        qtbot.keyClicks(one.frame.slides.case.comment, "Dense at the rim.")
        qtbot.waitUntil(lambda: in_library() == "Dense at the rim.", timeout=LONG)
        qtbot.keyClicks(page.comment, "Ask Dr. B.")
        words = told(qtbot, other, f"the comment on “{page.about.name}”")
        assert "Both are kept, theirs first." in words
        assert in_library() == page.comment.toPlainText() == BOTH
        if choice != "both":
            banner = other.frame.banner
            button = banner.action_button if choice == "theirs" else banner.other_button
            qtbot.mouseClick(button, LEFT)
        qtbot.waitUntil(lambda: in_library() == kept, timeout=LONG)
        assert page.comment.toPlainText() == kept
