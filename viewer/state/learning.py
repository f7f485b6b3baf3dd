"""What a slide has to teach: the queue of patches worth a label, and labels that a program made up.

Answers are no part of it: they are annotations of the slide, a person's like all others. Made-up labels are
kept here, apart from every annotation, until somebody takes them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from ml.geometry import Rect
from ml.verbs.label_queue import Asked


@dataclass(frozen=True)
class LabelQueue:
    """Which patches are asked about, by which model, of which run."""

    model: str
    version: str
    sha256: str
    run: str  # when the analysis began
    class_names: tuple[str, ...]
    asked: tuple[Asked, ...]


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
