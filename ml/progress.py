"""How long work talks to whoever waits for it: steps and parts go out, the wish to stop comes in.

A run tells any number of steps and parts, and then returns (done), raises `Cancelled` (stopped) or raises
something else (failed). The listener is called in the thread that works.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """The person wished to stop. What was finished until then has been told as parts."""


def is_first() -> bool:
    """Whether this is the process that tells, measures and writes: of several that learn together the first.

    `RANK` counts the processes of all computers, `LOCAL_RANK` those of this one.
    """
    return os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")) == "0"


@dataclass(frozen=True, slots=True)
class Step:
    """Where the work stands."""

    phase: str  # in a person's words: "Finding tissue", "Scoring patches", "Grad-CAM"
    done: int
    total: int  # 0: not known yet
    seconds: float = 0.0  # since this phase began
    note: str = ""  # a sentence to show and to keep: "The graphics card ran out of memory, …"

    @property
    def rate(self) -> float:
        """Units a second in this phase, 0 when nothing is known yet."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate of this phase's remaining time, None when nothing is known yet."""
        return (self.total - self.done) / self.rate if self.rate > 0 and self.total else None


def _ignore(*_: object) -> None:
    return None


class Progress:
    """Told by long work; holds the wish to stop. Safe to stop from any thread."""

    def __init__(
        self, on_step: Callable[[Step], None] = _ignore, on_part: Callable[[object], None] = _ignore
    ) -> None:
        self.step = on_step
        self.part = on_part
        self._stop = threading.Event()
        self._guard: Callable[[], None] = _ignore

    def stop(self) -> None:
        """Wish that the work ends soon, keeping what is there."""
        self._stop.set()

    @property
    def stop_wished(self) -> bool:
        """Whether somebody wished to stop."""
        return self._stop.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if somebody wished to stop; where there is a guard, let it have its say."""
        if self._stop.is_set():
            raise Cancelled
        self._guard()

    def heard_by(self, listener: Callable[[object], None]) -> Progress:
        """The same run, with the same wish to stop, whose parts go to one more listener first."""
        own = self.part

        def both(part: object) -> None:
            listener(part)
            own(part)

        return self._with_same_wish(Progress(self.step, both))

    def unheard(self) -> Progress:
        """The same wish to stop for a part of the run that tells nobody."""
        return self._with_same_wish(Progress())

    def guarded_by(self, guard: Callable[[], None]) -> Progress:
        """The same run, with the same wish to stop; at each `check` a guard may have it wait, or end it."""
        guarded = self._with_same_wish(Progress(self.step, self.part))
        guarded._guard = guard
        return guarded

    def _with_same_wish(self, other: Progress) -> Progress:
        other._stop, other._guard = self._stop, self._guard
        return other
