"""The figures of a verdict: over all classes, of each class, and labels against answers with pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHeaderView, QPushButton, QTableWidgetItem, QVBoxLayout, QWidget

from ml.report.model_units import range_in_words, units_in_words
from ml.report.words import count, percent
from viewer.panels.pieces import GRID, Heading, Page, Text, in_order, named, row
from viewer.wizard.answers import Answer, in_cell, worst
from viewer.wizard.confusion_table import ConfusionTable
from viewer.wizard.example_strip import ExampleStrip, Tile
from viewer.wizard.snug_table import SnugTable

_MOST = 60  # pictures of a cell that are shown
_NAME = 50 * GRID  # px at most for the name of a class
_TOLD_APART = "Telling it from the others (AUROC)"
_OVERALL = {
    "balanced_accuracy": "Right, each class counted alike",
    "accuracy": "Right",
}
_MEANING = (
    "AUROC: of a picture of the class and one of another, how often the first is called likelier; 1 is "
    "always, 0.5 a coin's toss. Positive are pictures of the class, negative all others."
)


class FiguresPart(Page):
    """Shows what report.json says; nothing is counted here."""

    chosen = Signal(object)  # Answer
    report_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._answers: tuple[Answer, ...] = ()
        self._shown: tuple[Answer, ...] = ()
        self.units = Text(parent=self)  # what people ask about, where that is not the single picture
        self.patches = Heading("Patch by patch", self)
        self.overall = Text(parent=self)
        self.classes = SnugTable(60 * GRID, self)
        self.classes.setColumnCount(3)
        self.meaning = Text(_MEANING, quiet=True, parent=self)
        self.classes.verticalHeader().hide()
        self.classes.setTabKeyNavigation(False)
        self.classes.setAccessibleName("Figures of each class")
        self.confusion = ConfusionTable(self)
        self.against = Heading("Labels against answers: click a number to see its pictures", self)
        self.strip_title = Heading("", self)
        self.strip = ExampleStrip(parent=self, clickable=True)
        self.worst_button = QPushButton("Worst errors", self)
        named(
            self.worst_button, "Worst errors", "Those that it was surest of: look whether the label is right"
        )
        self.report_button = QPushButton("Report as PDF", self)
        tip = "Open the report of the model: figures, curves, data, checks"
        named(self.report_button, "Report as PDF", tip)
        self._lay_out(self.column)
        self.worst_button.clicked.connect(self.show_worst)
        self.report_button.clicked.connect(self.report_wished)
        self.confusion.chosen.connect(self.show_cell)
        self.strip.chosen.connect(lambda number: self.chosen.emit(self._shown[number]))

    def show_facts(self, facts: Mapping[str, Any], answers: tuple[Answer, ...]) -> None:
        """Those of a finished training; empty where there is none."""
        self._answers = answers
        figures: Mapping[str, Any] = facts.get("figures", {})
        units = units_in_words(facts)
        self.units.say("\n".join(units))
        self.patches.setVisible(bool(units))
        self.overall.say("\n".join(overall_in_words(figures)))
        self._show_classes(figures.get("classes", {}), figures.get("patients", 0))
        confusion = figures.get("confusion")
        self.confusion.show_confusion(tuple(figures.get("classes", {})), confusion or [])
        for widget in (self.worst_button, self.against, self.confusion):
            widget.setVisible(bool(confusion))
        self._show((), "")

    def show_cell(self, label: str, said: str) -> None:
        """The pictures of one cell."""
        found = in_cell(self._answers, label, said)
        self._show(found[:_MOST], f"“{label}” called “{said}”: {count(len(found), 'picture')}")

    def show_worst(self) -> None:
        """The errors that it was surest of."""
        found = worst(self._answers)
        words = "The errors that it was surest of. Is every label right?"
        self._show(found, words if found else "It made no error on these patients.")

    def _show(self, answers: tuple[Answer, ...], title: str) -> None:
        self._shown = answers
        self.strip_title.setText(title)
        self.strip.show_tiles(tuple(map(tile_of, answers)))

    def _show_classes(self, classes: Mapping[str, Any], patients: int) -> None:
        self.classes.setRowCount(len(classes))
        self.classes.setHorizontalHeaderLabels(["Class", _TOLD_APART, found_in_words(classes)])
        for place, (name, made) in enumerate(classes.items()):
            found = range_in_words(made["sensitivity"], patients)
            for column, text in enumerate((name, str(made["in_words"]), found)):
                self.classes.setItem(place, column, QTableWidgetItem(text))
        self.classes.resizeColumnsToContents()  # then the sentence in the middle wraps: no bar sideways
        self.classes.setColumnWidth(0, min(self.classes.columnWidth(0), _NAME))
        self.classes.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.classes.fit()

    def _lay_out(self, body: QVBoxLayout) -> None:
        body.addWidget(self.units)
        body.addWidget(self.patches)
        body.addWidget(self.overall)
        body.addWidget(self.classes)
        body.addWidget(self.meaning)
        body.addWidget(self.against)
        narrow = row(self.confusion)
        narrow.setStretch(0, 100)  # as wide as it needs, at the left
        narrow.addStretch(1)
        body.addLayout(narrow)
        line = row(self.worst_button, self.report_button)
        line.addStretch(1)
        for button in (self.worst_button, self.report_button):
            button.setAutoDefault(False)
        body.addLayout(line)
        in_order(self.report_button, self.strip)
        body.addWidget(self.strip_title)
        body.addWidget(self.strip)
        body.addStretch(1)


def overall_in_words(figures: Mapping[str, Any]) -> tuple[str, ...]:
    """The figures over all classes, with their ranges."""
    if not figures:
        return ()
    words = [f"{count(figures['pictures'], 'picture')} of {count(figures['patients'], 'patient')}."]
    if figures["patients"] == 1:
        words.append("No range can be given: how far other patients differ is not known.")
    told = {title: figures[key] for key, title in _OVERALL.items() if key in figures}
    words += [f"{title}: {range_in_words(made, figures['patients'])}" for title, made in told.items()]
    if "calibration_error" in figures:
        error = percent(float(figures["calibration_error"]))
        words.append(f"Its probabilities are off by {error} on average.")
    return tuple(words)


def found_in_words(classes: Mapping[str, Any]) -> str:
    """Over the column that says how many of a class are found, and at what price."""
    prices = {percent(1 - float(made["at_specificity"])) for made in classes.values()}
    return f"Found, when {' or '.join(sorted(prices))} of the others are called so too" if prices else "Found"


def tile_of(answer: Answer) -> Tile:
    """A picture with its label, what was said, and whose it is."""
    said = f"→ {answer.said} {percent(answer.sure)}" if answer.said else "not tested"
    lines = (answer.label or "none of them", said, answer.patient)
    return Tile(answer.path, lines, answer.path.name, answer.place)
