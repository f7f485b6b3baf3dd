"""Which results to hand on, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QRadioButton,
    QWidget,
)

from viewer.panels.pieces import GRID, Heading, Notice, Text, column, named, row, rule

_NAMED = (
    "DICOM objects carry the patient's name and number, as the series does: without them no archive can "
    "file them."
)


@dataclass(frozen=True)
class Offer:
    """One kind of result."""

    key: str
    title: str
    what_for: str  # one sentence
    missing: str = ""  # why there is none now; empty: it can be chosen
    only_folder: bool = False  # an archive takes no such file


class ResultsDialog(QDialog):
    """`kinds` are the keys that were chosen; `folder` or `archive` says where to."""

    def __init__(
        self, offers: Sequence[Offer], archives: Sequence[str], start: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._offers, self._start = tuple(offers), start
        self.folder: Path | None = None
        self.setWindowTitle("Export DICOM results")
        self.setMinimumWidth(130 * GRID)
        self.boxes: dict[str, QCheckBox] = {}
        for offer in self._offers:
            box = QCheckBox(offer.title, self)
            box.setChecked(not offer.missing)
            named(box, offer.title, offer.missing or offer.what_for)
            box.toggled.connect(self._weigh)
            self.boxes[offer.key] = box
        self.to_folder = QRadioButton("into a folder on this computer", self)
        self.to_archive = QRadioButton("to an archive:", self)
        self.archives = QComboBox(self)
        self.archives.addItems(list(archives))
        named(self.archives, "Archive", "The archive that gets the results")
        self.to_folder.setChecked(True)
        self.notice = Notice(parent=self)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.export = self.buttons.addButton("Choose folder…", QDialogButtonBox.ButtonRole.AcceptRole)
        self.export.setDefault(True)
        self._lay_out()
        self.to_archive.toggled.connect(self._weigh)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._weigh()

    @property
    def archive(self) -> str:
        """The name of the archive that gets them; empty: a folder does."""
        return self.archives.currentText() if self.to_archive.isChecked() else ""

    @property
    def kinds(self) -> frozenset[str]:
        """Keys of what is chosen and can go there."""
        return frozenset(
            offer.key
            for offer in self._offers
            if self.boxes[offer.key].isChecked() and self.boxes[offer.key].isEnabled()
        )

    def accept(self) -> None:
        """Ask for the folder where one is wanted; without one, stay."""
        if not self.archive:
            chosen = QFileDialog.getExistingDirectory(self, "Folder for the results", self._start)
            if not chosen:
                return
            self.folder = Path(chosen)
        super().accept()

    def _lay_out(self) -> None:
        layout = column(self, margin=4 * GRID, gap=2 * GRID)
        for offer in self._offers:
            layout.addWidget(self.boxes[offer.key])
            words = Text(offer.missing or offer.what_for, quiet=True, parent=self)
            words.setContentsMargins(6 * GRID, 0, 0, GRID)
            layout.addWidget(words)
        layout.addWidget(rule())
        layout.addWidget(Heading("Where to", self))
        layout.addWidget(self.to_folder)
        line = row(self.to_archive, self.archives)
        line.setStretch(1, 1)
        layout.addLayout(line)
        if not self.archives.count():
            for widget in (self.to_archive, self.archives):
                widget.setEnabled(False)
            self.archives.setPlaceholderText("none yet: File, Archives (PACS)")
        layout.addWidget(self.notice)
        layout.addStretch(1)
        layout.addWidget(self.buttons)

    def _weigh(self, _: bool = False) -> None:
        """What can go there, and what goes with it."""
        remote = self.to_archive.isChecked()
        for offer in self._offers:
            self.boxes[offer.key].setEnabled(not offer.missing and not (remote and offer.only_folder))
        self.export.setText("Send" if remote else "Choose folder…")
        self.export.setEnabled(bool(self.kinds))
        dicom = any(offer.key in self.kinds and not offer.only_folder for offer in self._offers)
        self.notice.say(_NAMED if dicom else "")
