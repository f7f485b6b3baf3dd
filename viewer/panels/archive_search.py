"""Which studies to look for in an archive: patient, dates, kind of images."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QWidget

from ml.pacs.pacs import Query
from viewer.panels.archive_words import query_of
from viewer.panels.pieces import GRID, PrimaryButton, Text, column, named, row

_KINDS = (("CT", "CT"), ("Slides", "SM"), ("Any", ""))


class ArchiveSearch(QWidget):
    """Whatever is left empty does not matter. Enter in any field searches."""

    find_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.patient_id = QLineEdit(self), QLineEdit(self)
        self.first, self.last = QLineEdit(self), QLineEdit(self)
        self.kind = QComboBox(self)
        for title, modality in _KINDS:
            self.kind.addItem(title, modality)
        self.button = PrimaryButton("Find studies", self)
        self._name_them()
        self._lay_out()
        for field in (self.name, self.patient_id, self.first, self.last):
            field.returnPressed.connect(self.button.click)
        self.button.clicked.connect(self.find_wished)

    @property
    def query(self) -> Query:
        """What is typed. Raises `Problem` for a date that is none."""
        return query_of(
            self.name.text(),
            self.patient_id.text(),
            self.first.text(),
            self.last.text(),
            self.kind.currentData(),
        )

    def _name_them(self) -> None:
        self.name.setPlaceholderText("Doe, Jane")
        named(self.name, "Patient's name", "The beginning is enough; * stands for any letters, ? for one")
        self.patient_id.setPlaceholderText("4711")
        named(self.patient_id, "Patient's number", "As the hospital has it; * stands for any letters")
        self.first.setPlaceholderText("2024-01-31")
        named(self.first, "From", "The first day, or a month (2024-01), or a year; empty: from the beginning")
        self.last.setPlaceholderText("today")
        named(self.last, "To", "The last day, or a month (2024-01), or a year; empty: until today")
        named(self.kind, "Kind of images", "Which kind of images a study must hold")
        named(self.button, "Find studies", "Ask the archive for studies that fit (Enter)")

    def _lay_out(self) -> None:
        left, right = QFormLayout(), QFormLayout()
        left.addRow("Patient’s &name", self.name)
        left.addRow("Patient’s n&umber", self.patient_id)
        days, kinds = QLabel("F&rom", self), QLabel("&Kind", self)
        days.setBuddy(self.first)
        kinds.setBuddy(self.kind)
        right.addRow(days, row(self.first, Text("to", quiet=True), self.last))
        right.addRow(kinds, row(self.kind, self.button))
        for form in (left, right):
            form.setHorizontalSpacing(2 * GRID)
            form.setVerticalSpacing(2 * GRID)
        line = row(gap=6 * GRID)
        line.addLayout(left, 1)
        line.addLayout(right, 1)
        column(self, gap=0).addLayout(line)
