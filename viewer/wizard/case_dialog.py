"""Asks which cases of the library are learned from, and what of them is the label."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from ml.report.words import count
from viewer.cases.values import CaseRow
from viewer.panels.pieces import GRID, Heading, PrimaryButton, Text, column, named, row
from viewer.wizard.library_data import CaseChoice, LabelledBy
from viewer.wizard.plan import Kind

_WAYS: dict[LabelledBy, str] = {
    "tag": "the tag of the case",
    "status": "the status of the case (new, in review, done)",
    "class": "the class of the annotations on the slide",
    "drawn": "what is drawn: a patch has the class of the outline that it lies in",
}
_CASE = Qt.ItemDataRole.UserRole


class CaseDialog(QDialog):
    """`choice` is what was chosen. Cases stay as they are."""

    def __init__(self, cases: Sequence[CaseRow], kind: Kind, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Cases to learn from")
        self.resize(620, 520)
        self._cases = tuple(cases)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Name or tag")
        named(self.search, "Find cases", "Show only cases whose name or tags hold this")
        self.list = QListWidget(self)
        named(self.list, "Cases", "Tick the cases that are to be learned from")
        self.all = QPushButton("Tick all that are shown", self)
        self.none = QPushButton("Untick all", self)
        self.by = QComboBox(self)
        named(self.by, "Label", "What of a case says what its slides show")
        self.tags = QListWidget(self)
        self.tags.setFixedHeight(28 * GRID)
        named(self.tags, "Tags that are labels", "Untick tags that say something else")
        self.told = Text(quiet=True, parent=self)
        self.take_button = PrimaryButton("Take these cases", self)
        self._fill(kind)
        self._lay_out()
        self._connect()
        self._show()

    @property
    def choice(self) -> CaseChoice:
        """What was chosen."""
        by: LabelledBy = self.by.currentData()
        tags = tuple(item.text() for item in _items(self.tags) if _is_ticked(item)) if by == "tag" else ()
        return CaseChoice(tuple(case.id for case in self._ticked()), by, tags)

    def tick(self, names: Sequence[str]) -> None:
        """Tick the cases of these names and no other."""
        for item in _items(self.list):
            ticked = item.data(_CASE).name in names
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)

    def _fill(self, kind: Kind) -> None:
        for case in self._cases:
            said = ", ".join((case.status, *case.tags, count(case.items, "file")))
            item = QListWidgetItem(f"{case.name} – {said}")
            item.setData(_CASE, case)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
            self.list.addItem(item)
        for way in _ways_for(kind):
            self.by.addItem(_WAYS[way], way)

    def _ticked(self) -> list[CaseRow]:
        return [item.data(_CASE) for item in _items(self.list) if _is_ticked(item)]

    def _show(self) -> None:
        """Tags of the ticked cases; whether one can go on."""
        ticked = self._ticked()
        by_tag = self.by.currentData() == "tag"
        off = {item.text() for item in _items(self.tags) if not _is_ticked(item)}
        self.tags.blockSignals(True)
        self.tags.clear()
        for tag in sorted({tag for case in ticked for tag in case.tags}):
            item = QListWidgetItem(tag)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked if tag in off else Qt.CheckState.Checked)
            self.tags.addItem(item)
        self.tags.blockSignals(False)
        self._form.setRowVisible(self.tags, by_tag)
        self.take_button.setEnabled(bool(ticked) and (not by_tag or bool(self.choice.tags)))
        if not self._cases:
            self.told.say("There are no cases yet. A case is made when you open a slide.")
        else:
            self.told.say(f"{count(len(ticked), 'case')} ticked. Each counts as one patient.")

    def _filter(self, text: str) -> None:
        for item in _items(self.list):
            case: CaseRow = item.data(_CASE)
            held = " ".join((case.name, *case.tags)).lower()
            item.setHidden(not all(word in held for word in text.lower().split()))

    def _tick_all(self, on: bool) -> None:
        for item in _items(self.list):
            if not on or not item.isHidden():
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def _lay_out(self) -> None:
        for button in (self.all, self.none):
            button.setAutoDefault(False)
            named(button, button.text(), "Tick or untick cases of the list")
        named(self.take_button, "Take these cases", "Learn from the slides of these cases")
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        box.addButton(self.take_button, QDialogButtonBox.ButtonRole.AcceptRole)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        self._form = QFormLayout()
        self._form.addRow("The label is", self.by)
        self._form.addRow("Tags that are labels", self.tags)
        layout = column(self, margin=4 * GRID)
        layout.addWidget(Heading("Which cases shall it learn from?", self))
        layout.addLayout(row(self.search, self.all, self.none))
        layout.addWidget(self.list, 1)
        layout.addLayout(self._form)
        layout.addWidget(self.told)
        layout.addWidget(box)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filter)
        self.all.clicked.connect(lambda: self._tick_all(True))
        self.none.clicked.connect(lambda: self._tick_all(False))
        self.list.itemChanged.connect(lambda _: self._show())
        self.by.activated.connect(lambda _: self._show())
        self.tags.itemChanged.connect(lambda _: self._show())


def _ways_for(kind: Kind) -> tuple[LabelledBy, ...]:
    return ("drawn",) if kind == "boxes" else ("tag", "status", "class")


def _items(rows: QListWidget) -> list[QListWidgetItem]:
    return [rows.item(place) for place in range(rows.count())]


def _is_ticked(item: QListWidgetItem) -> bool:
    return item.checkState() is Qt.CheckState.Checked
