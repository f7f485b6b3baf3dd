"""A person going through slices of CT series that are worth a label."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject

from ml.ct_about import patient_in_words
from ml.verbs.slice_queue import AskedSlice
from viewer.panels.links import Links
from viewer.state.learning import SliceAnswer, SliceAnswerEdit, SliceQueue
from viewer.state.opened_series import OpenedSeries
from viewer.wizard.questions import Questions, said_in_words

TITLE = "Label slice"
Asks = tuple[OpenedSeries, SliceQueue]
"""A series, and what of the queue is about it."""


class SliceAnswering(Questions):
    """One queue of all series, in the order of what is worth most.

    Answers are kept with their series, each at once; each is an edit that can be undone.
    """

    noun = ("slice", "slices")

    def __init__(
        self, asks: Sequence[Asks], who: str, parent: QObject | None = None, *, hidden: bool = False
    ) -> None:
        """`hidden`: names of patients are not shown."""
        opened, queue = asks[0]
        several = f"{len(asks)} series"
        super().__init__(queue, opened.title if len(asks) == 1 else several, parent)
        whole = [(of, replace(one, series=of[0].series.key)) for of in asks for one in of[1].asked]
        whole.sort(key=lambda pair: pair[1].place)
        self.asked = tuple(one for _, one in whole)
        self._of = tuple(of for of, _ in whole)
        self._all, self._who, self._hidden = tuple(opened for opened, _ in asks), who, hidden
        self._place = {one.uid: place for place, (_, one) in enumerate(whole)}
        self._before = {opened: dict(opened.learning.answers) for opened in self._all}
        self._given: list[OpenedSeries] = []  # where an answer was given here, in their order
        self._taking_back = False
        self.position = self.first_open()
        self._links = Links()
        for opened in self._all:
            self._links.follow(opened.learning.changed, partial(self._follow, opened))

    @property
    def series(self) -> tuple[OpenedSeries, ...]:
        """All that it asks about."""
        return self._all

    @property
    def answered(self) -> int:
        """How many have an answer."""
        return sum(uid in self._place for opened in self._all for uid in opened.learning.answers)

    @property
    def whose(self) -> str:
        """The series and the patient of what is asked about, where there are several series."""
        if self.position >= len(self.asked) or len(self._all) < 2:
            return ""
        opened = self._of[self.position][0]
        return f"{opened.title}\n{patient_in_words(opened.about, hidden=self._hidden)}"

    def opened_at(self, place: int) -> OpenedSeries:
        """The series that a question is about."""
        return self._of[place][0]

    def said_at(self, place: int) -> str | None:
        """What was answered there."""
        if place >= len(self.asked):
            return None
        answer = self.opened_at(place).learning.answers.get(self._uid(place))
        return None if answer is None else answer.label

    def answer(self, label: str | None) -> None:
        """Say which classes hold (None: not sure), and go on."""
        asked = self.current
        if not isinstance(asked, AskedSlice):
            return
        opened, queue = self._of[self.position]
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
        self._given.append(opened)
        opened.undo.push(SliceAnswerEdit(opened.learning, asked.uid, made, TITLE))

    def take_back(self) -> None:
        """Undo the last answer, and ask again."""
        self._taking_back = True
        last_here = self._given.pop() if self._given else None
        opened = last_here if last_here is not None else self._last_answered()
        if opened is not None and opened.undo.canUndo() and opened.undo.undoText() == TITLE:
            opened.undo.undo()
        elif opened is not None:
            mine = [one for uid, one in opened.learning.answers.items() if uid in self._place]
            last = max(mine, key=lambda one: one.at)  # where the undo list begins anew, or goes on elsewhere
            opened.undo.push(SliceAnswerEdit(opened.learning, last.uid, None, "Take a label back"))
        self._taking_back = False

    def close(self) -> None:
        """Follow the series no more."""
        self._links.drop()

    def _uid(self, place: int) -> str:
        asked = self.asked[place]
        return asked.uid if isinstance(asked, AskedSlice) else ""

    def _last_answered(self) -> OpenedSeries | None:
        """Where the newest answer of this queue is, given on another day."""
        answers = [
            (answer.at, n)
            for n, opened in enumerate(self._all)
            for uid, answer in opened.learning.answers.items()
            if uid in self._place
        ]
        return self._all[max(answers)[1]] if answers else None

    def _follow(self, opened: OpenedSeries) -> None:
        """What was taken back, here or in the window, is asked again."""
        before, now = self._before[opened], dict(opened.learning.answers)
        self._before[opened] = now
        touched = {uid for uid in {*before, *now} if before.get(uid) != now.get(uid)} & set(self._place)
        gone = touched - set(now)
        if gone and not self._taking_back and opened in self._given:
            self._given.reverse()
            self._given.remove(opened)  # the last one there
            self._given.reverse()
        if again := touched if self._taking_back else gone:
            self.position = min(self._place[uid] for uid in again)
        if touched:
            self.changed.emit()
