"""Synoptic fields as controls: required ones marked, units beside them, faults said below them."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from ml.draft.field import Field, Value, Values, answers, fault_of
from viewer.panels.pieces import GRID, Text, column, named, row

_NONE = "–"
_LABEL = 32 * GRID


class FormView(QWidget):
    """One control a field. It tells every answer at once, also one that cannot be right."""

    answered = Signal(str, object)  # name of a field, Value

    def __init__(self, fields: tuple[Field, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, FieldRow] = {}
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2 * GRID)
        layout.setHorizontalSpacing(3 * GRID)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        for field in fields:
            made = FieldRow(field, self)
            made.answered.connect(partial(self.answered.emit, field.name))
            label = asked(f"{field.title} *" if field.required else field.title)
            label.setBuddy(made.first)
            layout.addRow(label, made)
            self.rows[field.name] = made

    def show_values(self, values: Values) -> None:
        """Show these answers; what the person is typing right now is left alone."""
        given = answers(values)
        for name, shown in self.rows.items():
            shown.show_value(given.get(name))

    def go_to(self, name: str) -> None:
        """Put the cursor into a field."""
        if name in self.rows:
            self.rows[name].first.setFocus(Qt.FocusReason.OtherFocusReason)


def asked(title: str) -> QLabel:
    """What stands before a control: as wide in every form, so that controls stand below each other."""
    label = QLabel(title)
    label.setWordWrap(True)
    label.setFixedWidth(_LABEL)
    return label


class FieldRow(QWidget):
    """The control of one field, with its unit, its help and what is wrong with the answer."""

    answered = Signal(object)  # Value

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._value: Value = None
        self.choice = QComboBox(self)
        self.line = QLineEdit(self)
        self.boxes = tuple(QCheckBox(option, self) for option in field.options)
        self.today = QPushButton("Today", self)
        self.first: QWidget = self.line
        self.fault = Text(parent=self)
        palette = self.fault.palette()
        palette.setColor(QPalette.ColorRole.WindowText, palette.color(QPalette.ColorRole.BrightText))
        self.fault.setPalette(palette)
        self.fault.hide()
        layout = column(self, gap=GRID)
        layout.addLayout(self._controls())
        layout.addWidget(self.fault)
        tip = ". ".join(part for part in (field.help, self._expected()) if part)
        for widget in (self.choice, self.line, *self.boxes):
            title = field.title if widget not in self.boxes else f"{field.title}: {widget.text()}"
            named(widget, f"{title}, required" if field.required else title, tip)
        self._connect()

    def show_value(self, value: Value) -> None:
        """Show an answer that came from elsewhere: undo, another template."""
        if value != self._value:
            self._value = value
            self._put(value)
        self._say()

    def _expected(self) -> str:
        field = self.field
        if field.kind == "number" and (field.least is not None or field.most is not None):
            low = "" if field.least is None else f"from {field.least:g} "
            high = "" if field.most is None else f"to {field.most:g} "
            return f"A number {low}{high}{field.unit}".strip()
        return "year-month-day, for example 2026-03-01" if field.kind == "date" else ""

    def _controls(self) -> QHBoxLayout:
        kind, field = self.field.kind, self.field
        self.choice.setVisible(kind in {"choice", "bool"})
        self.line.setVisible(kind in {"text", "number", "date"})
        self.today.setVisible(kind == "date")
        if kind == "multi":
            inside = column(gap=GRID)
            for box in self.boxes:
                inside.addWidget(box)
            self.first = self.boxes[0]
            line = row()
            line.addLayout(inside, 1)
            return line
        for box in self.boxes:
            box.hide()
        if kind in {"choice", "bool"}:
            options = ("yes", "no") if kind == "bool" else field.options
            self.choice.addItems(["" if field.other else _NONE, *options])
            self.choice.setEditable(field.other)
            self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.choice.setMinimumContentsLength(12)
            self.first = self.choice
            line = row(self.choice)
            line.setStretch(0, int(kind == "choice"))
            line.addStretch(0 if kind == "choice" else 1)
            return line
        named(self.today, f"{field.title}: today", "Put in the date of today")
        self.line.setPlaceholderText(field.help or ("year-month-day" if kind == "date" else ""))
        line = row(self.line, self.today)
        if field.unit:
            line.addWidget(QLabel(field.unit))
        if kind == "number":
            self.line.setMaximumWidth(30 * GRID)
            line.addStretch(1)
        return line

    def _connect(self) -> None:
        self.line.textEdited.connect(lambda _: self._tell(self._typed()))
        self.today.clicked.connect(lambda _=False: self._choose(date.today().isoformat()))
        if self.field.other:
            self.choice.editTextChanged.connect(lambda text: self._tell(text.strip()))
        else:
            self.choice.currentIndexChanged.connect(lambda _: self._tell(self._chosen()))
        for box in self.boxes:
            box.toggled.connect(lambda _=False: self._tell(self._ticked()))

    def _typed(self) -> Value:
        text = self.line.text().strip()
        if self.field.kind != "number" or not text:
            return text
        try:
            return float(text.replace(",", "."))
        except ValueError:
            return text  # said to be wrong below the field, and kept as it was typed

    def _chosen(self) -> Value:
        place = self.choice.currentIndex()
        if place <= 0:
            return None
        return place == 1 if self.field.kind == "bool" else self.choice.currentText()

    def _ticked(self) -> Value:
        return tuple(box.text() for box in self.boxes if box.isChecked())

    def _choose(self, text: str) -> None:
        self.line.setText(text)
        self._tell(text)

    def _tell(self, value: Value) -> None:
        self._value = value if value not in ("", ()) else None
        self._say()
        self.answered.emit(value)

    def _say(self) -> None:
        fault = fault_of(self.field, self._value)
        self.fault.say(f"⚠ {fault}" if fault else "")

    def _put(self, value: Value) -> None:
        with QSignalBlocker(self.choice), QSignalBlocker(self.line):
            if self.field.kind == "bool":
                self.choice.setCurrentIndex({True: 1, False: 2}.get(value, 0))  # type: ignore[arg-type]
            elif self.field.kind == "choice" and self.field.other:
                self.choice.setEditText(str(value or ""))
            elif self.field.kind == "choice":
                self.choice.setCurrentIndex(max(0, self.choice.findText(str(value or _NONE))))
            else:
                self.line.setText(f"{value:.15g}" if isinstance(value, float) else str(value or ""))
        for box in self.boxes:
            with QSignalBlocker(box):
                box.setChecked(isinstance(value, tuple) and box.text() in value)
