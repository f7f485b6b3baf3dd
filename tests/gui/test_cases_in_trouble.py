"""When things go wrong: killed, no room on the disk, two people at one case, no library."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from ml import paths
from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from tests.gui.case_hands import a_window, known, listed, open_slide, put, saved
from tests.gui.hands import LONG
from viewer.main_window.window import MainWindow
from viewer.state.last_open import LastOpen, OpenItem
from viewer.state.opened_slide import OpenedSlide


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A flat picture of tissue."""
    from skimage.data import immunohistochemistry

    path = tmp_path / "field.png"
    Image.fromarray(np.tile(immunohistochemistry(), (2, 2, 1))).save(path)
    return path


@contextmanager
def no_room(window: MainWindow) -> Iterator[None]:
    """No page of the library's file can be added: what SQLite says of a full disk, from SQLite itself."""
    engine = window._parts.keeping._library._database.engine

    def fill(connection: object, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    sa.event.listen(engine, "connect", fill)
    engine.dispose()
    try:
        yield
    finally:
        sa.event.remove(engine, "connect", fill)
        engine.dispose()


def moved(opened: OpenedSlide, before: Annotation, x: float) -> Annotation:
    """Move a rectangle."""
    after = Annotation(Shape.rectangle(Rect(x, 100, 300, 300)), id=before.id)
    opened.edit(Change((before,), (after,), "Move rectangle"))
    return after


@pytest.mark.parametrize("lines", [1, 4, 9])
def test_after_a_kill_all_that_was_said_to_be_saved_is_there(qtbot: QtBot, picture: Path, lines: int) -> None:
    command = [sys.executable, "-m", "tests.gui.killed_window", str(picture)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    ) as child:
        assert child.stdout is not None
        told = [child.stdout.readline().split() for _ in range(lines)]
        child.kill()
        told += [
            line.split() for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")
        ]
    confirmed = set(told[-1])
    assert confirmed
    with a_window(qtbot) as window:
        qtbot.waitUntil(lambda: len(window._parts.session.items) == 1, timeout=LONG)
        (opened,) = window._parts.session.items
        known(qtbot, window, opened)
        qtbot.waitUntil(lambda: confirmed <= {a.id for a in opened.annotations}, timeout=LONG)
        assert int(opened.comment.split()[0]) >= 1
        banner = window.frame.banner
        assert banner.problem.what == "Parfocal ended unexpectedly; field.png is open again."
        assert "Everything that was said to be saved is there." in banner.remedy.text()
        saved(qtbot, window)
    with a_window(qtbot) as window:  # that one closed as it should: nothing is opened by itself
        assert listed(qtbot, window, 1) == ["field"]
        assert not window._parts.session.items
        assert window.frame.banner.problem is None


def test_a_file_that_ends_the_program_is_offered_not_opened_again(qtbot: QtBot, picture: Path) -> None:
    killed = LastOpen()
    killed.note([OpenItem(str(picture), picture.name)], reopening=True)
    killed._lock.unlock()  # as the system does with the lock of a program that is gone
    with a_window(qtbot) as window:
        banner = window.frame.banner
        assert banner.problem.what == "Parfocal ended twice while field.png was open."
        assert not window._parts.session.items
        qtbot.mouseClick(banner.action_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(window._parts.session.items) == 1, timeout=LONG)
        qtbot.waitUntil(
            lambda: banner.problem is not None and "open again" in banner.problem.what, timeout=LONG
        )


def test_what_another_window_has_open_is_not_opened_here(qtbot: QtBot, picture: Path) -> None:
    with a_window(qtbot) as first:
        open_slide(qtbot, first, picture)
        with a_window(qtbot) as second:
            assert listed(qtbot, second, 1) == ["field"]
            assert not second._parts.session.items


def test_a_full_disk_is_said_and_what_waited_is_saved_when_there_is_room(qtbot: QtBot, picture: Path) -> None:
    with a_window(qtbot) as window:
        opened = open_slide(qtbot, window, picture)
        saved(qtbot, window)
        kept = window.status.kept
        with no_room(window):
            drawn = [put(opened, 10 * number) for number in range(400)]
            qtbot.waitUntil(lambda: kept.text() == "Not saved: the disk is full – retrying", timeout=LONG)
            qtbot.mouseClick(kept, Qt.MouseButton.LeftButton)
            assert "disk is full" in window.frame.banner.problem.what
        saved(qtbot, window)
    with a_window(qtbot) as window:
        opened = open_slide(qtbot, window, picture)
        qtbot.waitUntil(lambda: list(opened.annotations) == drawn, timeout=LONG)


def test_closing_with_a_full_disk_asks_and_waits_for_room(
    qtbot: QtBot, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viewer.work.keeping._PATIENCE", 0.2)
    with a_window(qtbot) as window:
        opened = open_slide(qtbot, window, picture)
        saved(qtbot, window)
        full = no_room(window)
        full.__enter__()
        drawn = [put(opened, 10 * number) for number in range(400)]
        qtbot.waitUntil(lambda: window.status.kept.text().startswith("Not saved"), timeout=LONG)
        asked = []

        def make_room() -> None:
            box = QApplication.activeModalWidget()
            if not isinstance(box, QMessageBox):
                QTimer.singleShot(20, make_room)
                return
            asked.append(box.informativeText())
            if len(asked) == 1:
                full.__exit__(None, None, None)
            monkeypatch.setattr("viewer.work.keeping._PATIENCE", 30.0)
            next(b for b in box.buttons() if b.text() == "Try again").click()

        QTimer.singleShot(0, make_room)
        window.close()
        assert "disk is full" in asked[0]
    with a_window(qtbot) as window:
        opened = open_slide(qtbot, window, picture)
        qtbot.waitUntil(lambda: list(opened.annotations) == drawn, timeout=LONG)


@pytest.mark.parametrize("choice", ["theirs", "both"])
def test_two_at_one_case_the_later_is_told_who_and_loses_nothing(
    qtbot: QtBot, picture: Path, choice: str
) -> None:
    with a_window(qtbot) as one, a_window(qtbot) as other:
        here = open_slide(qtbot, one, picture)
        before = put(here, 100)
        saved(qtbot, one)
        there = open_slide(qtbot, other, picture)
        qtbot.waitUntil(lambda: len(there.annotations) == 1, timeout=LONG)
        theirs = moved(here, before, 500)
        saved(qtbot, one)
        mine = moved(there, before, 900)
        banner = other.frame.banner
        qtbot.waitUntil(lambda: banner.problem is not None, timeout=LONG)
        assert "changed the same annotation meanwhile: “Move rectangle”" in banner.problem.what
        assert "@" in banner.problem.what
        kept = other.status.kept
        qtbot.waitUntil(lambda: kept.text() == "Not saved: your decision", timeout=LONG)
        assert banner.action_button.text() == "Take theirs"
        assert banner.other_button.text() == "Keep mine as well"
        banner.dismiss()
        qtbot.mouseClick(other.status.kept, Qt.MouseButton.LeftButton)  # a conflict does not get lost
        button = banner.action_button if choice == "theirs" else banner.other_button
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        saved(qtbot, other)
        qtbot.waitUntil(lambda: len(there.annotations) == (1 if choice == "theirs" else 2), timeout=LONG)
        assert there.annotations[before.id] == theirs
        if choice == "both":
            beside = next(a for a in there.annotations if a.id != before.id)
            assert beside.shape == mine.shape
        item = known(qtbot, other, there)
        stored = other._parts.keeping.do_now(lambda library: library.annotations(item))
        assert {a.id for a in stored} == {a.id for a in there.annotations}


def test_what_nobody_decided_is_there_the_next_time_beside_what_the_other_did(
    qtbot: QtBot, picture: Path
) -> None:
    with a_window(qtbot) as one:
        here = open_slide(qtbot, one, picture)
        before = put(here, 100)
        saved(qtbot, one)
        with a_window(qtbot) as other:
            there = open_slide(qtbot, other, picture)
            qtbot.waitUntil(lambda: len(there.annotations) == 1, timeout=LONG)
            theirs = moved(here, before, 500)
            saved(qtbot, one)
            mine = moved(there, before, 900)
            kept = other.status.kept
            qtbot.waitUntil(lambda: kept.text() == "Not saved: your decision", timeout=LONG)
    with a_window(qtbot) as again:
        opened = open_slide(qtbot, again, picture)
        qtbot.waitUntil(lambda: len(opened.annotations) == 2, timeout=LONG)
        assert opened.annotations[before.id] == theirs
        assert mine.shape in [a.shape for a in opened.annotations]


def test_a_library_that_cannot_be_opened_is_said_and_edits_wait_for_it(
    qtbot: QtBot, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from viewer.cases.database import NotNow
    from viewer.cases.library import Library

    real = Library.open

    def closed(*_: object, **__: object) -> Library:
        raise NotNow("The case library's server does not answer.", "Check the network.")

    monkeypatch.setattr(Library, "open", closed)
    from viewer.app import build

    _, window = build([])
    window.show()
    window.cases.begin()
    panel = window.frame.slides.all
    window.run("all_cases")
    qtbot.waitUntil(panel.failed.isVisible, timeout=LONG)
    assert "does not answer" in panel.failed.text.text()
    window.slides.open(picture)
    qtbot.waitUntil(lambda: window._parts.session.slide is not None, timeout=LONG)
    drawn = put(window._parts.session.slide, 100)
    qtbot.waitUntil(lambda: window.status.kept.text().startswith("Not saved"), timeout=LONG)
    monkeypatch.setattr(Library, "open", real)
    qtbot.mouseClick(panel.failed.button, Qt.MouseButton.LeftButton)
    saved(qtbot, window)
    window.close()
    window.deleteLater()
    with a_window(qtbot) as again:
        opened = open_slide(qtbot, again, picture)
        qtbot.waitUntil(lambda: list(opened.annotations) == [drawn], timeout=LONG)


def test_a_window_that_is_closed_at_once_keeps_what_was_done(qtbot: QtBot, picture: Path) -> None:
    from viewer.app import build

    _, window = build([])
    window.show()
    window.slides.open(picture)
    qtbot.waitUntil(lambda: window._parts.session.slide is not None, timeout=LONG)
    drawn = put(window._parts.session.slide, 100)
    window._parts.session.slide.set_comment("In a hurry.")
    window.close()
    window.deleteLater()
    with a_window(qtbot) as again:
        opened = open_slide(qtbot, again, picture)
        qtbot.waitUntil(lambda: list(opened.annotations) == [drawn], timeout=LONG)
        assert opened.comment == "In a hurry."


def test_a_damaged_library_is_opened_from_its_backup_and_that_is_said(qtbot: QtBot, picture: Path) -> None:
    with a_window(qtbot) as window:
        drawn = put(open_slide(qtbot, window, picture), 100)
        saved(qtbot, window)
        window._parts.keeping.do_now(lambda library: library.backup())
    file = paths.data() / "library.sqlite"
    content = bytearray(file.read_bytes())
    content[: len(content) // 2] = bytes(len(content) // 2)
    file.write_bytes(content)
    with a_window(qtbot) as window:
        banner = window.frame.banner
        qtbot.waitUntil(lambda: banner.problem is not None, timeout=LONG)
        assert "damaged" in f"{banner.problem.what} {banner.problem.remedy}"
        opened = open_slide(qtbot, window, picture)
        qtbot.waitUntil(lambda: list(opened.annotations) == [drawn], timeout=LONG)
