"""Step 8: the model gets a name and a card, and can be used at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QFormLayout, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from ml.verbs.describe import CardTexts
from viewer.panels.pieces import GRID, Notice, PrimaryButton, Text, named, row
from viewer.wizard.desk import Desk
from viewer.wizard.mending import lineage_of
from viewer.wizard.plan import Texts
from viewer.wizard.step import Step
from viewer.wizard.training_run import TrainingRun
from viewer.work.model_making import ModelMaking

_FIELDS = (
    ("title", "Name", "How the model is called in the list of models"),
    ("summary", "In one sentence", "What it tells apart, for whoever chooses a model"),
    ("intended_use", "Meant for", "For what, by whom; and that it is not for a patient's treatment"),
    ("limits", "Not to be relied on for", "Other organs, stains, scanners, ages; whatever it has not seen"),
    ("licence", "Who may use it", "A licence, or for example: within our department only"),
)
_SUGGESTED = {
    "intended_use": "Research. Not for a patient's diagnosis or treatment.",
    "licence": "Within our department only.",
}
_CHOSEN = "stands among the models and is chosen. Close this window, open"
_THEN = {
    "pictures": "a picture and choose Analyze whole slide: the model looks at it as one picture.",
    "labelled_slides": "a slide and choose Analyze whole slide: it is answered as a whole and by patches.",
    "scans": "a series and choose Analyze series.",
}
_REGION = "a slide, draw a region (R) and choose Analyze region."
"""What one can do with a model now, by kind; with those that are not named, this."""


def summary_of(names: Sequence[str]) -> str:
    """What a model of these classes does, in one sentence."""
    if not names[1:]:
        return f"Finds {names[0]}." if names else ""
    return f"Tells apart {', '.join(names[:-1])} and {names[-1]}."


class UseStep(Step):
    """Writes the card, installs the model, and hands it on as a file."""

    title = "Use it"
    heading = "Give it a name and use it"
    meaning = "Nobody should have to guess what a model is for: these sentences travel with it."

    installed = Signal(str)
    models_wished = Signal()

    def __init__(self, desk: Desk, run: TrainingRun, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.run = run
        self.work = ModelMaking(self)
        self.fields: dict[str, QLineEdit | QPlainTextEdit] = {}
        form = QFormLayout()
        form.setSpacing(2 * GRID)
        for key, title, tip in _FIELDS:
            field = self.fields[key] = QPlainTextEdit(self) if key == "limits" else QLineEdit(self)
            named(field, title, tip)
            field.setPlaceholderText(tip)
            if isinstance(field, QPlainTextEdit):
                field.setFixedHeight(18 * GRID)
                field.setTabChangesFocus(True)
            field.textChanged.connect(self._keep)
            form.addRow(title, field)
        self.use_button = PrimaryButton("", self)
        self.models_button = QPushButton("Your models…", self)
        self.models_button.setAutoDefault(False)
        named(self.models_button, "Your models…", "All of them: where each comes from; delete one")
        self.share_button = QPushButton("Save as a file…", self)
        named(self.share_button, "Save as a file…", "One file that Parfocal elsewhere can install")
        self.missing = Text(quiet=True, parent=self)
        self.done_notice = Notice(parent=self)
        self.body.addLayout(form)
        self.body.addWidget(self.missing)
        line = row(self.use_button, self.share_button, self.models_button)
        line.addStretch(1)
        self.body.addLayout(line)
        self.body.addWidget(self.done_notice)
        self.body.addStretch(1)
        self.use_button.clicked.connect(self.use)
        self.share_button.clicked.connect(self.ask_file)
        self.models_button.clicked.connect(self.models_wished)
        self.work.installed.connect(self._installed)
        self.work.saved.connect(lambda path: self.done_notice.say(f"Saved as {path.name}.", "done"))
        self.work.failed.connect(lambda problem: self.notice.say(str(problem), "refusal"))

    @property
    def texts(self) -> CardTexts:
        """What is to stand in the card."""
        said = self.plan.texts
        return CardTexts(said.title, said.intended_use, said.limits, said.licence, said.summary)

    def enter(self) -> None:
        """Suggest what can be suggested."""
        texts = self.plan.texts
        empty = {key: words for key, words in _SUGGESTED.items() if not getattr(texts, key)}
        if not texts.summary:
            names = [self.plan.data.title_of(label) for label in self.plan.data.classes]
            empty["summary"] = summary_of(names)
        if empty:
            self.desk.change(replace(self.plan, texts=replace(texts, **empty)))
        self.show_plan()

    def show_plan(self) -> None:
        """Show what was written."""
        for key, field in self.fields.items():
            words = str(getattr(self.plan.texts, key))
            field.blockSignals(True)
            if isinstance(field, QPlainTextEdit):
                if field.toPlainText() != words:
                    field.setPlainText(words)
            elif field.text() != words:
                field.setText(words)
            field.blockSignals(False)
        where = "Analyze series" if self.plan.kind == "scans" else "Analyze region"
        self.use_button.setText(f"Use it in {where}")
        named(self.use_button, self.use_button.text(), "Put it among the models, chosen")
        self._show_missing()

    def use(self) -> None:
        """Install it; *Analyze region* offers it at once."""
        self.notice.say("")
        self.work.install(self.desk.bundle, self.texts, lineage_of(self.plan, self.desk.folder))

    def ask_file(self) -> None:
        """Ask where the file goes."""
        start = str(Path.home() / f"{self.texts.name}.zip")
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the model", start, "Model (*.zip)")
        if chosen:
            self.save(Path(chosen))

    def save(self, path: Path) -> None:
        """Write it as one file."""
        self.notice.say("")
        lineage = lineage_of(self.plan, self.desk.folder)
        self.work.save(self.desk.bundle, self.texts, path.with_suffix(".zip"), lineage)

    def close_work(self) -> None:
        """Wait for what is being written."""
        self.work.close()

    def _keep(self) -> None:
        said = {
            key: field.toPlainText() if isinstance(field, QPlainTextEdit) else field.text()
            for key, field in self.fields.items()
        }
        self.desk.change(replace(self.plan, texts=Texts(**said)))
        self._show_missing()

    def _show_missing(self) -> None:
        missing = self.texts.missing()
        ready = not missing and bool(self.texts.name)
        words = f"Still to be said: {', '.join(missing)}." if missing else ""
        self.missing.say(words if ready or missing else "The name needs a letter or a digit.")
        for button in (self.use_button, self.share_button):
            button.setEnabled(ready and not self.obstacle_before())

    def obstacle_before(self) -> bool:
        """Whether there is no model yet."""
        return not self.run.report()

    def _installed(self, name: str) -> None:
        self.desk.change(replace(self.plan, done=True))
        then = _THEN.get(self.plan.kind, _REGION)
        self.done_notice.say(f"“{self.plan.texts.title}” {_CHOSEN} {then}", "done")
        self.installed.emit(name)
