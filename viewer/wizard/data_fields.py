"""The folder, its table and columns, the patients, the size of a pixel: how the pictures are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from ml.report.words import SPACE, count
from ml.train.survey import TableSeen
from viewer.panels.number_field import NumberField
from viewer.panels.pieces import GRID, in_order, named, row
from viewer.wizard.found import RULES
from viewer.wizard.plan import DataPlan, Plan

_FOLDERS = "Each folder is a class"
_NONE = "none"
_NOT_KNOWN, _FROM_SLIDES = "not known", "as the slides say"
_ROLES = (
    ("file", "Picture", "Which column names the file of the picture"),
    ("label", "Label", "Which column holds the label"),
    ("patient", "Patient", "Which column says whose the picture is"),
    ("site", "Hospital or scanner", "Which column says where it was made; none is fine"),
)


FURTHER = frozenset({"patches", "pictures"})
"""Kinds whose pictures may lie in several folders."""


class DataFields(QWidget):
    """Tells the data plan as it is chosen here, whenever a person changes something."""

    changed = Signal(object)  # DataPlan
    folder_wished = Signal()
    further_wished = Signal()  # a further folder
    cases_wished = Signal()  # cases of the library

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tables: Sequence[TableSeen] = ()
        self._data = DataPlan()
        self.folder = QLineEdit(self)
        self.folder.setReadOnly(True)
        self.folder.setPlaceholderText("No folder chosen yet")
        named(self.folder, "Folder", "The folder with your labelled pictures")
        self.choose = QPushButton("Choose folder…", self)
        self.choose.setAutoDefault(False)
        named(self.choose, "Choose folder…", "Choose the folder with your labelled pictures")
        self.further = QPushButton("Add a folder…", self)
        named(self.further, "Add a folder…", "Learn from the pictures of another folder, too")
        self.cases = QPushButton("Cases of the library…", self)
        named(
            self.cases, "Cases of the library…", "Learn from slides of your cases, with what is said of them"
        )
        for button in (self.further, self.cases):
            button.setAutoDefault(False)
        self.table = QComboBox(self)
        named(self.table, "Labels come from", "A table in the folder, or the folders that pictures lie in")
        self.columns = {role: QComboBox(self) for role, _, _ in _ROLES}
        self._labels: dict[str, QLabel] = {}
        self.rule = QComboBox(self)
        named(self.rule, "Whose a picture is", "Pictures of one patient are never torn apart")
        self.pattern = QLineEdit(self)
        self.pattern.setPlaceholderText(r"(S-\d+)_ finds S-1024 in S-1024_a.jpg: \d+ stands for digits")
        named(self.pattern, "Pattern", "What its brackets find in the file's name is the patient")
        self.spacing = NumberField(self)
        self.spacing.setRange(0, 100)
        self.spacing.setDecimals(4)
        self.spacing.setSingleStep(0.05)
        self.spacing.setSuffix(f"{SPACE}µm a pixel")
        self.spacing.setSpecialValueText(_NOT_KNOWN)
        self.spacing.setKeyboardTracking(False)
        tip = "Needed to look at slides: how large a pixel is. 0: as the files say, else not known"
        named(self.spacing, "Size of a pixel", tip)
        self._lay_out()
        self._connect()

    def show_data(self, plan: Plan) -> None:
        """Show what was chosen, without telling it back."""
        data = self._data = plan.data
        widgets = (self.table, self.rule, self.pattern, self.spacing, *self.columns.values())
        for widget in widgets:
            widget.blockSignals(True)
        self.folder.setText(_where(data))
        self.folder.setToolTip("\n".join((data.folder, *data.more)))
        self.further.setVisible(bool(data.folder) and plan.kind in FURTHER and not data.cases)
        self.cases.setVisible(plan.kind != "scans")
        self._fill_tables(plan)
        self._fill_columns(("file",) if plan.kind == "scans" else tuple(self.columns))
        self._fill_rules()
        self.pattern.setText(data.pattern)
        self.pattern.setVisible(data.patients == "pattern")
        of_slides = plan.kind in {"boxes", "labelled_slides"}
        self.spacing.setSpecialValueText(_FROM_SLIDES if of_slides else _NOT_KNOWN)
        self.spacing.setValue(data.spacing)
        for widget in (self.spacing, self._labels["spacing"]):
            widget.setVisible(bool(data.folder) and plan.kind in {"patches", "boxes", "labelled_slides"})
        by_header = plan.kind == "scans"
        for widget in (self.rule, self._labels["rule"]):
            widget.setVisible(bool(data.folder) and not by_header and not data.cases)
        for widget in widgets:
            widget.blockSignals(False)

    def _fill_tables(self, plan: Plan) -> None:
        self.table.clear()
        if plan.kind in {"patches", "pictures"}:
            self.table.addItem(_FOLDERS, "")
        for table in self.tables:
            self.table.addItem(f"{table.name} ({table.lines:,} lines)", table.name)
        if not self.tables and self._data.table:
            self.table.addItem(self._data.table, self._data.table)
        self.table.setCurrentIndex(max(0, self.table.findData(self._data.table)))
        for widget in (self.table, self._labels["table"]):
            widget.setVisible(bool(self._data.folder) and not self._data.cases)

    def _fill_columns(self, asked: tuple[str, ...]) -> None:
        """Show the `asked` roles: of CT the file alone; the rest stands in headers and in a column each."""
        seen = next((table.columns for table in self.tables if table.name == self._data.table), ())
        for role, _, _ in _ROLES:
            box, chosen = self.columns[role], str(getattr(self._data, role))
            box.clear()
            box.addItem(_NONE, "")
            for name in dict.fromkeys((*seen, chosen)):
                if name:
                    box.addItem(name, name)
            box.setCurrentIndex(max(0, box.findData(chosen)))
            for widget in (box, self._labels[role]):
                widget.setVisible(role in asked and bool(self._data.table) and not self._data.cases)

    def _fill_rules(self) -> None:
        self.rule.clear()
        for rule, words in RULES.items():
            if rule != "column" or self._data.patient:
                name = f"{words} “{self._data.patient}”" if rule == "column" else words
                self.rule.addItem(name[0].upper() + name[1:], rule)
        self.rule.setCurrentIndex(max(0, self.rule.findData(self._data.patients)))

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2 * GRID)
        line = row(self.folder, self.choose, self.further, self.cases)
        line.setStretch(0, 1)
        grid.addWidget(self._label("folder", "Folder", self.folder), 0, 0)
        grid.addLayout(line, 0, 1, 1, 7)
        grid.addWidget(self._label("table", "Labels come from", self.table), 1, 0)
        grid.addWidget(self.table, 1, 1, 1, 3)
        grid.addWidget(self._label("spacing", "Size of a pixel", self.spacing), 1, 4)
        grid.addWidget(self.spacing, 1, 5)
        for place, (role, title, tip) in enumerate(_ROLES):
            named(self.columns[role], title, tip)
            grid.addWidget(self._label(role, title, self.columns[role]), 2, 2 * place)
            grid.addWidget(self.columns[role], 2, 2 * place + 1)
        grid.addWidget(self._label("rule", "Whose a picture is", self.rule), 3, 0)
        grid.addWidget(self.rule, 3, 1, 1, 3)
        grid.addWidget(self.pattern, 3, 4, 1, 4)
        for place in (1, 3, 5, 7):
            grid.setColumnStretch(place, 1)
        in_order(self.table, self.spacing, self.columns["file"])

    def _label(self, role: str, words: str, buddy: QWidget) -> QLabel:
        label = self._labels[role] = QLabel(words, self)
        label.setBuddy(buddy)
        return label

    def _connect(self) -> None:
        self.choose.clicked.connect(self.folder_wished)
        self.further.clicked.connect(self.further_wished)
        self.cases.clicked.connect(self.cases_wished)
        self.table.activated.connect(lambda _: self._tell_table())
        for box in self.columns.values():
            box.activated.connect(lambda _: self._tell_columns())
        self.rule.activated.connect(lambda _: self._tell(patients=self.rule.currentData()))
        self.pattern.editingFinished.connect(lambda: self._tell(pattern=self.pattern.text().strip()))
        self.spacing.valueChanged.connect(lambda value: self._tell(spacing=round(value, 4)))

    def _tell_table(self) -> None:
        """Another table: its columns are guessed anew."""
        from ml.train.survey import guessed

        name = str(self.table.currentData())
        layout = guessed([table for table in self.tables if table.name == name], "pictures")
        rule = "column" if layout.patient else "each"
        words = {key: getattr(layout, key) for key in ("file", "label", "patient", "site")}
        self._tell(table=name, patients=rule, **words)

    def _tell_columns(self) -> None:
        words: dict[str, object] = {role: str(box.currentData()) for role, box in self.columns.items()}
        had, has = bool(self._data.patient), bool(words["patient"])
        if has != had:
            words["patients"] = "column" if has else "each"
        self._tell(**words)

    def _tell(self, **changes: object) -> None:
        made = replace(self._data, **changes)  # type: ignore[arg-type]
        if made != self._data:
            self._data = made
            self.changed.emit(made)


def _where(data: DataPlan) -> str:
    """Where the pictures come from, in the line of the folder."""
    if data.cases:
        return f"{count(len(data.cases), 'case')} of the case library"
    return "; ".join((data.folder, *data.more))
