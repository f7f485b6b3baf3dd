"""A real archive in the window: entered, tried, searched, fetched from, and given results."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog, QMessageBox
from pytestqt.qtbot import QtBot

from ml.pacs import address_book
from ml.pacs.server import Server
from tests.gui.archives import memory_keyring, orthanc, server, slices, web_server  # noqa: F401
from tests.gui.ct_hands import whole
from tests.gui.hands import LONG, open_file
from tests.ml.pacs.orthanc import PASSWORD, USER, MemoryKeyring, Orthanc, entry, free_port, opened
from viewer.main_window.archive import Archive
from viewer.main_window.window import MainWindow
from viewer.panels.archive_dialog import ArchiveDialog

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="session")
def filled(orthanc: Orthanc, slices: tuple[Path, ...]) -> Orthanc:  # noqa: F811
    """The archive with twelve slices of a head in it."""
    with opened(entry(orthanc, "get")) as pacs:
        pacs.send(slices)
    return orthanc


@pytest.fixture
def archive(
    window: MainWindow,
    qtbot: QtBot,
    filled: Orthanc,
    memory_keyring: MemoryKeyring,  # noqa: F811
) -> Iterator[Archive]:
    """The page of archives, with that one entered over DIMSE."""
    address_book.put(entry(filled, "get"))
    window.run("archives")
    yield window.further.archive
    window._parts.archive.stop()
    idle(qtbot, window)


def idle(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window._parts.archive.running, timeout=LONG)


def click(qtbot: QtBot, window: MainWindow, button: object) -> None:
    """Press a button of the page, and wait for the answer."""
    qtbot.mouseClick(button, LEFT)
    idle(qtbot, window)


def answering(qtbot: QtBot, kind: type, answer: Callable[[object], object]) -> None:
    """Once a dialog of this kind stands, do something in it."""

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, kind):
            answer(dialog)
        else:
            QTimer.singleShot(10, look)

    QTimer.singleShot(0, look)


def test_without_an_archive_the_page_says_what_to_do(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(window.frame.welcome.archives_button, LEFT)
    page = window.further.archive.page
    assert window.further.archive.shown
    assert page.none.isVisible()
    assert page.first.hasFocus()
    assert not page.tree.isVisible()
    qtbot.keyClick(page.first, Qt.Key.Key_Escape)
    assert not window.further.archive.shown
    assert window.frame.welcome.isVisible()


def test_an_archive_is_entered_tried_changed_and_forgotten(
    window: MainWindow,
    qtbot: QtBot,
    orthanc: Orthanc,  # noqa: F811
    memory_keyring: MemoryKeyring,  # noqa: F811
) -> None:
    window.run("archives")
    page = window.further.archive.page

    def fill(dialog: ArchiveDialog) -> None:
        dialog.kind.setCurrentIndex(dialog.kind.findData("dicomweb"))
        dialog.sign_in.setCurrentIndex(dialog.sign_in.findData("password"))
        qtbot.keyClicks(dialog.url, orthanc.url)
        qtbot.keyClicks(dialog.user, USER)
        qtbot.keyClicks(dialog.password, PASSWORD)
        dialog.accept()  # without a name
        assert "is no name" in dialog.notice.text.text()
        qtbot.keyClicks(dialog.name, "south")
        dialog.accept()

    answering(qtbot, ArchiveDialog, fill)
    click(qtbot, window, page.first)
    assert [one.name for one in address_book.servers()] == ["south"]
    assert PASSWORD in memory_keyring.kept.values()
    assert PASSWORD not in address_book.file().read_text(encoding="utf-8")
    assert page.server_name == "south"
    click(qtbot, window, page.test)
    assert page.news.text.text().endswith("answers.")

    def rename(dialog: ArchiveDialog) -> None:
        assert dialog.password.text() == "", "it is never shown"
        dialog.name.setText("harbour")
        dialog.accept()

    answering(qtbot, ArchiveDialog, rename)
    click(qtbot, window, page.edit)
    assert [one.name for one in address_book.servers()] == ["harbour"]
    click(qtbot, window, page.test)
    assert page.news.text.text().endswith("answers."), "the password stays with the address"

    def forget(box: QMessageBox) -> None:
        next(b for b in box.buttons() if b.text() == "Forget").click()

    answering(qtbot, QMessageBox, forget)
    click(qtbot, window, page.remove)
    assert address_book.servers() == ()
    assert not memory_keyring.kept
    assert page.none.isVisible()


def test_a_wrong_password_is_typed_anew(
    window: MainWindow,
    qtbot: QtBot,
    orthanc: Orthanc,  # noqa: F811
    memory_keyring: MemoryKeyring,  # noqa: F811
) -> None:
    address_book.put(entry(orthanc, "web"))
    window.run("archives")
    page = window.further.archive.page

    def say(word: str) -> Callable[[QInputDialog], None]:
        def answer(dialog: QInputDialog) -> None:
            dialog.setTextValue(word)
            dialog.accept()

        return answer

    click(qtbot, window, page.test)
    assert "holds no password" in page.news.text.text()
    answering(qtbot, QInputDialog, say("wrong"))
    click(qtbot, window, page.news.button)
    click(qtbot, window, page.test)
    assert "does not accept user and password" in page.news.text.text()
    assert page.news.button.isVisible()
    answering(qtbot, QInputDialog, say(PASSWORD))
    click(qtbot, window, page.news.button)
    click(qtbot, window, page.test)
    assert page.news.text.text().endswith("answers.")
    assert not page.news.button.isVisible()


def test_an_archive_that_is_not_there_says_so(window: MainWindow, qtbot: QtBot) -> None:
    address_book.put(Server(name="gone", kind="dimse", host="127.0.0.1", port=free_port()))
    window.run("archives")
    page = window.further.archive.page
    click(qtbot, window, page.search.button)
    assert "nothing listens on that port" in page.news.text.text()
    assert page.search.button.isEnabled()


def test_a_study_is_found_fetched_and_opened(
    window: MainWindow,
    qtbot: QtBot,
    archive: Archive,
    slices: tuple[Path, ...],  # noqa: F811
) -> None:
    page = archive.page
    qtbot.keyClicks(page.search.name, "promed")
    page.search.name.setText("ProMED")
    qtbot.keyClick(page.search.name, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.tree.topLevelItemCount() == 1, timeout=LONG)
    qtbot.waitUntil(lambda: bool(page.tree.chosen), timeout=LONG)  # the only study opens by itself
    (series,) = page.tree.chosen
    assert series.images == len(slices)
    qtbot.mouseClick(page.fetch, LEFT)
    qtbot.waitUntil(lambda: window.ct.page is not None, timeout=LONG)
    shown = whole(qtbot, window)
    assert not archive.shown
    assert shown.reading.count == len(slices)
    assert not shown.opened.volume.missing
    window.run("archives")
    assert page.tree.topLevelItem(0).child(0).text(5) == "here", "what was found is still there"
    qtbot.keyClick(page.tree, Qt.Key.Key_Escape)
    assert not archive.shown
    qtbot.keyClick(QApplication.focusWidget(), "2")  # keys go to the picture again
    assert shown.reading.look.name == "Subdural"


def test_keys_belong_to_what_is_typed(window: MainWindow, qtbot: QtBot, archive: Archive) -> None:
    name = archive.page.search.name
    assert name.hasFocus()
    qtbot.keyClicks(name, "Mr V")
    assert name.text() == "Mr V"


def test_nothing_found_and_a_date_that_is_none(window: MainWindow, qtbot: QtBot, archive: Archive) -> None:
    page = archive.page
    page.search.first.setText("yesterday")
    click(qtbot, window, page.search.button)
    assert "“yesterday” is no date" in page.news.text.text()
    page.search.first.setText("2031")
    click(qtbot, window, page.search.button)
    assert page.news.text.text().startswith("No study fits.")
    assert page.tree.topLevelItemCount() == 0


def test_a_fetch_is_stopped_and_goes_on(window: MainWindow, qtbot: QtBot, archive: Archive) -> None:
    page = archive.page
    click(qtbot, window, page.search.button)
    qtbot.waitUntil(lambda: bool(page.tree.chosen), timeout=LONG)
    work = window._parts.archive
    with qtbot.waitSignal(work.stopped, timeout=LONG):
        work.step.connect(lambda step: work.stop() if step.done >= 2 else None)
        qtbot.mouseClick(page.fetch, LEFT)
    work.step.disconnect()
    work.step.connect(archive._tell)
    assert page.news.text.text().startswith("Stopped.")
    assert window.ct.page is None
    words = page.tree.topLevelItem(0).child(0).text(5)
    assert words.endswith("of 12")
    here = int(words.split()[0])
    assert 2 <= here < 12
    with qtbot.waitSignal(work.delivered, timeout=LONG) as told:
        qtbot.mouseClick(page.fetch, LEFT)
    assert told.args[0].already == here
    qtbot.waitUntil(lambda: window.ct.page is not None, timeout=LONG)
    whole(qtbot, window)


def test_names_are_hidden_in_the_list_too(window: MainWindow, qtbot: QtBot, archive: Archive) -> None:
    page = archive.page
    click(qtbot, window, page.search.button)
    assert "ProMED" in page.tree.topLevelItem(0).text(0)
    window.run("privacy")
    assert page.tree.topLevelItem(0).text(0) == "Name hidden"
    click(qtbot, window, page.search.button)
    assert page.tree.topLevelItem(0).text(0) == "Name hidden"
    window.run("privacy")
    assert "ProMED" in page.tree.topLevelItem(0).text(0)


def test_two_entries_of_one_name_are_refused(window: MainWindow, qtbot: QtBot, archive: Archive) -> None:
    known = archive.page.server
    assert known is not None
    archive.page.run_started()
    window._parts.archive.enter(dataclasses.replace(known, port=free_port()), "", "")
    idle(qtbot, window)
    assert "already" in archive.page.news.text.text()
    assert address_book.server(known.name) == known


def test_closing_leaves_the_page_first_and_not_the_picture_behind_it(
    window: MainWindow, qtbot: QtBot, sample_slide: Path
) -> None:
    open_file(qtbot, window, sample_slide)
    window.run("archives")
    qtbot.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert not window.further.archive.shown
    assert window._parts.session.current is not None
    qtbot.keyClick(window, Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    assert window._parts.session.current is None
