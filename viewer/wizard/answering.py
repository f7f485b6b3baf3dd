"""A person going through a queue of patches: which one is asked about, what was answered, one step back."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject

from ml.annotation.answers import ANSWER, ANSWERED_AT, GIVEN, answered, is_answer
from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Color, Shape
from ml.results.analysis import Analysis
from ml.train.corrected import places_of
from ml.verbs.label_queue import Asked, QueueRequest, not_asked_yet
from viewer.state.learning import LabelQueue
from viewer.state.opened_slide import OpenedSlide
from viewer.wizard.questions import UNSURE, Questions, parts_of, said_in_words

TITLE = "Label patch"


class Answering(Questions):
    """Answers are annotations: each is an edit that is kept at once, and that can be undone."""

    noun = ("patch", "patches")

    def __init__(
        self,
        opened: OpenedSlide,
        queue: LabelQueue,
        color_of: Callable[[str], Color | None],
        who: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(queue, opened.title, parent)
        self.opened, self.queue = opened, queue
        self._color_of, self._who = color_of, who
        self._answers: dict[int, Annotation] = {}
        self._taking_back = False
        self._note(Change((), answers_of(opened), ""))
        self.position = self.first_open()
        opened.annotations_changed.connect(self._follow)

    @property
    def answered(self) -> int:
        """How many have an answer."""
        return len(self._answers)

    @property
    def given(self) -> Annotation | None:
        """What was answered about the patch that is looked at; None: nothing yet."""
        return self._answers.get(self.position)

    def said_at(self, place: int) -> str | None:
        """What was answered there."""
        given = self._answers.get(place)
        if given is None:
            return None
        return given.class_name if given.metadata.get(ANSWER) == GIVEN else UNSURE

    def answer(self, label: str | None) -> None:
        """Say what the patch is (None: not sure), and go on to the next without an answer."""
        asked = self.current
        if not isinstance(asked, Asked):
            return
        now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        names = parts_of(label or "", self.class_names)
        color = self._color_of(names[0]) if names else None
        made = answered(asked.rect, label, color, self._who, now, self._why(asked))
        before = self.given
        self.position += 1
        self.opened.edit(Change((before,) if before is not None else (), (made,), TITLE))

    def take_back(self) -> None:
        """Undo the last answer, and ask again."""
        undo = self.opened.undo
        self._taking_back = True
        if undo.canUndo() and undo.undoText() == TITLE:
            undo.undo()
        elif self._answers:
            last = max(self._answers.values(), key=lambda one: one.metadata.get(ANSWERED_AT, ""))
            self.opened.edit(Change((last,), (), "Take a label back"))
        self._taking_back = False

    def close(self) -> None:
        """Follow the slide no more."""
        self.opened.annotations_changed.disconnect(self._follow)

    def _follow(self, change: Change) -> None:
        touched = self._note(change)
        gone = {place for place in touched if place not in self._answers}
        if again := (touched if self._taking_back else gone):
            self.position = min(again)  # taken back, here or in the window: it is asked again
        if touched:
            self.changed.emit()

    def _note(self, change: Change) -> set[int]:
        """Which patches of the queue an edit concerns."""
        touched = set()
        for one in (*change.removed, *change.added):
            place = self._place_of(one)
            if place is not None:
                touched.add(place)
        gone = {one.id for one in change.removed}
        self._answers = {place: one for place, one in self._answers.items() if one.id not in gone}
        for one in change.added:
            place = self._place_of(one)
            if place is not None:
                self._answers[place] = one
        return touched

    def _place_of(self, annotation: Annotation) -> int | None:
        if not is_answer(annotation):
            return None
        bounds = annotation.shape.bounds
        asked = self.queue.asked
        return next((n for n, one in enumerate(asked) if not not_asked_yet((one,), (bounds,))), None)

    def _why(self, asked: Asked) -> dict[str, str]:
        queue = self.queue
        return {
            "Model": queue.model,
            "Model version": queue.version,
            "Model SHA-256": queue.sha256,
            "Model said": said_in_words(queue.class_names, asked),
            "Worth": f"{min(1.0, asked.unsure + asked.disagreement):.3f}",
            "Run": queue.run,
        }


def answers_of(opened: OpenedSlide) -> tuple[Annotation, ...]:
    """All answers that were given about a slide, "not sure" among them."""
    return tuple(one for one in opened.annotations if is_answer(one))


def request_of(opened: OpenedSlide, analysis: Analysis) -> QueueRequest:
    """What is looked at for new questions; what has an answer or lies in a box with a verdict is not."""
    labelled = [one.shape.bounds for one in answers_of(opened)]
    findings, grid = opened.findings, analysis.scores.grid
    if findings is not None:
        decided = [box for box in findings.boxes if findings.verdict(box.key) != "open"]
        labelled += [
            r for box in decided for r in places_of(Shape.rectangle(box.rect), opened.info.size, grid.patch)
        ]
    made = analysis.provenance
    return QueueRequest(
        opened.path,
        made.model_name,
        analysis.scores,
        opened.spacing or made.spacing,
        tuple(labelled),
        sha256=made.model_sha256,
    )
