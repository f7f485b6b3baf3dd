"""An archive behind TLS, entered by hand in the window: each road that images can come by."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from ml.pacs import address_book
from tests.gui.archives import certificates, memory_keyring, secure_orthanc, slices  # noqa: F401
from tests.gui.ct_hands import whole
from tests.gui.hands import LONG
from tests.gui.test_archive import answering, click, idle
from tests.ml.pacs.orthanc import PASSWORD, USER, MemoryKeyring, Orthanc, entry, opened
from viewer.main_window.window import MainWindow
from viewer.panels.archive_dialog import ArchiveDialog

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="session")
def filled(secure_orthanc: Orthanc, certificates: Path, slices: tuple[Path, ...]) -> Orthanc:  # noqa: F811
    """The archive with twelve slices of a head in it."""
    with opened(entry(secure_orthanc, "get", certificates)) as pacs:
        pacs.send(slices)
    return secure_orthanc


@pytest.mark.parametrize("road", ["get", "move", "web"])
def test_a_study_comes_over_tls(
    window: MainWindow,
    qtbot: QtBot,
    filled: Orthanc,
    certificates: Path,  # noqa: F811
    memory_keyring: MemoryKeyring,  # noqa: F811
    slices: tuple[Path, ...],  # noqa: F811
    road: str,
) -> None:
    window.run("archives")
    page = window.further.archive.page

    def fill(dialog: ArchiveDialog) -> None:
        qtbot.keyClicks(dialog.name, "north")
        dialog.ways.unfold()
        if road == "web":
            dialog.kind.setCurrentIndex(dialog.kind.findData("dicomweb"))
            dialog.sign_in.setCurrentIndex(dialog.sign_in.findData("password"))
            qtbot.keyClicks(dialog.url, filled.url)
            qtbot.keyClicks(dialog.user, USER)
            qtbot.keyClicks(dialog.password, PASSWORD)
        else:
            qtbot.keyClicks(dialog.host, "localhost")
            dialog.port.setValue(filled.dicom_port)
            dialog.title.setText("ORTHANC")
            dialog.tls.click()
            dialog.ways.retrieve.setCurrentIndex(dialog.ways.retrieve.findData(road))
            dialog.ways.listen_port.setValue(filled.move_port)
        for field, file in (("ca", "ca"), ("certificate", "client"), ("key", "client-key")):
            getattr(dialog.ways, field).field.setText(str(certificates / f"{file}.pem"))
        dialog.accept()
        assert dialog.server is not None, dialog.notice.text.text()

    answering(qtbot, ArchiveDialog, fill)
    click(qtbot, window, page.first)
    click(qtbot, window, page.test)
    assert page.news.text.text().endswith("answers.")
    click(qtbot, window, page.search.button)
    qtbot.waitUntil(lambda: bool(page.tree.chosen), timeout=LONG)
    qtbot.mouseClick(page.fetch, LEFT)
    qtbot.waitUntil(lambda: window.ct.page is not None, timeout=LONG)
    assert whole(qtbot, window).reading.count == len(slices)
    idle(qtbot, window)


def test_whom_nobody_vouches_for_is_not_spoken_with(
    window: MainWindow,
    qtbot: QtBot,
    filled: Orthanc,
    certificates: Path,  # noqa: F811
    memory_keyring: MemoryKeyring,  # noqa: F811
) -> None:
    address_book.put(dataclasses.replace(entry(filled, "get", certificates), ca_file=""))
    window.run("archives")
    page = window.further.archive.page
    click(qtbot, window, page.search.button)
    assert "certificate" in page.news.text.text()
    assert page.tree.topLevelItemCount() == 0
