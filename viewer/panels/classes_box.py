"""The classes of annotations: which one new shapes get, which are shown, and their colours and keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QPushButton, QWidget

from viewer.panels.class_form import ClassForm, swatch
from viewer.panels.pieces import GRID, FoldOut, named, row
from viewer.state.classes import AnnotationClass, ClassList

_NAME = Qt.ItemDataRole.UserRole
_KEYS = {Qt.Key.Key_F2, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Return, Qt.Key.Key_Enter}
_ROWS = 7  # that are seen without scrolling


class ClassesBox(FoldOut):
    """Choosing a row chooses the class of new shapes; its tick shows or hides what has it."""

    give_wished = Signal(object)  # AnnotationClass or None, for what is selected
    edited = Signal(object, object)  # AnnotationClass before (None: a new one) and after

    def __init__(self, classes: ClassList, parent: QWidget | None = None) -> None:
        super().__init__("Classes", "Names, colours and keys of classes; which are shown", parent)
        self._classes = classes
        self.list = _List(self)
        self.give = QPushButton("Give to selected")
        self.add, self.edit = QPushButton("Add"), QPushButton("Edit")
        self.form = ClassForm(classes, self)
        named(self.list, "Classes", "Choose the class of new shapes; the tick shows or hides a class")
        named(self.give, "Give to selected", "Give the chosen class to all selected annotations (Enter)")
        named(self.add, "Add a class", "Make a new class")
        named(self.edit, "Edit the class", "Name, colour and key of the chosen class (F2)")
        self.inside.addWidget(self.list)
        buttons = row(self.give, self.add, self.edit, gap=GRID)
        buttons.addStretch(1)
        self.inside.addLayout(buttons)
        self.inside.addWidget(self.form)
        classes.changed.connect(self._fill)
        classes.current_changed.connect(self._mark)
        self.list.currentItemChanged.connect(self._choose)
        self.list.itemChanged.connect(self._show)
        self.list.itemActivated.connect(lambda _: self._give())
        self.list.edit_wished.connect(self._edit)
        self.list.remove_wished.connect(self._remove)
        self.give.clicked.connect(self._give)
        self.add.clicked.connect(lambda: self.form.edit(None))
        self.edit.clicked.connect(self._edit)
        self.form.done.connect(self._keep)
        self.form.left.connect(self._leave)
        self._fill()

    def set_any_selected(self, selected: bool) -> None:
        """Whether there is something to give a class to."""
        self.give.setEnabled(selected)

    @property
    def chosen(self) -> AnnotationClass | None:
        """The class of the current row; None in the row of no class."""
        item = self.list.currentItem()
        return None if item is None else self._classes.find(str(item.data(_NAME)))

    def _fill(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        self._add_row("", "No class", None, "0", 0)
        for one in self._classes.items:
            self._add_row(one.name, one.own_name, one, one.key, one.depth)
        self.list.blockSignals(False)
        height = self.list.sizeHintForRow(0) * min(self.list.count(), _ROWS) + 2 * GRID
        self.list.setFixedHeight(height)
        self._mark(self._classes.current)

    def _add_row(self, name: str, words: str, one: AnnotationClass | None, key: str, depth: int) -> None:
        item = QListWidgetItem(swatch(one.color if one else None), f"{'    ' * depth}{words}")
        if key:
            item.setText(f"{item.text()}   (Alt+{key})")
        item.setData(_NAME, name)
        shown = name not in self._classes.hidden
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Checked if shown else Qt.CheckState.Unchecked)
        item.setToolTip(name or words)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name or words}, {'shown' if shown else 'hidden'}")
        self.list.addItem(item)

    def _mark(self, current: AnnotationClass | None) -> None:
        wanted = current.name if current is not None else ""
        self.list.blockSignals(True)
        for place in range(self.list.count()):
            if self.list.item(place).data(_NAME) == wanted:
                self.list.setCurrentRow(place)
        self.list.blockSignals(False)
        self.edit.setEnabled(current is not None)

    def _choose(self, item: QListWidgetItem | None, _: QListWidgetItem | None) -> None:
        if item is not None:
            self._classes.choose(str(item.data(_NAME)))

    def _show(self, item: QListWidgetItem) -> None:
        self._classes.show(str(item.data(_NAME)), item.checkState() == Qt.CheckState.Checked)

    def _give(self) -> None:
        self.give_wished.emit(self.chosen)

    def _edit(self) -> None:
        if self.chosen is not None:
            self.form.edit(self.chosen)

    def _remove(self) -> None:
        if self.chosen is not None:
            self._classes.remove(self.chosen.name)

    def _keep(self, after: AnnotationClass, instead_of: str) -> None:
        before = self._classes.find(instead_of) if instead_of else None
        self._classes.put(after, instead_of)
        self.edited.emit(before, after)
        self._leave()

    def _leave(self) -> None:
        self.form.hide()
        self.list.setFocus()


class _List(QListWidget):
    """F2 edits, Delete takes a class off the list."""

    edit_wished = Signal()
    remove_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIconSize(QSize(12, 12))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def event(self, event: QEvent) -> bool:
        """Delete means the class here, whatever it means elsewhere in the window."""
        override = event.type() is QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 and Delete."""
        if event.key() == Qt.Key.Key_F2:
            self.edit_wished.emit()
        elif event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.remove_wished.emit()
        else:
            super().keyPressEvent(event)
