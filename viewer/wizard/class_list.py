"""The classes that are told apart: which labels, how the model calls them, how many pictures and patients."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ml.train.survey import Survey
from viewer.panels.pieces import named
from viewer.wizard.cases import counted
from viewer.wizard.plan import DataPlan, Kind

_HEAD = ("Class", "Pictures", "Patients")
_UNITS: dict[Kind, str] = {"boxes": "Boxes", "labelled_slides": "Slides", "scans": "Slices"}
_NAME = Qt.ItemDataRole.UserRole


class ClassList(QTableWidget):
    """A line a label: ticked ones are learned, a double-click renames."""

    classes_changed = Signal(object, object)  # labels that are taken; titles by label

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_HEAD), parent)
        self.setHorizontalHeaderLabels(list(_HEAD))
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        named(self, "Classes", "Untick a class to leave it out; double-click to give it another name")
        self.itemChanged.connect(self._tell)

    def show_kind(self, kind: Kind) -> None:
        """What is counted of each class."""
        cell = self.horizontalHeaderItem(1)
        assert cell is not None
        cell.setText(_UNITS.get(kind, _HEAD[1]))

    def show_classes(self, survey: Survey | None, data: DataPlan) -> None:
        """Show what was found, with what was chosen of it."""
        counts, patients = counted(survey, data)
        self.blockSignals(True)
        self.setRowCount(len(data.found))
        for row, label in enumerate(data.found):
            name = QTableWidgetItem(data.title_of(label))
            name.setData(_NAME, label)
            name.setFlags(name.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable)
            taken = label in data.classes
            name.setCheckState(Qt.CheckState.Checked if taken else Qt.CheckState.Unchecked)
            name.setToolTip(f"“{label}” in your data. Double-click to rename.")
            self.setItem(row, 0, name)
            for column, number in ((1, counts.get(label)), (2, patients.get(label))):
                cell = QTableWidgetItem("–" if number is None else f"{number:,}")
                cell.setFlags(Qt.ItemFlag.ItemIsEnabled)
                cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, cell)
        self.blockSignals(False)

    def _tell(self, _: QTableWidgetItem) -> None:
        taken, titles = [], {}
        for row in range(self.rowCount()):
            item = self.item(row, 0)
            assert item is not None  # every line was filled
            label, title = str(item.data(_NAME)), item.text().strip()
            if item.checkState() is Qt.CheckState.Checked:
                taken.append(label)
            if title and title != label.replace("_", " "):
                titles[label] = title
        self.classes_changed.emit(tuple(taken), titles)
