"""What an archive's entry seldom needs: how images come, certificates, how long to wait."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QFormLayout, QLineEdit, QPushButton, QWidget

from ml.pacs.server import Server
from viewer.panels.number_field import WholeField
from viewer.panels.pieces import GRID, FoldOut, named, row

_WAYS = (("on the same connection (C-GET)", "get"), ("on one that it opens to us (C-MOVE)", "move"))


class ArchiveWays(FoldOut):
    """Folded away until somebody wants it, or the entry has something of it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("More", "How images come, certificates, how long to wait", parent)
        self.retrieve, self.listen_port = QComboBox(self), WholeField(self)
        for title, way in _WAYS:
            self.retrieve.addItem(title, way)
        self.listen_port.setRange(1, 65535)
        self.ca, self.certificate, self.key = (_FileField(self) for _ in range(3))
        self.timeout = WholeField(self)
        self.timeout.setRange(1, 3600)
        self.timeout.setSuffix(" s")
        self.plain = QCheckBox("Send the password although nothing is encrypted", self)
        named(self.retrieve, "How images come", "C-MOVE where the archive knows no C-GET")
        named(self.listen_port, "Our port", "The port that the archive has for our title; only for C-MOVE")
        named(self.ca.field, "Who vouches for the archive", "PEM file; empty: whom the system trusts")
        named(self.certificate.field, "Our certificate", "PEM file, where the archive asks for one")
        named(self.key.field, "Its key", "PEM file, without a passphrase")
        named(self.timeout, "Patience", "Seconds without an answer after which the archive counts as gone")
        named(self.plain, "Password without encryption", "Anybody in the network could read it")
        self._form = QFormLayout()
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(3 * GRID)
        for title, field in (
            ("Images come", self.retrieve),
            ("Our port", self.listen_port),
            ("Issuer’s certificate", self.ca),
            ("Our certificate", self.certificate),
            ("Its key", self.key),
            ("Patience", self.timeout),
            ("", self.plain),
        ):
            self._form.addRow(title, field)
        self.inside.addLayout(self._form)

    def fill(self, server: Server) -> None:
        """Show what an entry has."""
        self.retrieve.setCurrentIndex(self.retrieve.findData(server.retrieve))
        self.listen_port.setValue(server.listen_port)
        self.ca.field.setText(server.ca_file)
        self.certificate.field.setText(server.certificate_file)
        self.key.field.setText(server.key_file)
        self.timeout.setValue(round(server.timeout))
        self.plain.setChecked(server.plain_password)
        usual = Server(name="archive", kind="dimse", host="archive")
        if any(value != getattr(usual, name) for name, value in self.typed.items()):
            self.unfold()

    @property
    def typed(self) -> dict[str, object]:
        """As fields of an entry."""
        return {
            "retrieve": self.retrieve.currentData(),
            "listen_port": self.listen_port.value(),
            "ca_file": self.ca.field.text().strip(),
            "certificate_file": self.certificate.field.text().strip(),
            "key_file": self.key.field.text().strip(),
            "timeout": float(self.timeout.value()),
            "plain_password": self.plain.isChecked(),
        }

    def set_kind(self, kind: str) -> None:
        """Only what this way of speaking needs."""
        for field in (self.retrieve, self.listen_port):
            self._form.setRowVisible(field, kind == "dimse")


class _FileField(QWidget):
    """A path, typed or chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit(self)
        choose = QPushButton("…", self)
        choose.setAutoDefault(False)
        choose.setMaximumWidth(8 * GRID)
        named(choose, "Choose the file", "Choose the file")
        choose.clicked.connect(self._choose)
        self.setLayout(row(self.field, choose, gap=GRID))
        self.setFocusProxy(self.field)

    def _choose(self) -> None:
        folder = str(Path(self.field.text()).parent) if self.field.text() else ""
        name, _ = QFileDialog.getOpenFileName(self, "Choose a PEM file", folder, "PEM (*.pem *.crt *.key);;*")
        if name:
            self.field.setText(name)
