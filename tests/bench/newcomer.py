"""The person of the tests as somebody who has never seen the program: reads, uses menus, types paths."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QTableWidget,
    QTabWidget,
    QWidget,
)

from ml.report.words import duration
from tests.gui.hands import bring_to_front
from tests.gui.wizard_person import LEFT, METHOD, Person
from viewer.wizard.method_step import MethodStep
from viewer.wizard.window import WizardWindow

_DIALOG_MS = 300  # until the dialog stands


class Newcomer(Person):
    """Its hands are `CountedHands`."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)
        self._read: set[str] = set()

    def open_wizard(self) -> WizardWindow:
        """By the menu: *Train*, then *Train a model…*."""
        self.read(self.window)
        bar = self.window.menuBar()
        train = next(action for action in bar.actions() if action.text().replace("&", "") == "Train")
        self.qtbot.mouseClick(bar, LEFT, pos=bar.actionGeometry(train).center())
        menu = train.menu()
        self.qtbot.waitUntil(menu.isVisible)
        self._note(action.text() for action in menu.actions())
        entry = next(one for one in menu.actions() if "Train a model" in one.text().replace("&", ""))
        self.qtbot.mouseClick(menu, LEFT, pos=menu.actionGeometry(entry).center())
        self.wait(lambda: self.window.further.training.wizard is not None)
        self.wizard = self.window.further.training.wizard
        self.wait(self.wizard.isVisible)
        return self.wizard

    def choose_folder(self, button: QAbstractButton, folder: Path) -> None:
        """In the dialog: its path, and Enter."""
        QTimer.singleShot(_DIALOG_MS, lambda: self._answer(folder))
        self.click(button)
        bring_to_front(self.qtbot, self.wizard)  # as every desktop does when a dialog closes

    def choose_within(self, most: float) -> str:
        """Step 5 as it is set, but for a first try where that would take longer than `most` seconds."""
        step = self.wizard.steps[METHOD]
        assert isinstance(step, MethodStep)
        self.wait(lambda: step.rehearsing.seconds() is not None)
        told = step.rehearsing.seconds()
        words = f"all as it is set, {duration(told)} told"
        if told > most:
            self.read(self.wizard)
            self.click(step.first_only)
            self.wait(lambda: step.rehearsing.seconds() is not None)
            words = (
                f"“A first try”, {duration(step.rehearsing.seconds())} told; with all parts {duration(told)}"
            )
        self.next_()
        return words

    def judge(self) -> None:
        """Step 7: the first page of it."""
        self.next_()

    def look(self, name: str) -> None:
        """Nothing but what the person sees."""

    def click(self, button: QAbstractButton) -> None:
        """After reading what stands there."""
        self.read(self.wizard)
        super().click(button)

    def type_in(self, field: QWidget, words: str) -> None:
        """After reading what stands there."""
        self.read(self.wizard)
        super().type_in(field, words)

    def wait(self, there: Callable[[], bool]) -> None:
        """The machine's time."""
        began = time.time()
        super().wait(there)
        self.qtbot.counted.now.waited += time.time() - began

    def read(self, window: QWidget) -> None:
        """Every sentence, name and value that stands there, once; not files in a table, not pictures."""
        self._note(_texts(window))

    def _note(self, texts: Iterable[str]) -> None:
        for text in texts:
            if text and text not in self._read:
                self._read.add(text)
                self.qtbot.counted.now.words += len(text.split())

    def _answer(self, folder: Path) -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QFileDialog)
        self._note(_texts(dialog))
        field = dialog.findChild(QLineEdit)
        assert field is not None
        self.qtbot.keyClicks(field, str(folder))
        self.qtbot.keyClick(field, Qt.Key.Key_Return)


def _texts(window: QWidget) -> Iterator[str]:
    for widget in window.findChildren(QWidget):
        for kind, words in _WORDS.items():
            if isinstance(widget, kind) and widget.isVisible():
                yield from words(widget)


def _cells(table: QTableWidget) -> Iterator[str]:
    for row in range(table.rowCount()):
        for column in range(table.columnCount()):
            cell = table.item(row, column)
            yield cell.text() if cell is not None else ""


_WORDS: dict[type[QWidget], Callable[[Any], Iterable[str]]] = {
    QLabel: lambda label: (label.text(),),
    QAbstractButton: lambda button: (button.text(),),
    QComboBox: lambda box: (box.currentText(),),
    QLineEdit: lambda field: (field.text() or field.placeholderText(),),
    QPlainTextEdit: lambda field: (field.toPlainText() or field.placeholderText(),),
    QTabWidget: lambda tabs: map(tabs.tabText, range(tabs.count())),
    QListWidget: lambda lines: (lines.item(place).text() for place in range(lines.count())),
    QTableWidget: _cells,
}
