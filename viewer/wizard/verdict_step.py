"""Step 7: what the model is worth on patients that it had not seen, and where it was wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QPushButton, QTableWidget, QTableWidgetItem, QWidget

from ml.report.words import count, percent
from viewer.panels.pieces import GRID, Heading, Text, named, row
from viewer.wizard.answers import Answer, in_cell, read_answers, worst
from viewer.wizard.confusion_table import ConfusionTable
from viewer.wizard.desk import Desk
from viewer.wizard.example_strip import ExampleStrip, Tile
from viewer.wizard.step import Step
from viewer.wizard.training_run import TrainingRun

_OVERALL = {
    "balanced_accuracy": "Right, each class counted alike",
    "accuracy": "Right",
    "macro_f1": "F1, mean over classes",
}


class VerdictStep(Step):
    """Reads report.json and answers.csv of the training; nothing is counted here."""

    title = "Verdict"
    heading = "What is it worth?"
    meaning = (
        "Every picture was judged by a network that had never seen its patient; ranges are over patients."
    )

    def __init__(self, desk: Desk, run: TrainingRun, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.run = run
        self.answers: tuple[Answer, ...] = ()
        self.overall = Text(parent=self)
        self.classes = QTableWidget(0, 3, self)
        self.classes.setHorizontalHeaderLabels(["Class", "Telling it from the others (AUROC)", "Found"])
        self.classes.verticalHeader().hide()
        self.classes.setAccessibleName("Figures of each class")
        self.confusion = ConfusionTable(self)
        self.strip_title = Heading("", self)
        self.strip = ExampleStrip(parent=self)
        self.worst_button = QPushButton("Worst errors", self)
        named(
            self.worst_button, "Worst errors", "Those that it was surest of: look whether the label is right"
        )
        self.report_button = QPushButton("Report as PDF", self)
        named(
            self.report_button, "Report as PDF", "Open the report of the model: figures, curves, data, checks"
        )
        self._lay_out()
        self.worst_button.clicked.connect(self.show_worst)
        self.report_button.clicked.connect(self.open_report)
        self.confusion.chosen.connect(self.show_cell)

    def obstacle(self) -> str:
        """Without a finished training there is nothing to judge."""
        return "" if self.run.report() else "Train first."

    def enter(self) -> None:
        """Read what the training left."""
        self.show_plan()

    def show_plan(self) -> None:
        """Figures of the training on the desk."""
        facts = self.run.report()
        self.answers = read_answers(self.desk.out) if facts else ()
        figures: Mapping[str, Any] = facts.get("figures", {})
        self.overall.say("\n".join(overall_in_words(figures)))
        self._show_classes(figures.get("classes", {}))
        confusion = figures.get("confusion")
        self.confusion.show_confusion(tuple(figures.get("classes", {})), confusion or [])
        for widget in (self.worst_button, self.confusion):
            widget.setVisible(bool(confusion))
        self.strip_title.setText("")
        self.strip.show_tiles(())

    def show_cell(self, label: str, said: str) -> None:
        """The pictures of one cell."""
        found = in_cell(self.answers, label, said)
        self.strip_title.setText(f"“{label}” called “{said}”: {count(len(found), 'picture')}")
        self.strip.show_tiles(tuple(map(tile_of, found[:60])))

    def show_worst(self) -> None:
        """The errors that it was surest of."""
        found = worst(self.answers)
        words = "The errors that it was surest of. Is every label right?"
        self.strip_title.setText(words if found else "It made no error on these patients.")
        self.strip.show_tiles(tuple(map(tile_of, found)))

    def open_report(self) -> None:
        """Show the PDF in the system's viewer."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.desk.out / "report.pdf")))

    def close_work(self) -> None:
        """Read no more pictures."""
        self.strip.close_work()

    def _show_classes(self, classes: Mapping[str, Any]) -> None:
        self.classes.setRowCount(len(classes))
        for place, (name, made) in enumerate(classes.items()):
            found, at = made["sensitivity"], float(made["at_specificity"])
            words = f"{_range(found)}, when {percent(1 - at)} of the others are called so too"
            for column, text in enumerate((name, str(made["in_words"]), words)):
                self.classes.setItem(place, column, QTableWidgetItem(text))
        self.classes.resizeColumnsToContents()
        self.classes.horizontalHeader().setStretchLastSection(True)
        height = self.classes.horizontalHeader().sizeHint().height() + 2
        height += sum(self.classes.rowHeight(place) for place in range(len(classes)))
        self.classes.setFixedHeight(min(height + 4 * GRID, 60 * GRID))

    def _lay_out(self) -> None:
        self.body.addWidget(self.overall)
        self.body.addWidget(self.classes)
        self.body.addWidget(Heading("Labels against answers: click a number to see its pictures", self))
        self.body.addWidget(self.confusion)
        line = row(self.worst_button, self.report_button)
        line.addStretch(1)
        for button in (self.worst_button, self.report_button):
            button.setAutoDefault(False)
        self.body.addLayout(line)
        self.body.addWidget(self.strip_title)
        self.body.addWidget(self.strip)
        self.body.addStretch(1)


def overall_in_words(figures: Mapping[str, Any]) -> tuple[str, ...]:
    """The figures over all classes, with their ranges."""
    if not figures:
        return ()
    words = [f"{count(figures['pictures'], 'picture')} of {count(figures['patients'], 'patient')}."]
    words += [f"{title}: {_range(figures[key])}" for key, title in _OVERALL.items() if key in figures]
    if "calibration_error" in figures:
        error = percent(float(figures["calibration_error"]))
        words.append(f"Its probabilities are off by {error} on average.")
    return tuple(words)


def _range(made: Mapping[str, float]) -> str:
    value, low, high = (percent(float(made[key])) for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def tile_of(answer: Answer) -> Tile:
    """A picture with its label, what was said, and whose it is."""
    path = answer.path if answer.place is None and answer.path.suffix.lower() != ".dcm" else None
    lines = (answer.label or "none of them", f"→ {answer.said} {percent(answer.sure)}", answer.patient)
    return Tile(path, lines, answer.path.name)
