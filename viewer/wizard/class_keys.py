"""The classes of a window of questions, a key each: one answers, or several are switched on and confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from viewer.panels.pieces import GRID, named

_KEYS = 9
_LOOK = (
    "QPushButton { text-align: left; padding: 8px; }"
    "QPushButton:checked { font-weight: bold; border: 2px solid palette(highlight); padding: 7px; }"
)


class ClassKeys(QWidget):
    """`several`: a key switches its class on or off, and `confirm` says those that are on."""

    said = Signal(tuple)  # names of the classes that hold

    def __init__(self, names: Sequence[str], *, several: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names, self._several = tuple(names), several
        self.buttons = [self._button(number, name) for number, name in enumerate(self._names)]
        self.confirm_button = QPushButton("Enter   Confirm", self)
        self.confirm_button.setVisible(several)
        self.confirm_button.setAutoDefault(False)
        self.confirm_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        named(self.confirm_button, "Confirm", "Say that those that are on hold, and no others (Enter)")
        self.confirm_button.clicked.connect(self.confirm)
        self._counts = [QLabel(self) for _ in self._names]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(0, 1)
        for row, (button, label) in enumerate(zip(self.buttons, self._counts, strict=True)):
            grid.addWidget(button, row, 0)
            grid.addWidget(label, row, 1)
            label.setMinimumWidth(8 * GRID)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.confirm_button, len(self.buttons), 0)

    @property
    def on(self) -> tuple[str, ...]:
        """The classes that are switched on."""
        pairs = zip(self._names, self.buttons, strict=True)
        return tuple(name for name, button in pairs if button.isChecked())

    def press(self, digit: int) -> bool:
        """What a key from 1 to 9 does; False where no class has it."""
        if not 1 <= digit <= min(_KEYS, len(self._names)):
            return False
        self.buttons[digit - 1].click()
        return True

    def confirm(self) -> None:
        """Say those that are on: none of them is an answer, too."""
        self.said.emit(self.on)

    def show_answer(self, held: Sequence[str], counts: Mapping[str, int]) -> None:
        """What was said of the one that is looked at, and how often each class was said."""
        for name, button, label in zip(self._names, self.buttons, self._counts, strict=True):
            count = counts.get(name, 0)
            label.setText(f"{count:,}" if count else "")
            button.setAccessibleDescription(f"{count} so far")
            if self._several:
                button.setChecked(name in held)

    def _button(self, number: int, name: str) -> QPushButton:
        key = str(number + 1) if number < _KEYS else ""
        made = QPushButton(f"{key}   {name}".strip(), self)
        made.setAutoDefault(False)
        made.setCheckable(self._several)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the window
        made.setStyleSheet(_LOOK)
        named(made, made.text(), f"Key {key}" if key else "It has no key: click")
        if self._several:
            made.toggled.connect(lambda on: made.setText(f"{key}   {'✓ ' if on else ''}{name}".strip()))
        else:
            made.clicked.connect(lambda _=False: self.said.emit((name,)))
        return made
