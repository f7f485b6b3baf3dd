"""Step 1: what is the question, or which study to begin with."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QPushButton, QRadioButton, QWidget

from ml.errors import Problem
from viewer.panels.pieces import GRID, Heading, Text, named, row
from viewer.wizard.desk import Desk, begun_in_words, trainings
from viewer.wizard.plan import Kind, read_plan
from viewer.wizard.starts import EXAMPLES, QUESTIONS, begun
from viewer.wizard.step import Step


class QuestionStep(Step):
    """The kind of question decides what is asked for later; everything else follows from it."""

    title = "Question"
    heading = "What shall the model answer?"
    meaning = (
        "A label is what somebody has said a picture shows; classes are the answers that are told apart. "
        "Choose what you have labels for. A study sets everything as it was done there."
    )

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.kinds: dict[Kind, QRadioButton] = {}
        self.examples: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        for question in QUESTIONS:
            self._add_question(question.kind, question.title, f"{question.meaning} {question.needs}")
        self.body.addSpacing(GRID)
        self.body.addWidget(Heading("Or begin as a study did", self))
        self.body.addLayout(self._examples())
        self.earlier = QComboBox(self)
        named(self.earlier, "Earlier trainings", "Go on with a training that was begun before")
        self.anew = QPushButton("Begin a new training", self)
        named(self.anew, "Begin a new training", "The one before stays where it is")
        self.body.addSpacing(GRID)
        self.body.addWidget(Heading("Earlier trainings", self))
        line = row(self.earlier, self.anew)
        line.setStretch(0, 1)
        self.body.addLayout(line)
        self.body.addStretch(1)
        self._group.buttonClicked.connect(lambda button: self.choose(self._kind_of(button)))
        self.earlier.activated.connect(self._open)
        self.anew.clicked.connect(self._begin_anew)

    def choose(self, kind: Kind, example: str = "") -> None:
        """Take a kind with what is usual for it, or an example. What was said of other data is dropped."""
        if (kind, example) == (self.plan.kind, self.plan.start):
            return
        try:
            plan = begun(kind, example)
        except Problem as problem:
            self.notice.say(str(problem), "refusal")
            return
        if self.desk.has_begun:
            self.desk.begin_anew(plan)
        self.desk.survey = None
        self.desk.change(plan)
        self.show_plan()

    def show_plan(self) -> None:
        """Mark what was chosen."""
        self.kinds[self.plan.kind].setChecked(True)
        for name, button in self.examples.items():
            button.setChecked(name == self.plan.start)
        begun_before = self.desk.has_begun
        words = "This training has begun. Another question begins a new one; this one stays."
        self.notice.say(words if begun_before else "")
        self._list_earlier()

    def enter(self) -> None:
        """As it stands now."""
        self.show_plan()

    def _add_question(self, kind: Kind, title: str, words: str) -> None:
        button = QRadioButton(title, self)
        named(button, title, words)
        font = button.font()
        font.setBold(True)
        button.setFont(font)
        self.kinds[kind] = button
        self._group.addButton(button)
        text = Text(words, quiet=True, parent=self)
        text.setContentsMargins(6 * GRID, 0, 0, GRID)
        self.body.addWidget(button)
        self.body.addWidget(text)

    def _kind_of(self, button: object) -> Kind:
        return next(kind for kind, one in self.kinds.items() if one is button)

    def _examples(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(2 * GRID)
        for number, example in enumerate(EXAMPLES):
            button = QPushButton(example.title, self)
            button.setCheckable(True)
            button.setAutoDefault(False)
            named(button, example.title, example.meaning)
            button.clicked.connect(lambda _=False, one=example: self._choose_example(one.kind, one.recipe))
            self.examples[example.recipe] = button
            grid.addWidget(button, number // 3, number % 3)
        return grid

    def _choose_example(self, kind: Kind, name: str) -> None:
        self.choose(kind, name)
        self.show_plan()

    def _list_earlier(self) -> None:
        self.earlier.clear()
        for folder in trainings():
            plan = read_plan(folder)
            if plan is not None:
                title = plan.texts.title or Path(plan.data.folder).name or "no data yet"
                self.earlier.addItem(f"{title}, begun {begun_in_words(folder)}", str(folder))
        here = self.earlier.findData(str(self.desk.folder))
        self.earlier.setCurrentIndex(here)
        self.earlier.setEnabled(self.earlier.count() > 0)
        self.earlier.setPlaceholderText("none yet")

    def _begin_anew(self) -> None:
        self.desk.begin_anew()

    def _open(self, place: int) -> None:
        folder = self.earlier.itemData(place)
        if folder and Path(folder) != self.desk.folder:
            self.desk.open(Path(folder))
