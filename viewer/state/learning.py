"""What a slide has to teach: the queue of patches worth a label, and labels that a program made up.

Answers are no part of it: they are annotations of the slide, a person's like all others. Made-up labels are
kept here, apart from every annotation, until somebody takes them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from ml.geometry import Rect
from ml.verbs.label_queue import Asked
from ml.verbs.slice_queue import AskedSlice


@dataclass(frozen=True)
class LabelQueue:
    """Which patches are asked about, by which model, of which run."""

    model: str
    version: str
    sha256: str
    run: str  # when the analysis began
    class_names: tuple[str, ...]
    asked: tuple[Asked, ...]
    several: bool = False  # classes may hold together


@dataclass(frozen=True)
class SliceQueue:
    """The same of a CT series; classes of its models stand each for itself."""

    model: str
    version: str
    sha256: str
    run: str
    class_names: tuple[str, ...]
    asked: tuple[AskedSlice, ...]
    several: bool = True


@dataclass(frozen=True)
class SliceAnswer:
    """What a person said of a slice of a CT series, with what an answer about a patch has, too."""

    uid: str  # SOPInstanceUID
    label: str  # classes as `ml.annotation.answers.TOGETHER` joins them; empty: not sure
    by: str
    at: str
    model: str
    version: str
    sha256: str
    run: str
    said: str  # by the model, in words
    worth: str


@dataclass(frozen=True)
class MadeUp:
    """A label that nobody gave: it was handed on from patches that look alike."""

    rect: Rect  # level-0 px
    label: str
    confidence: float  # 0..1
    source: str  # from what, in words
    at: str


class LearningNotes(QObject):
    """Of one slide. Every change is told, and kept."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.queue: LabelQueue | None = None
        self.made_up: tuple[MadeUp, ...] = ()

    def set_queue(self, queue: LabelQueue | None) -> None:
        """Ask about other patches."""
        if queue != self.queue:
            self.queue = queue
            self.changed.emit()

    def set_made_up(self, labels: tuple[MadeUp, ...]) -> None:
        """Keep these made-up labels and no others."""
        if labels != self.made_up:
            self.made_up = labels
            self.changed.emit()

    def withdraw(self, label: MadeUp) -> None:
        """Take one back."""
        self.set_made_up(tuple(one for one in self.made_up if one != label))

    def restore(self, raw: Mapping[str, Any]) -> LearningNotes:
        """What was kept, unless something is here. Raises what `viewer.state.kept.readable` catches."""
        queue, made_up = read_notes(raw)
        self.queue, self.made_up = self.queue or queue, self.made_up or made_up
        return self

    def as_json(self) -> dict[str, Any]:
        """For the case library."""
        queue = None if self.queue is None else asdict(self.queue)
        return {"queue": queue, "made_up": [asdict(one) for one in self.made_up]}


class SeriesNotes(QObject):
    """The same of a CT series; answers are kept here, as it has no annotations."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.queue: SliceQueue | None = None
        self.answers: Mapping[str, SliceAnswer] = {}  # by UID of the slice

    def set_queue(self, queue: SliceQueue | None) -> None:
        """Ask about other slices."""
        if queue != self.queue:
            self.queue = queue
            self.changed.emit()

    def put(self, uid: str, answer: SliceAnswer | None) -> None:
        """Keep an answer in place of the one before; None takes it away."""
        kept = {name: one for name, one in self.answers.items() if name != uid}
        self.answers = kept if answer is None else kept | {uid: answer}
        self.changed.emit()

    def restore(self, raw: Mapping[str, Any]) -> SeriesNotes:
        """What was kept, unless something is here. Raises what `viewer.state.kept.readable` catches."""
        queue, answers = read_slice_notes(raw)
        self.queue, self.answers = self.queue or queue, self.answers or answers
        return self

    def as_json(self) -> dict[str, Any]:
        """For the case library."""
        queue = None if self.queue is None else asdict(self.queue)
        return {"queue": queue, "answers": [asdict(one) for one in self.answers.values()]}


class SliceAnswerEdit(QUndoCommand):
    """An answer about a slice, that can be undone."""

    def __init__(self, notes: SeriesNotes, uid: str, answer: SliceAnswer | None, title: str) -> None:
        super().__init__(title)
        self._notes, self._uid, self._before, self._after = notes, uid, notes.answers.get(uid), answer

    def redo(self) -> None:
        """Say it."""
        self._notes.put(self._uid, self._after)

    def undo(self) -> None:
        """As it was."""
        self._notes.put(self._uid, self._before)


def read_slice_notes(raw: Mapping[str, Any]) -> tuple[SliceQueue | None, Mapping[str, SliceAnswer]]:
    """What `SeriesNotes.as_json` gave. Raises `ValueError`, `KeyError`, `TypeError`."""
    answers = {one["uid"]: SliceAnswer(**one) for one in raw.get("answers", ())}
    queue = raw.get("queue")
    if queue is None:
        return None, answers
    asked = tuple(AskedSlice(**{**one, "said": tuple(one["said"])}) for one in queue["asked"])
    return SliceQueue(**{**queue, "class_names": tuple(queue["class_names"]), "asked": asked}), answers


def read_notes(raw: Mapping[str, Any]) -> tuple[LabelQueue | None, tuple[MadeUp, ...]]:
    """What `as_json` gave. Raises `ValueError`, `KeyError`, `TypeError`."""
    queue = raw.get("queue")
    made_up = tuple(MadeUp(**{**one, "rect": Rect(**one["rect"])}) for one in raw.get("made_up", ()))
    if queue is None:
        return None, made_up
    asked = tuple(
        Asked(Rect(**one["rect"]), tuple(one["said"]), one["unsure"], one["disagreement"])
        for one in queue["asked"]
    )
    return LabelQueue(**{**queue, "class_names": tuple(queue["class_names"]), "asked": asked}), made_up
