"""A training as its events tell it: where it stands, its curves, how it ended. No window, no process."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ml.train.duration import Part
from ml.train.pace import Pace

Ended = Literal["", "done", "stopped", "failed"]

_FOLD = re.compile(r"Training, fold (\d+)")
FIGURES = ("loss", "fit_loss", "auroc", "calibration_error", "balanced_accuracy")


@dataclass(frozen=True)
class Point:
    """One pass over the pictures by one network; numbers that could not be counted are left out."""

    curve: str  # "part 1", "part 1, network 2"
    epoch: int
    values: Mapping[str, float]


class RunStory:
    """Hears the events of one run, one after the other, and knows the state that they come to.

    A run that is gone on with tells its earlier passes no more; what was heard of them before is kept.
    `told` is how long its parts were said to take before it began.
    """

    def __init__(self, folds: int, epochs: int, told: Sequence[Part] = ()) -> None:
        self.folds, self.epochs = folds, epochs
        self._pace = Pace(told)
        self.phase = ""
        self.done = self.total = 0
        self.rate = 0.0
        self.fold = 0  # from 1 while one is learned
        self.ended: Ended = ""
        self.what = self.remedy = ""
        self.notes: list[str] = []
        self.points: list[Point] = []
        self._places: dict[tuple[str, int], int] = {}  # of a curve's pass in `points`
        self.examples: list[dict[str, Any]] = []
        self._left: float | None = None
        self._fold_done = self._fold_total = 0  # of the part that is learned or was learned last

    def hear(self, event: Mapping[str, Any]) -> None:
        """One event, as a JSON line tells it."""
        kind = event.get("event")
        if kind == "step":
            self._step(event)
        elif kind == "epoch":
            self._epoch(event)
        elif kind == "examples":
            before = {(one["file"], str(one["place"])): one.get("looked", "") for one in self.examples}
            self.examples = [  # where it looked stays until it is drawn anew
                {**one, "looked": one.get("looked") or before.get((one["file"], str(one["place"])), "")}
                for one in event["pictures"]
            ]
        elif kind in {"done", "stopped"}:
            self.ended = kind
        elif kind == "failed":
            self.ended, self.what, self.remedy = "failed", str(event["what"]), str(event["remedy"])
        elif kind == "begun":  # by whoever started it
            self.ended, self.what, self.remedy = "", "", ""
            self._left = None
            self._pace.begin()

    @property
    def share(self) -> float:
        """How much of the learning is done, 0 to 1."""
        if not self.fold:
            return 1.0 if self.ended == "done" else 0.0
        own = self._fold_done / self._fold_total if self._fold_total else 0.0
        return min(1.0, (self.fold - 1 + own) / self.folds)

    @property
    def seconds_left(self) -> float | None:
        """Of the whole; where nothing was told before, of all parts that are learned, while they are."""
        if self._pace.seconds_left is not None:
            return self._pace.seconds_left if self.phase else None
        if self._left is None or not _FOLD.match(self.phase) or self.rate <= 0:
            return None
        return self._left + (self.folds - self.fold) * self._fold_total / self.rate

    @property
    def finished_folds(self) -> int:
        """How many parts have been learned to their end."""
        last: dict[str, int] = {}
        for point in self.points:
            last[point.curve] = max(last.get(point.curve, 0), point.epoch)
        ended = sum(epoch >= self.epochs for epoch in last.values())
        return max(ended, self.fold - 1 if self.fold else 0)

    def curves(self, figure: str) -> dict[str, list[tuple[int, float]]]:
        """Of each part: (pass, value), in order."""
        found: dict[str, list[tuple[int, float]]] = {}
        for point in self.points:
            if figure in point.values:
                found.setdefault(point.curve, []).append((point.epoch, point.values[figure]))
        return found

    def _step(self, event: Mapping[str, Any]) -> None:
        self.phase = str(event["phase"])
        self.done, self.total = int(event["done"]), int(event["total"])
        self.rate = float(event.get("rate") or 0.0)
        left = event.get("seconds_left")
        self._left = None if left is None else float(left)
        note = str(event.get("note") or "")
        if note and note not in self.notes:
            self.notes.append(note)
        fold = _FOLD.match(self.phase)
        if fold:
            self.fold = int(fold.group(1))
            self._fold_done, self._fold_total = self.done, self.total
        share = self.done / self.total if self.total else 0.0
        self._pace.hear(self.phase, share, float(event.get("elapsed") or 0.0))

    def _epoch(self, event: Mapping[str, Any]) -> None:
        name, epoch = f"part {int(event['fold']) + 1}", int(event["epoch"])
        values = {key: float(event[key]) for key in FIGURES if event.get(key) is not None}
        place = self._places.setdefault((name, epoch), len(self.points))
        self.points[place : place + 1] = [
            Point(name, epoch, values)
        ]  # it may be told again by a run that went on


def phase_in_words(story: RunStory) -> str:
    """What happens now, without a word that has to be learned first."""
    if story.fold and _FOLD.match(story.phase):
        part = f"part {story.fold} of {story.folds}"
        return f"Learning, {part}: {story.done:,} of {story.total:,} steps"
    if story.total:
        return f"{story.phase}: {story.done:,} of {story.total:,}"
    return f"{story.phase}…" if story.phase else "Starting…"


def broken_off(last_words: str) -> str:
    """What to say of a process that ended without a word: what is likely, and what to do."""
    text = last_words.lower()
    if "no space left" in text or "errno 28" in text:
        return "The disk is full. Make room on it, then go on."
    if "out of memory" in text or "memoryerror" in text:
        return "There was not enough memory. Close other programs, or take fewer or smaller pictures."
    if "modulenotfounderror" in text:
        return 'A part of Parfocal that training needs is not installed. Install "parfocal[train]".'
    return "The process ended without a word: it was killed, or the computer ran out of memory. Try again."
