"""A person going through slices of a CT series that are worth a label."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject

from ml.verbs.slice_queue import AskedSlice
from viewer.state.learning import SliceAnswer, SliceAnswerEdit, SliceQueue
from viewer.state.opened_series import OpenedSeries
from viewer.wizard.questions import Questions, said_in_words

TITLE = "Label slice"


class SliceAnswering(Questions):
    """Answers are kept with the series, each at once; each is an edit that can be undone."""

    noun = ("slice", "slices")

    def __init__(
        self, opened: OpenedSeries, queue: SliceQueue, who: str, parent: QObject | None = None
    ) -> None:
        super().__init__(queue, opened.title, parent)
        self.opened, self.queue, self._who = opened, queue, who
        self._place = {one.uid: place for place, one in enumerate(queue.asked)}
        self._before = dict(opened.learning.answers)
        self._taking_back = False
        self.position = self.first_open()
        opened.learning.changed.connect(self._follow)

    @property
    def answered(self) -> int:
        """How many have an answer."""
        return sum(uid in self._place for uid in self.opened.learning.answers)

    def said_at(self, place: int) -> str | None:
        """What was answered there."""
        uid = self.queue.asked[place].uid if place < len(self.queue.asked) else ""
        answer = self.opened.learning.answers.get(uid)
        return None if answer is None else answer.label

    def answer(self, label: str | None) -> None:
        """Say which classes hold (None: not sure), and go on."""
        asked, queue = self.current, self.queue
        if not isinstance(asked, AskedSlice):
            return
        made = SliceAnswer(
            asked.uid,
            label or "",
            self._who,
            time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            queue.model,
            queue.version,
            queue.sha256,
            queue.run,
            said_in_words(queue.class_names, asked),
            f"{min(1.0, asked.unsure + asked.disagreement):.3f}",
        )
        self.position += 1
        self.opened.undo.push(SliceAnswerEdit(self.opened.learning, asked.uid, made, TITLE))

    def take_back(self) -> None:
        """Undo the last answer, and ask again."""
        undo, notes = self.opened.undo, self.opened.learning
        mine = [one for uid, one in notes.answers.items() if uid in self._place]
        self._taking_back = True
        if undo.canUndo() and undo.undoText() == TITLE:
            undo.undo()
        elif mine:
            last = max(mine, key=lambda one: one.at)
            undo.push(SliceAnswerEdit(notes, last.uid, None, "Take a label back"))
        self._taking_back = False

    def close(self) -> None:
        """Follow the series no more."""
        self.opened.learning.changed.disconnect(self._follow)

    def _follow(self) -> None:
        """What was taken back, here or in the window, is asked again."""
        before, now = self._before, dict(self.opened.learning.answers)
        self._before = now
        touched = {uid for uid in {*before, *now} if before.get(uid) != now.get(uid)} & set(self._place)
        again = touched if self._taking_back else touched - set(now)
        if again:
            self.position = min(self._place[uid] for uid in again)
        if touched:
            self.changed.emit()
