"""What a window of questions asks about, one after another; where answers are kept, others say."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtCore import QObject, Signal

from ml.annotation.answers import NONE_OF_THEM, TOGETHER
from ml.report.words import percent
from ml.verbs.label_queue import Asked
from ml.verbs.slice_queue import AskedSlice
from viewer.state.learning import LabelQueue, SliceQueue

UNSURE = ""
"""What was said where somebody was not sure."""


class Questions(QObject):
    """An answer is the name of a class; of several that hold together their names (`TOGETHER`)."""

    changed = Signal()
    noun: ClassVar[tuple[str, str]]  # one of what is asked about, and several

    def __init__(self, queue: LabelQueue | SliceQueue, title: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title, self.position = title, 0
        self.class_names, self.several, self.model = queue.class_names, queue.several, queue.model
        self.asked: Sequence[Asked | AskedSlice] = queue.asked

    @property
    def current(self) -> Asked | AskedSlice | None:
        """What is asked about; None at the end."""
        return self.asked[self.position] if self.position < len(self.asked) else None

    @property
    def whose(self) -> str:
        """Whose it is that is asked about, where it could be several people's."""
        return ""

    @property
    @abstractmethod
    def answered(self) -> int:
        """How many have an answer."""

    @abstractmethod
    def said_at(self, place: int) -> str | None:
        """What was answered there; `UNSURE`; None: nothing yet."""

    @abstractmethod
    def answer(self, label: str | None) -> None:
        """Say what it is (None: not sure), and go on."""

    @abstractmethod
    def take_back(self) -> None:
        """Undo the last answer, and ask again."""

    @abstractmethod
    def close(self) -> None:
        """Follow nothing any more."""

    def back(self) -> None:
        """Look at the one before again."""
        self.move(-1)

    def move(self, by: int) -> None:
        """Look at another one, without an answer."""
        self.position = max(0, min(self.position + by, len(self.asked)))
        self.changed.emit()

    def counts(self) -> dict[str, int]:
        """How often each class was answered in this queue."""
        found: dict[str, int] = {}
        for place in range(len(self.asked)):
            for name in parts_of(self.said_at(place) or "", self.class_names):
                found[name] = found.get(name, 0) + 1
        return found

    def first_open(self) -> int:
        """The first one without an answer; the end where there is none."""
        places = (n for n in range(len(self.asked)) if self.said_at(n) is None)
        return next(places, len(self.asked))


def parts_of(answer: str, class_names: Sequence[str]) -> tuple[str, ...]:
    """The classes that an answer names."""
    return (
        (answer,) if answer in class_names else tuple(p for p in answer.split(TOGETHER) if p in class_names)
    )


def together(class_names: Sequence[str]) -> str:
    """The answer that these classes hold; none of all is an answer, too."""
    return TOGETHER.join(class_names) or NONE_OF_THEM


def said_in_words(class_names: Sequence[str], asked: Asked | AskedSlice, most: int = 3) -> str:
    """The likeliest classes with what the model gives them."""
    ranked = sorted(zip(class_names, asked.said, strict=True), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {percent(value)}" for name, value in ranked[:most])
