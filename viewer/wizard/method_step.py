"""Step 5: how it learns, in a few choices or in all of them, and how long that takes on this computer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ml.report.words import count
from ml.train.study_recipe import Vary
from viewer.panels.labelled_slider import LabelledSlider
from viewer.panels.pieces import GRID, FoldOut, Heading, Text, column, in_order, named, row
from viewer.wizard.desk import Desk
from viewer.wizard.expert import ExpertView
from viewer.wizard.method_choices import MethodChoices
from viewer.wizard.plan import Plan
from viewer.wizard.plan_recipe import fault_of
from viewer.wizard.rehearsing import Rehearsing
from viewer.wizard.sides import mirror_in_words, mirrors, usual
from viewer.wizard.step import Step
from viewer.wizard.time_words import time_in_words
from viewer.wizard.tuning_part import TuningPart
from viewer.wizard.watching import Watching
from viewer.wizard.ways import WAYS, Way, advised, network_in_words, way_of, ways_for, with_way

_PARTS = (3, 5, 10)
_VARIED = {
    "": "Vary the pictures while learning: turned, mirrored, stained otherwise",
    "pictures": "Vary the pictures while learning: turned a little, mirrored, lighter and darker",
    "scans": "Vary the slices while learning: turned a little, mirrored, lighter and darker",
}
"""By kind; of tissue where none is named."""


class MethodStep(Step):
    """A simple and an expert view over the same plan."""

    title = "Method"
    heading = "How shall it learn?"
    meaning = (
        "What is set is a sound beginning. The network is the part of the model that learns. It is made of "
        "layers, each of which looks at what the one before has found; the last one decides."
    )

    def __init__(self, desk: Desk, rehearsing: Rehearsing, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.rehearsing = rehearsing
        self.ways: dict[Way, QRadioButton] = {}
        self._group = QButtonGroup(self)
        self._texts: dict[Way, Text] = {}
        self.body.addLayout(self._add_ways())
        self.own = Text(quiet=True, parent=self)
        tip = "How often every picture is looked at while learning"
        self.passes = LabelledSlider("", tip, (1, 100), 1, parent=self)
        self.parts = QComboBox(self)
        for parts in _PARTS:
            self.parts.addItem(f"{parts} parts, each tested by a network that has not seen it", parts)
        named(self.parts, "Divide patients into", "More parts: more to learn from, and longer")
        self.first_only = QCheckBox("A first try: test on one part only", self)
        named(self.first_only, "A first try", "Much faster, but the figures rest on few patients")
        self.vary = QCheckBox(_VARIED[""], self)
        named(self.vary, "Vary the pictures", "The model learns that such things do not matter; takes longer")
        self.mirror = Text(quiet=True, parent=self)
        self.choices = MethodChoices(self)
        tip = "Network, last layer, what counts as an error, rare classes"
        self.finer = FoldOut("Finer choices", tip, self)
        in_order(self.finer.button, self.choices.network, self.choices.head)
        in_order(self.choices.head, self.choices.loss, self.choices.balance)
        self.finer.inside.addWidget(self.choices)
        self.tuning = TuningPart(desk, rehearsing, self)
        self.watching = Watching(self)
        self.time = Text(parent=self)
        self.again = QPushButton("Measure again", self)
        self.again.setAutoDefault(False)
        named(self.again, "Measure again", "Learn for a second, and reckon how long all of it takes")
        self.more = FoldOut("All settings (for experts)", "The recipe as text: every setting there is", self)
        self.expert = ExpertView(self)
        self.more.inside.addWidget(self.expert)
        self._lay_out()
        self._connect()

    def obstacle(self) -> str:
        """What in the choices contradicts itself."""
        if self.rehearsing.fits and self.rehearsing.trouble:
            return self.rehearsing.trouble
        return fault_of(self.plan) if self.plan.data.found else "Choose your data first."

    def enter(self) -> None:
        """Measure, unless just this was measured."""
        self.show_plan()
        self.rehearsing.begin()

    def show_plan(self) -> None:
        """Show what was chosen."""
        plan = self.plan
        possible = {words.way for words in ways_for(plan.kind)}
        way = way_of(plan)
        self._group.setExclusive(way != "own")
        patients = self.desk.patients()
        for words in WAYS:
            advice = f" Advised for your {count(patients, 'patient')}."
            fits = bool(patients) and words.way == advised(patients)
            self._texts[words.way].setText(words.meaning + (advice if fits else ""))
        for name, button in self.ways.items():
            button.setChecked(name == way)
            for widget in (button, self._texts[name]):
                widget.setVisible(name in possible)
        self._group.setExclusive(True)
        told = network_in_words(plan.network)
        self.own.say(f"As chosen: {told}." if way == "own" else f"{told[0].upper()}{told[1:]}.")
        what = _VARIED.get(plan.kind, _VARIED[""])
        self.vary.setText(what if mirrors(plan) else what.replace(" mirrored,", ""))
        self.mirror.say(mirror_in_words(plan))
        self.passes.set_value(plan.fit.epochs)
        for box, on in (
            (self.vary, plan.vary != Vary()),
            (self.first_only, plan.division.run == 1),
        ):
            box.blockSignals(True)
            box.setChecked(on)
            box.blockSignals(False)
        place = self.parts.findData(plan.division.folds)
        self.parts.setCurrentIndex(place)
        self.expert.show_plan(plan)
        self.choices.show_plan(plan)
        self.watching.show_plan(plan)
        self._show_time()

    def close_work(self) -> None:
        """Read and measure no more."""
        self.expert.close_work()
        self.tuning.close_work()
        self.rehearsing.close()

    def _add_ways(self) -> QVBoxLayout:
        layout = column(gap=GRID)
        for words in WAYS:
            button = QRadioButton(words.title, self)
            named(button, words.title, words.meaning)
            text = Text(words.meaning, quiet=True, parent=self)
            text.setContentsMargins(6 * GRID, 0, 0, GRID)
            self.ways[words.way], self._texts[words.way] = button, text
            self._group.addButton(button)
            layout.addWidget(button)
            layout.addWidget(text)
        return layout

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(2 * GRID)
        form.addRow("Passes over the pictures", self.passes)
        form.addRow("Divide patients into", self.parts)
        self.body.addWidget(self.own)
        self.body.addLayout(form)
        for box in (self.first_only, self.vary, self.mirror, self.finer, self.tuning, self.watching):
            self.body.addWidget(box)
        self.body.addSpacing(GRID)
        self.body.addWidget(Heading("How long it takes", self))
        line = row(self.time, self.again)
        line.setStretch(0, 1)
        line.setAlignment(self.again, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(line)
        self.body.addWidget(self.more)
        self.body.addStretch(1)

    def _connect(self) -> None:
        self._group.buttonClicked.connect(self._choose_way)
        self.passes.changed.connect(lambda value: self._fit(epochs=round(value)))
        self.parts.activated.connect(lambda _: self._division(folds=self.parts.currentData()))
        self.first_only.toggled.connect(lambda on: self._division(run=int(on)))
        self.vary.toggled.connect(self._vary)
        for part in (self.choices, self.tuning, self.watching):
            part.changed.connect(self._take)
        self.again.clicked.connect(lambda: self.rehearsing.begin(again=True))
        self.rehearsing.changed.connect(self._heard)
        self.expert.changed.connect(self._take)

    def _take(self, plan: Plan) -> None:
        """A change of the method: shown at once, measured anew where it makes a difference."""
        self.desk.change(plan)
        self.show_plan()
        if self.isVisible():
            self.rehearsing.begin()

    def _choose_way(self, button: Any) -> None:
        way = next(way for way, one in self.ways.items() if one is button)
        self._take(with_way(self.plan, way))

    def _fit(self, **changes: Any) -> None:
        self._take(replace(self.plan, fit=replace(self.plan.fit, **changes)))

    def _division(self, **changes: Any) -> None:
        self._take(replace(self.plan, division=replace(self.plan.division, **changes)))

    def _vary(self, on: bool) -> None:
        self._take(replace(self.plan, vary=usual(self.plan) if on else Vary()))

    def _heard(self) -> None:
        self._show_time()
        self.ready_changed.emit()

    def _show_time(self) -> None:
        self.tuning.show_plan()
        rehearsing = self.rehearsing
        self.again.setEnabled(not rehearsing.running)
        if rehearsing.seconds() is None:
            measuring = f"Measuring… {rehearsing.phase}"
            self.time.setText(measuring if rehearsing.running else "Not measured yet.")
        else:
            self.time.setText(time_in_words(rehearsing, self.plan))
