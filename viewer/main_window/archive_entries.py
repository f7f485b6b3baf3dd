"""The list of archives in the person's hands: entered, changed, tried, forgotten."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QInputDialog, QLineEdit, QMessageBox

from ml.errors import Problem
from ml.pacs import address_book
from ml.pacs.server import Server
from viewer.main_window.parts import Parts
from viewer.panels.archive_dialog import ArchiveDialog
from viewer.panels.archive_page import ArchivePage


class ArchiveEntries(QObject):
    """Entries are in the settings folder; their passwords in the system's keyring."""

    def __init__(self, parts: Parts, page: ArchivePage) -> None:
        super().__init__(page)
        self._parts, self._page, self._work = parts, page, parts.archive
        for signal, slot in (
            (page.add_wished, self.add),
            (page.edit_wished, self.edit),
            (page.remove_wished, self.remove),
            (page.secret_wished, self.ask_secret),
            (page.test_wished, self.test),
            (self._work.answered, self._say_answer),
            (self._work.entered, self._say_entered),
            (self._work.forgotten, self._say_forgotten),
        ):
            signal.connect(slot)

    def renew(self, chosen: str) -> None:
        """Read the list anew."""
        try:
            self._page.set_servers(address_book.servers(), chosen)
        except Problem as problem:  # somebody wrote nonsense into the file
            self._page.set_servers((), "")
            self._page.say(str(problem), "refused")

    def add(self) -> None:
        """Enter another archive."""
        self._ask(None)

    def edit(self) -> None:
        """Change the entry of the archive that is chosen."""
        if self._page.server is not None:
            self._ask(self._page.server)

    def remove(self) -> None:
        """Forget the archive that is chosen, once more asked: its password goes with it."""
        server = self._page.server
        if server is None:
            return
        question = f"Forget {server.words} and its password? What was fetched from it stays."
        box = QMessageBox(QMessageBox.Icon.Question, "Forget an archive", question, parent=self._page)
        forget = box.addButton("Forget", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        wished = box.clickedButton() is forget
        box.deleteLater()
        if wished:
            self._page.run_started()
            self._work.forget(server.name)

    def ask_secret(self) -> None:
        """Ask for the password or token of the archive that is chosen."""
        server = self._page.server
        if server is None:
            return
        word, accepted = QInputDialog.getText(
            self._page,
            server.sign_in.capitalize(),
            f"{server.sign_in.capitalize()} for {server.words}; the system's keyring keeps it:",
            QLineEdit.EchoMode.Password,
        )
        if accepted and word:
            self._keep(server, word, server.name)

    def test(self) -> None:
        """Whether the archive that is chosen answers."""
        if self._page.server is not None and not self._work.running:
            self._page.run_started()
            self._work.test(self._page.server)

    def _ask(self, known: Server | None) -> None:
        dialog = ArchiveDialog(known, self._page)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        server, word = dialog.server, dialog.word
        dialog.deleteLater()
        if accepted and server is not None:
            self._keep(server, word, "" if known is None else known.name)

    def _keep(self, server: Server, word: str, instead_of: str) -> None:
        self._page.run_started()
        self._work.enter(server, word, instead_of)

    def _say_answer(self, sentence: str) -> None:
        self._page.run_ended()
        self._page.say(sentence, "finished")

    def _say_entered(self, name: str) -> None:
        self._page.run_ended()
        self._parts.settings.archive = name
        self.renew(name)
        self._page.say(f"“{name}” is entered. Test connection asks it whether it answers.", "finished")

    def _say_forgotten(self) -> None:
        self._page.run_ended()
        self.renew("")
