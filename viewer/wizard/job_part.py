"""The part of step 6 for a training on another computer: exported as a job, its result imported."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QPushButton, QWidget

from ml.errors import Problem
from ml.progress import Cancelled, Progress, Step
from ml.report.words import SPACE, count
from viewer.panels.pieces import FoldOut, Notice, Text, column, in_order, named, row
from viewer.wizard.desk import RUN, Desk
from viewer.wizard.job import COMMAND, Exported, export_job, import_result
from viewer.wizard.training_run import TrainingRun
from viewer.work.background import Background, as_problem

_MB = 1_000_000


class JobPart(QWidget):
    """Writes and reads in the background; `imported` when the run has a result from elsewhere."""

    imported = Signal()

    def __init__(self, desk: Desk, run: TrainingRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._run = desk, run
        self._thread = Background("training job", self)
        self._progress = Progress()
        self.copies = QCheckBox("With copies of the pictures", self)
        named(self.copies, "With copies of the pictures", "Else they must lie in the same place over there")
        self.export_button = QPushButton("Export as a job…", self)
        named(self.export_button, "Export as a job…", "Write a folder that trains on another computer")
        self.import_button = QPushButton("Import its result…", self)
        named(self.import_button, "Import its result…", "Take the model that a job has left")
        for button in (self.export_button, self.import_button):
            button.setAutoDefault(False)
        self.told = Text(quiet=True, parent=self)
        self.notice = Notice(parent=self)
        self.fold = FoldOut("Train on another computer", "One with a graphics card, for example", self)
        words = (
            "A job is a folder with everything that the training needs. Carry it to the other computer, run "
            "the one command that it holds there, carry it back, and import its result."
        )
        line = row(self.copies, self.export_button, self.import_button)
        line.addStretch(1)
        self.fold.inside.addWidget(Text(words, quiet=True, parent=self))
        self.fold.inside.addLayout(line)
        self.fold.inside.addWidget(self.told)
        self.fold.inside.addWidget(self.notice)
        in_order(self.fold.button, self.copies, self.export_button, self.import_button)
        column(self).addWidget(self.fold)
        self.export_button.clicked.connect(self._ask_export)
        self.import_button.clicked.connect(self._ask_import)

    def export(self, folder: Path) -> None:
        """Write the job into this empty folder."""
        try:
            self._desk.write_recipe()
            learned = self._run.wanted()
        except Problem as problem:
            self._fail(problem)
            return
        plan, training, copies = self._desk.plan, self._desk.folder, self.copies.isChecked()
        progress = self._progress = Progress(self._tell)
        self.notice.say("")
        self.export_button.setEnabled(False)
        self._thread.submit(
            lambda: export_job(plan, training, learned, folder, progress, copies=copies),
            self._exported,
            self._fail,
        )

    def take(self, folder: Path) -> None:
        """Import the result of the job in this folder."""
        desk = self._desk
        learned = self._run.wanted()
        self.notice.say("")
        self._thread.submit(
            lambda: import_result(folder, learned, desk.out, desk.folder / RUN),
            lambda _: self._taken(learned),
            self._fail,
        )

    def close_work(self) -> None:
        """Write no further."""
        self._progress.stop()
        self._thread.close()

    def _ask_export(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "An empty folder for the job", str(Path.home()))
        if chosen:
            self.export(Path(chosen))

    def _ask_import(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "The folder of the job", str(Path.home()))
        if chosen:
            self.take(Path(chosen))

    def _exported(self, made: Exported) -> None:
        self.export_button.setEnabled(True)
        self.told.say("")
        self.notice.say(
            f"Written: {made.folder.name}, {count(made.files, 'file')}, {made.size / _MB:.1f}{SPACE}MB of "
            f"pictures. On the other computer, in that folder: {COMMAND}",
            "done",
        )

    def _taken(self, learned: str) -> None:
        self._run.take_over(learned)
        self.notice.say("The result is here, as if it had been learned on this computer.", "done")
        self.imported.emit()

    def _fail(self, error: BaseException) -> None:
        self.export_button.setEnabled(True)
        self.told.say("")
        if not isinstance(error, Cancelled):
            self.notice.say(str(as_problem(error, "The job")), "refusal")

    def _tell(self, step: Step) -> None:
        if step.done % 20 == 0:
            self._thread.tell(partial(self.told.say, f"{step.done:,} of {step.total:,} files…"))
