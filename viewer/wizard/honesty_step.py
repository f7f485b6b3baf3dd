"""Step 3: whether the figures of the model could be believed, asked before anything is learned."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QProgressBar, QPushButton, QWidget

from ml.errors import Problem
from viewer.panels.pieces import GRID, Text, clear, column, in_order, named, row
from viewer.panels.symbols import Sign, SignLabel
from viewer.wizard.checked import FACTS, LOOKED, is_checked
from viewer.wizard.desk import CHECK, Desk
from viewer.wizard.honesty import Mend, Remark, Weight, forbids, remarks_of
from viewer.wizard.outlook_part import OutlookPart
from viewer.wizard.plan_recipe import text_for_check
from viewer.wizard.run_story import RunStory, broken_off, phase_in_words
from viewer.wizard.step import Step
from viewer.work.child import Child

_SIGNS: dict[Weight, Sign] = {"done": "done", "info": "info", "warning": "warning", "refusal": "refusal"}


class HonestyStep(Step):
    """Runs `parfocal-ml dataset` in a process of its own, and says what it found with ways to mend it."""

    title = "Honesty check"
    heading = "Could the result be believed?"
    meaning = "A model is only worth what it shows on patients that it has not seen; this is checked now."

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.child: Child | None = None
        self._story = RunStory(1, 1)
        self.remarks: tuple[Remark, ...] = ()
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * GRID)
        self.bar.setAccessibleName("Progress of the check")
        self.phase = Text(parent=self)
        self.list = column(gap=2 * GRID)
        self.again = QPushButton("Check again", self)
        self.again.setAutoDefault(False)
        named(self.again, "Check again", "Read all pictures again and check them anew")
        self.outlook = OutlookPart(desk, self)
        self.body.addWidget(self.bar)
        self.body.addWidget(self.phase)
        self.body.addLayout(self.list)
        self.body.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addWidget(self.outlook)
        self.body.addStretch(1)
        self.again.clicked.connect(self.check)
        self._show_running(False)
        desk.began_anew.connect(self._end_child)

    def obstacle(self) -> str:
        """What forbids to begin."""
        if self.child is not None and self.child.running:
            return "Wait until the check has ended."
        if not self.remarks:
            return "Your data have not been checked yet."
        if not is_checked(self.plan, self.desk.folder):
            return "Other choices than those that were checked: go to step 3, which checks them again."
        return forbids(self.remarks)

    def enter(self) -> None:
        """Check, unless just this was checked already."""
        if self.child is not None and self.child.running:
            return
        try:
            self.desk.write_recipe()
        except Problem as problem:
            self._refuse(problem)
            return
        if not self._recall():
            self.check()

    def show_plan(self) -> None:
        """What is known of the training on the desk."""
        self._recall()

    def check(self) -> None:
        """Read all pictures as the network will see them, and look for what would spoil the figures."""
        try:
            recipe = self.desk.write_recipe()
        except Problem as problem:
            self._refuse(problem)
            return
        self._end_child()
        folder = self.desk.folder / CHECK
        self._story, self.remarks = RunStory(1, 1), ()
        self._show_remarks()
        self.notice.say("")
        self.child = Child(folder, self)
        self.child.told.connect(self._hear)
        self.child.ended.connect(self._end)
        words = ["dataset", str(recipe), "--data", str(self.desk.folder), "--out", str(folder)]
        try:
            self.child.start(words)
            (folder / FACTS).unlink(missing_ok=True)
            (folder / LOOKED).write_text(text_for_check(self.plan), encoding="utf-8")
        except Problem as problem:
            self._refuse(problem)
            return
        self._show_running(True)
        self.ready_changed.emit()

    def close_work(self) -> None:
        """The check is nothing without somebody who waits for it."""
        self._end_child()
        self.outlook.close_work()

    def _end_child(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.deleteLater()
            self.child = None

    def _hear(self, event: dict[str, Any]) -> None:
        self._story.hear(event)
        self.bar.setRange(0, self._story.total)
        self.bar.setValue(self._story.done)
        self.phase.say(phase_in_words(self._story))

    def _end(self) -> None:
        self._show_running(False)
        self.again.show()  # after a failure too
        story, child = self._story, self.child
        if story.ended == "failed":
            self.notice.say(f"{story.what} {story.remedy}".strip(), "refusal")
        elif story.ended != "done" and child is not None:
            self.notice.say(broken_off(child.last_words()), "refusal")
        else:
            self._recall()
        self.ready_changed.emit()

    def _recall(self) -> bool:
        """Take what the check found, where it is of the recipe as it is now; whether it is."""
        folder = self.desk.folder / CHECK
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            facts = None
        fits = facts is not None and is_checked(self.plan, self.desk.folder)
        self.remarks = remarks_of(facts, self.plan) if fits else ()
        self._show_remarks()
        return bool(self.remarks)

    def _show_remarks(self) -> None:
        clear(self.list)
        cards = [RemarkCard(remark, self._mend, self) for remark in self.remarks]
        for card in cards:
            self.list.addWidget(card)
        in_order(self.phase, *(button for card in cards for button in card.buttons))
        self.again.setVisible(bool(self.remarks))
        self.outlook.show_outlook()
        if not self.remarks:
            self.outlook.hide()  # only of data that were checked

    def _mend(self, mend: Mend) -> None:
        """Take the mended plan; classes, patients and division are checked anew."""
        self.desk.change(replace(mend.plan, step=self.plan.step))
        self.enter()

    def _refuse(self, problem: Problem) -> None:
        self._show_running(False)
        self.notice.say(str(problem), "refusal")
        self.ready_changed.emit()

    def _show_running(self, running: bool) -> None:
        self.bar.setVisible(running)
        self.phase.say("Starting…" if running else "")


class RemarkCard(QFrame):
    """One remark: a sign, what was found, why it matters, examples, buttons that mend it."""

    def __init__(self, remark: Remark, mend: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: list[QPushButton] = []
        self.setAccessibleName(f"{remark.weight}: {remark.what}")
        sign = SignLabel(_SIGNS[remark.weight], self)
        words = column(gap=GRID)
        what = Text(remark.what, parent=self)
        if remark.weight in {"warning", "refusal"}:
            font = what.font()
            font.setBold(True)
            what.setFont(font)
        words.addWidget(what)
        if remark.why:
            words.addWidget(Text(remark.why, quiet=True, parent=self))
        if remark.names:
            words.addWidget(Text(f"For example: {'; '.join(remark.names)}", quiet=True, parent=self))
        line = row()
        for one in remark.mends:
            button = QPushButton(one.words, self)
            button.setAutoDefault(False)
            named(button, one.words, "Change it so, and check again")
            button.clicked.connect(lambda _=False, chosen=one: mend(chosen))
            self.buttons.append(button)
            line.addWidget(button)
        line.addStretch(1)
        words.addLayout(line)
        whole = row(sign)
        whole.setAlignment(sign, Qt.AlignmentFlag.AlignTop)
        whole.addLayout(words, 1)
        self.setLayout(whole)
