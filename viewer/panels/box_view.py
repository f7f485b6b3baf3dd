"""The table of boxes with what can be done about the selected one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QMenu,
    QPushButton,
    QTableView,
    QWidget,
)

from ml.results.boxes import Box
from viewer.panels.box_table import SCORE, BoxTable
from viewer.panels.links import Links
from viewer.panels.pieces import GRID, column, dress_rows, named
from viewer.state.findings import Findings

_KEYS = {
    Qt.Key.Key_Return: "accept",
    Qt.Key.Key_Enter: "accept",
    Qt.Key.Key_Delete: "reject",
    Qt.Key.Key_Backspace: "reject",
}


class BoxView(QWidget):
    """Selecting a row selects the box everywhere and looks at it; Enter accepts it, Delete rejects it."""

    jump_wished = Signal(object)  # Box
    accept_wished = Signal(object)  # Box
    reject_wished = Signal(object)  # Box
    annotate_wished = Signal(object)  # Box

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings: Findings | None = None
        self._links = Links()
        self._following = False  # true while the table follows a selection made elsewhere
        self.boxes = BoxTable(self)
        self.table = _Table(self)
        self.table.setModel(self.boxes)
        self.table.sortByColumn(SCORE, Qt.SortOrder.DescendingOrder)
        self.accept_button = _button("Accept", "Accept the selected box (Enter)")
        self.reject_button = _button("Reject", "Reject the selected box (Delete)")
        self.annotate_button = _button("To annotation", "Turn the selected box into an annotation")
        self.next_button = _button("Next", "Go to the next box that is still open (N)")
        buttons = QGridLayout()
        buttons.setSpacing(GRID)
        for place, button in enumerate(
            (self.accept_button, self.reject_button, self.annotate_button, self.next_button)
        ):
            buttons.addWidget(button, place // 2, place % 2)
        layout = column(self, gap=GRID)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        self.accept_button.clicked.connect(self.accept)
        self.reject_button.clicked.connect(self.reject)
        self.annotate_button.clicked.connect(self.annotate)
        self.next_button.clicked.connect(self.go_next)
        self.table.selectionModel().currentRowChanged.connect(self._row_chosen)
        self.table.key_wished.connect(lambda wish: self.accept() if wish == "accept" else self.reject())
        self.table.clicked.connect(self._look)
        self.table.customContextMenuRequested.connect(self._show_menu)

    def set_findings(self, findings: Findings | None) -> None:
        """Show other findings, or none."""
        self._links.drop()
        self._findings = findings
        self._following = True
        self.boxes.follow(findings)
        self._following = False
        if findings is not None:
            self._links.follow(findings.boxes_changed, self._take_boxes)
            self._links.follow(findings.decided, self._decided)
            self._links.follow(findings.selected, self._follow_selection)
        self._follow_selection(findings.selected_key if findings else None)

    @property
    def selected(self) -> Box | None:
        """The box that the buttons act on."""
        return self._findings.box(self._findings.selected_key) if self._findings else None

    def accept(self) -> None:
        """Wish that the selected box be accepted."""
        if (box := self.selected) is not None:
            self.accept_wished.emit(box)

    def reject(self) -> None:
        """Wish that the selected box be rejected."""
        if (box := self.selected) is not None:
            self.reject_wished.emit(box)

    def annotate(self) -> None:
        """Wish that the selected box become an annotation."""
        if (box := self.selected) is not None:
            self.annotate_wished.emit(box)

    def go_next(self) -> None:
        """Select the next box without a verdict, in the order of the table, and look at it."""
        row = self.boxes.row_of(self._findings.selected_key) if self._findings else None
        box = self.boxes.next_open(-1 if row is None else row)
        if box is not None and self._findings is not None:
            self._findings.select(box.key)
            self.jump_wished.emit(box)

    def menu(self) -> QMenu:
        """What can be done about the selected box."""
        menu = QMenu(self)
        for button in (self.accept_button, self.reject_button, self.annotate_button, self.next_button):
            action = menu.addAction(button.text())
            action.setStatusTip(button.statusTip())
            action.setEnabled(button.isEnabled())
            action.triggered.connect(button.click)
        return menu

    def _show_menu(self, place: QPoint) -> None:
        menu = self.menu()
        menu.exec(self.table.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _take_boxes(self, boxes: tuple[Box, ...]) -> None:
        self._following = True
        self.boxes.update_boxes(boxes)
        self._following = False
        self._follow_selection(self._findings.selected_key if self._findings else None)

    def _decided(self, key: str, _: str) -> None:
        self.boxes.verdict_changed(key)
        self._enable_buttons()

    def _row_chosen(self, row: QModelIndex, _: QModelIndex) -> None:
        box = self.boxes.box(row.row()) if row.isValid() else None
        if box is not None and self._findings is not None and not self._following:
            self._findings.select(box.key)
            self.jump_wished.emit(box)

    def _look(self, index: QModelIndex) -> None:
        """A click on the row that is selected already: the view may have moved on meanwhile."""
        box = self.boxes.box(index.row())
        if box is not None and self._findings is not None and not self.table.just_chosen:
            self._findings.select(box.key)
            self.jump_wished.emit(box)

    def _follow_selection(self, key: str | None) -> None:
        self._following = True
        row = self.boxes.row_of(key)
        picked = self.table.selectionModel()
        if row is None:
            picked.clear()
        elif picked.currentIndex().row() != row or not picked.isRowSelected(row, QModelIndex()):
            wanted = self.boxes.index(row, 0)
            flags = QItemSelectionModel.SelectionFlag
            picked.setCurrentIndex(wanted, flags.ClearAndSelect | flags.Rows)
            self.table.scrollTo(wanted)
        self._following = False
        self._enable_buttons()

    def _enable_buttons(self) -> None:
        box = self.selected
        verdict = self._findings.verdict(box.key) if self._findings and box else None
        self.accept_button.setEnabled(verdict in {"open", "rejected"})
        self.reject_button.setEnabled(verdict in {"open", "accepted"})
        self.annotate_button.setEnabled(box is not None)
        self.next_button.setEnabled(self.boxes.next_open(-1) is not None)


class _Table(QTableView):
    """Rows to choose from; tells Enter and Delete as wishes."""

    key_wished = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.just_chosen = False  # whether the click that goes on has chosen another row
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSortingEnabled(True)
        dress_rows(self)
        self.horizontalHeader().setMinimumSectionSize(8 * GRID)
        named(self, "Boxes found", "The boxes found: choose one to look at it")

    def setModel(self, model: BoxTable) -> None:  # type: ignore[override] # it shows nothing else
        """Show the boxes, each column as wide as what it holds; of all but the place nothing is cut."""
        super().setModel(model)
        digit = self.fontMetrics().horizontalAdvance("0")
        for section, digits in enumerate((7, 6, 10, 7, 9, 14)):
            self.setColumnWidth(section, digits * digit + 2 * GRID)

    def event(self, event: QEvent) -> bool:
        """Enter and Delete mean the box here, whatever they mean elsewhere in the window."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember whether this click chooses another row."""
        before = self.currentIndex().row()
        super().mousePressEvent(event)
        self.just_chosen = self.currentIndex().row() != before

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter accepts, Delete rejects, the rest moves about."""
        wish = _KEYS.get(Qt.Key(event.key()))
        if wish is not None:
            self.key_wished.emit(wish)
        else:
            super().keyPressEvent(event)


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    named(button, text, tip)
    return button
