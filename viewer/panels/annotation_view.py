"""The table of annotations with what finds, filters and changes many of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QLineEdit, QTableView, QWidget

from ml.annotation.document import Change
from ml.geometry import Spacing
from ml.report.words import count
from viewer.panels.annotation_table import AnnotationTable
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, Text, column, dress_rows, named, row
from viewer.state.annotated import Annotated
from viewer.state.classes import ClassList

_MOST_RUNS = 2000  # of selected lines: more are said in a number, and not marked one by one
_WAIT_MS = 250  # nobody types for so long: time to look through
_ALL, _NONE = "All classes", "No class"


class AnnotationView(QWidget):
    """What is selected here is selected in the picture, and the other way round; a click goes there."""

    jump_wished = Signal(object)  # Annotation
    delete_wished = Signal()
    typed = Signal(object, str, str)  # Annotation, "name" or "note", and what was typed
    menu_wished = Signal(QPoint)  # on the screen

    def __init__(self, classes: ClassList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: Annotated | None = None
        self._classes, self._links = classes, Links()
        self._following = False  # true while the table follows a selection made elsewhere
        self.model = AnnotationTable(self)
        self.table = _Table(self)
        self.table.setModel(self.model)
        self.seek = QLineEdit()
        self.seek.setPlaceholderText("Find")
        self.seek.setClearButtonEnabled(True)
        self.only = QComboBox()
        self.count = Text(quiet=True)
        named(self.seek, "Find annotations", "Show what has this text in its class, name or note")
        named(self.only, "Show a class", "Show annotations of this class only")
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_WAIT_MS)
        layout = column(self, gap=GRID)
        line = row(self.seek, self.only, gap=GRID)
        line.setStretch(0, 1)
        layout.addLayout(line)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.count)
        self._connect()
        self._fill_classes()

    def _connect(self) -> None:
        self._soon.timeout.connect(self._filter)
        self.seek.textChanged.connect(lambda _: self._soon.start())
        self.only.activated.connect(lambda _: self._filter())
        self._classes.changed.connect(self._fill_classes)
        self.model.typed.connect(self.typed)
        self.model.modelReset.connect(self._mark)
        self.model.shown_changed.connect(self._tell)
        self.model.working.connect(self._tell_working)
        self.table.selectionModel().selectionChanged.connect(self._choose)
        self.table.clicked.connect(self._jump)
        self.table.activated.connect(self._jump)
        self.table.delete_wished.connect(self.delete_wished)
        self.table.customContextMenuRequested.connect(self._want_menu)

    def set_slide(self, opened: Annotated | None, spacing: Spacing | None) -> None:
        """Show the annotations of something else, or none."""
        self._links.drop()
        self._opened = opened
        if opened is not None:
            self._links.follow(opened.annotations_changed, self._take)
            self._links.follow(opened.selection_changed, self._mark)
        self.model.follow(opened, spacing)
        self._fill_classes()

    def _take(self, change: Change) -> None:
        self._following, before = True, self.model.generation
        self.model.take(change)
        self._following = False
        if self.model.generation != before:  # else Qt has kept the marks on their lines
            self._mark()

    def _filter(self) -> None:
        self._soon.stop()
        number = self.only.currentIndex()
        wanted = None if number <= 0 else "" if number == 1 else self.only.currentText()
        self.model.filter(self.seek.text(), wanted)

    def _fill_classes(self) -> None:
        chosen = self.only.currentText()
        names = {one.name: None for one in self._classes.items}
        if self._opened is not None:
            names |= {name: None for name, _ in self._opened.annotations.places.known_inks if name}
        self.only.clear()
        self.only.addItems([_ALL, _NONE, *names])
        self.only.setCurrentIndex(max(0, self.only.findText(chosen)))

    def _mark(self, _: object = None) -> None:
        """Mark the lines of what is selected in the picture."""
        opened, flags = self._opened, QItemSelectionModel.SelectionFlag
        if self._following or opened is None:
            return
        self._following = True
        rows = opened.annotations.places.rows_of(opened.selection)
        at = self.model.positions_of(rows)
        at = np.sort(at[at >= 0])  # each stands in one line: `unique` would take ten times as long
        runs = _runs(at)
        wanted = QItemSelection()
        last = self.model.columnCount() - 1
        for first, end in runs if len(runs) <= _MOST_RUNS else ():
            wanted.select(self.model.index(first, 0), self.model.index(end, last))
        self.table.selectionModel().select(wanted, flags.ClearAndSelect | flags.Rows)
        if len(at) == 1:
            index = self.model.index(int(at[0]), 0)
            self.table.selectionModel().setCurrentIndex(index, flags.NoUpdate)
            self.table.scrollTo(index)
        self._following = False
        self._tell()

    def _choose(self, *_: object) -> None:
        """The person selected lines."""
        if self._following or self._opened is None:
            return
        self._following = True
        ranges = self.table.selectionModel().selection()
        parts = [ranges.at(number) for number in range(ranges.count())]
        places = [np.arange(part.top(), part.bottom() + 1) for part in parts]
        rows = self.model.rows[np.unique(np.concatenate(places))] if places else self.model.rows[:0]
        found = self._opened.annotations.places.annotations(rows)
        self._opened.select(annotation.id for annotation in found)
        self._following = False
        self._tell()

    def _jump(self, index: QModelIndex) -> None:
        annotation = self.model.annotation(index.row())
        if annotation is not None:
            self.jump_wished.emit(annotation)

    def _want_menu(self, place: QPoint) -> None:
        self.menu_wished.emit(self.table.viewport().mapToGlobal(place))

    def _tell_working(self, share: float) -> None:
        if self._opened is not None:
            number = len(self._opened.annotations)
            self.count.say(f"Looking through {count(number, 'annotation')}: {share:.0%}")

    def _tell(self) -> None:
        opened = self._opened
        if opened is None or not len(opened.annotations):
            self.count.say("Nothing is drawn yet. Draw with R, O, P or B, or import annotations.")
            return
        whole, shown = len(opened.annotations), self.model.rowCount()
        words = count(whole, "annotation") if shown == whole else f"{shown:,} of {count(whole, 'annotation')}"
        chosen = len(opened.selection)
        self.count.say(f"{words}, {chosen:,} selected" if chosen else words)


class _Table(QTableView):
    """Lines to choose from; Delete is a wish, Enter goes there."""

    delete_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        dress_rows(self)
        named(self, "Annotations", "What is drawn: choose to go there, F2 names, Delete deletes")

    def setModel(self, model: AnnotationTable) -> None:  # type: ignore[override] # it shows nothing else
        """Show annotations, each column as wide as what it holds, in the order of drawing."""
        super().setModel(model)
        # Headings ask of every line whether it is selected, to look pressed: theirs never has anything.
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setSelectionModel(QItemSelectionModel(model, header))
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        digit = self.fontMetrics().horizontalAdvance("0")
        for section, shown in enumerate(model.columns):
            self.setColumnWidth(section, shown.digits * digit + 2 * GRID)

    def event(self, event: QEvent) -> bool:
        """Delete means the lines here."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() in _DELETES:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete deletes, the rest moves about."""
        if event.key() in _DELETES:
            self.delete_wished.emit()
        else:
            super().keyPressEvent(event)


_DELETES = {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}


def _runs(positions: NDArray[np.intp]) -> list[tuple[int, int]]:
    """Rising numbers as runs (first, last) without a gap."""
    if not len(positions):
        return []
    breaks = np.flatnonzero(np.diff(positions) != 1)
    starts, ends = positions[[0, *(breaks + 1)]], positions[[*breaks, -1]]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))
