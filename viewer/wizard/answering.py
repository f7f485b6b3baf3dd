"""A person going through a queue of patches: which one is asked about, what was answered, one step back."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from ml.annotation.answers import ANSWERED_AT, answered, is_answer
from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Color, Shape
from ml.report.words import percent
from ml.results.analysis import Analysis
from ml.train.corrected import places_of
from ml.verbs.label_queue import Asked, QueueRequest, not_asked_yet
from viewer.state.learning import LabelQueue
from viewer.state.opened_slide import OpenedSlide

TITLE = "Label patch"


class Answering(QObject):
    """Answers are annotations: each is an edit that is kept at once, and that can be undone."""

    changed = Signal()

    def __init__(
        self,
        opened: OpenedSlide,
        queue: LabelQueue,
        color_of: Callable[[str], Color | None],
        who: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.opened, self.queue = opened, queue
        self.position = 0
        self._color_of, self._who = color_of, who
        self._answers: dict[int, Annotation] = {}
        self._taking_back = False
        self._note(Change((), answers_of(opened), ""))
        self.position = self._first_open()
        opened.annotations_changed.connect(self._follow)

    @property
    def current(self) -> Asked | None:
        """The patch that is asked about; None at the end."""
        asked = self.queue.asked
        return asked[self.position] if self.position < len(asked) else None

    @property
    def answered(self) -> int:
        """How many have an answer."""
        return len(self._answers)

    @property
    def given(self) -> Annotation | None:
        """What was answered about the patch that is looked at; None: nothing yet."""
        return self._answers.get(self.position)

    def counts(self) -> dict[str, int]:
        """How often each class was answered in this queue."""
        found: dict[str, int] = {}
        for one in self._answers.values():
            found[one.class_name] = found.get(one.class_name, 0) + 1
        return found

    def answer(self, label: str | None) -> None:
        """Say what the patch is (None: not sure), and go on to the next without an answer."""
        asked = self.current
        if asked is None:
            return
        now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        color = None if label is None else self._color_of(label)
        made = answered(asked.rect, label, color, self._who, now, self._why(asked))
        before = self.given
        self.position += 1
        self.opened.edit(Change((before,) if before is not None else (), (made,), TITLE))

    def back(self) -> None:
        """Look at the one before again."""
        self.move(-1)

    def move(self, by: int) -> None:
        """Look at another one, without an answer."""
        self.position = max(0, min(self.position + by, len(self.queue.asked)))
        self.changed.emit()

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

    def _first_open(self) -> int:
        places = (n for n in range(len(self.queue.asked)) if n not in self._answers)
        return next(places, len(self.queue.asked))

    def _why(self, asked: Asked) -> dict[str, str]:
        queue = self.queue
        return {
            "Model": queue.model,
            "Model version": queue.version,
            "Model SHA-256": queue.sha256,
            "Model said": said_in_words(queue, asked),
            "Worth": f"{min(1.0, asked.unsure + asked.disagreement):.3f}",
            "Run": queue.run,
        }


def said_in_words(queue: LabelQueue, asked: Asked, most: int = 3) -> str:
    """The likeliest classes with what the model gives them."""
    ranked = sorted(zip(queue.class_names, asked.said, strict=True), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {percent(value)}" for name, value in ranked[:most])


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
