"""The entry of one picture archive: where it is and how to speak with it."""

from __future__ import annotations

import dataclasses

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QWidget,
)

from ml.errors import Problem
from ml.pacs.server import Kind, Server
from viewer.panels.archive_ways import ArchiveWays
from viewer.panels.number_field import WholeField
from viewer.panels.pieces import GRID, Notice, Text, column, named

_KINDS: tuple[tuple[str, Kind], ...] = (("DICOM (DIMSE)", "dimse"), ("DICOMweb", "dicomweb"))
_SIGNS = (("No sign-in", "none"), ("User and password", "password"), ("Token", "token"))


class ArchiveDialog(QDialog):
    """`server` and `word` hold what was typed, once it can be an entry. The password is never shown."""

    def __init__(self, known: Server | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known = known
        self.server: Server | None = None
        self.setWindowTitle("Archive" if known else "Add an archive")
        self.setMinimumWidth(120 * GRID)
        self.name, self.kind = QLineEdit(self), QComboBox(self)
        self.host, self.port = QLineEdit(self), WholeField(self)
        self.title, self.own_title = QLineEdit(self), QLineEdit(self)
        self.tls = QCheckBox("Encrypted (TLS)", self)
        self.url = QLineEdit(self)
        self.sign_in, self.user, self.password = QComboBox(self), QLineEdit(self), QLineEdit(self)
        self.ways = ArchiveWays(self)
        self.notice = Notice(parent=self)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._name_them()
        self._lay_out()
        self._fill(known or Server(name="archive", kind="dimse", host="archive"))
        if known is None:
            self.name.clear()
            self.host.clear()
        self.kind.currentIndexChanged.connect(self._arrange)
        self.sign_in.currentIndexChanged.connect(self._arrange)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._arrange()

    @property
    def word(self) -> str:
        """The password or token that was typed; empty: it stays as it is."""
        needed = self.server is not None and self.server.sign_in != "none"
        return self.password.text() if needed else ""

    def accept(self) -> None:
        """Take what is typed, if it can be an entry; else say what is wrong with it."""
        try:
            self.server = self._typed()
        except Problem as problem:
            self.notice.say(str(problem), "warning")
            return
        super().accept()

    def _typed(self) -> Server:
        base: dict[str, object] = {}
        if self._known is not None:  # what the dialog does not ask stays as it is
            base = {f.name: getattr(self._known, f.name) for f in dataclasses.fields(self._known)}
        base |= {"name": self.name.text().strip(), "kind": self.kind.currentData()}
        base |= {"sign_in": self.sign_in.currentData(), "user": self.user.text().strip()}
        if base["sign_in"] != "password":
            base["user"] = ""
        if base["kind"] == "dimse":
            base |= {"host": self.host.text().strip(), "port": self.port.value(), "tls": self.tls.isChecked()}
            base |= {"title": self.title.text().strip(), "own_title": self.own_title.text().strip()}
            base["url"] = ""
        else:
            base |= {"url": self.url.text().strip(), "host": ""}
        return Server(**(base | self.ways.typed))  # type: ignore[arg-type]  # checked by itself

    def _fill(self, server: Server) -> None:
        self.name.setText(server.name)
        self.kind.setCurrentIndex(self.kind.findData(server.kind))
        self.host.setText(server.host)
        self.port.setValue(server.port)
        self.title.setText(server.title)
        self.own_title.setText(server.own_title)
        self.tls.setChecked(server.tls)
        self.url.setText(server.url)
        self.sign_in.setCurrentIndex(self.sign_in.findData(server.sign_in))
        self.user.setText(server.user)
        self.ways.fill(server)

    def _name_them(self) -> None:
        for title, kind in _KINDS:
            self.kind.addItem(title, kind)
        for title, way in _SIGNS:
            self.sign_in.addItem(title, way)
        self.port.setRange(1, 65535)
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.name.setPlaceholderText("north")
        self.host.setPlaceholderText("pacs.example")
        self.url.setPlaceholderText("https://pacs.example/dicom-web")
        self.password.setPlaceholderText("unchanged" if self._known else "")
        named(self.name, "Name", "What you call it; letters, digits, dot and dash")
        named(self.kind, "How it is spoken with", "Ask whoever runs the archive; most speak DICOM")
        named(self.host, "Computer", "Name or address of the archive's computer")
        named(self.port, "Port", "104 is usual")
        named(self.title, "Title of the archive", "Its application entity title; capitals count")
        named(self.own_title, "Our title", "The title under which the archive knows this computer")
        named(self.tls, "Encrypted", "Encrypt the connection; the port must speak TLS")
        named(self.url, "Web address", "The one under which /studies lies")
        named(self.sign_in, "Sign-in", "Whether the archive wants to know who asks")
        named(self.user, "User", "The account at the archive")
        named(self.password, "Password or token", "The system's keyring keeps it, no file does")

    def _lay_out(self) -> None:
        layout = column(self, margin=4 * GRID, gap=3 * GRID)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(3 * GRID)
        for title, field in (
            ("&Name", self.name),
            ("&Speaks", self.kind),
            ("&Computer", self.host),
            ("&Port", self.port),
            ("&Its title", self.title),
            ("&Our title", self.own_title),
            ("", self.tls),
            ("&Web address", self.url),
            ("Si&gn-in", self.sign_in),
            ("&User", self.user),
            ("Pass&word", self.password),
        ):
            self._form.addRow(title, field)
        layout.addLayout(self._form)
        layout.addWidget(Text("The system's keyring keeps the password; no file does.", quiet=True))
        layout.addWidget(self.ways)
        layout.addWidget(self.notice)
        layout.addStretch(1)
        layout.addWidget(self.buttons)

    def _arrange(self, _: int = 0) -> None:
        """Only what this way of speaking and this sign-in need."""
        way, dimse = self.sign_in.currentData(), self.kind.currentData() == "dimse"
        for field in (self.host, self.port, self.title, self.own_title, self.tls):
            self._form.setRowVisible(field, dimse)
        self._form.setRowVisible(self.url, not dimse)
        self._form.setRowVisible(self.user, way == "password")
        self._form.setRowVisible(self.password, way != "none")
        self.ways.set_kind(self.kind.currentData())
