"""What a run tells, gathered in its thread and handed to the window about ten times a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ml.progress import Step
from ml.results.cam import CamMap, CamPart
from ml.results.scores import Planned, ScorePart

INTERVAL = 0.1  # s between two hand-overs


@dataclass
class Told:
    """What came since the last hand-over, in the order in which the window has to take it."""

    planned: Planned | None = None
    scores: list[ScorePart] = field(default_factory=list)
    cam: CamMap | None = None
    maps: list[CamPart] = field(default_factory=list)
    notes: list[Step] = field(default_factory=list)  # steps with a note: none may be lost
    step: Step | None = None

    def score_part(self) -> ScorePart | None:
        """All scores as one part."""
        if not self.scores:
            return None
        strange = [part.strangeness for part in self.scores if part.strangeness is not None]
        return ScorePart(
            np.concatenate([part.rows for part in self.scores]),
            np.concatenate([part.columns for part in self.scores]),
            np.concatenate([part.values for part in self.scores]),
            None if not strange else np.concatenate(strange),
        )

    def cam_part(self) -> CamPart | None:
        """All maps as one part."""
        if not self.maps:
            return None
        return CamPart(
            np.concatenate([part.rows for part in self.maps]),
            np.concatenate([part.columns for part in self.maps]),
            np.concatenate([part.values for part in self.maps]),
        )


class Stream:
    """Takes steps and parts from the run; calls `hand_over` when some time has passed since the last time.

    A graphics card may finish a hundred batches a second; the window finds boxes anew for each hand-over,
    so there must not be more of those than an eye can follow.
    """

    def __init__(
        self, hand_over: Callable[[Told], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._hand_over = hand_over
        self._clock = clock
        self._told = Told()
        self._lock = threading.Lock()
        self._last = -INTERVAL

    def step(self, step: Step) -> None:
        """Take a step; only the newest counts, except those with a note."""
        with self._lock:
            self._told.step = step
            if step.note:
                self._told.notes.append(step)
        self._perhaps()

    def part(self, part: object) -> None:
        """Take a part of a result."""
        with self._lock:
            if isinstance(part, Planned):
                self._told.planned = part
            elif isinstance(part, ScorePart):
                self._told.scores.append(part)
            elif isinstance(part, CamMap):
                self._told.cam = part
            elif isinstance(part, CamPart):
                self._told.maps.append(part)
        self._perhaps()

    def flush(self) -> None:
        """Hand over what is left: at the end of the run, before its result."""
        with self._lock:
            told, self._told = self._told, Told()
            self._last = self._clock()
        self._hand_over(told)

    def _perhaps(self) -> None:
        if self._clock() - self._last >= INTERVAL:
            self.flush()
