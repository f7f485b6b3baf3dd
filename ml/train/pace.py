"""How long a training still takes: what was told before it, corrected by how long its parts take now."""

from __future__ import annotations

from collections.abc import Sequence

from ml.train.duration import Part

_TRUST = 5.0  # s of work that what was told weighs as much as what is seen


class Pace:
    """Hears where a run stands and when. Work of one kind is as much slower than told as it was until now."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = tuple(parts)
        self._told: dict[str, float] = {}  # kind of work: seconds it should have taken
        self._took: dict[str, float] = {}
        self.begin()

    def begin(self) -> None:
        """A run begins, or goes on; what was learned about the computer stays."""
        self._place, self._share, self._when = 0, 0.0, 0.0

    def hear(self, phase: str, share: float, when: float) -> None:
        """`share` of a part is done, 0 to 1, at `when` (s since the run began). Other parts are passed over.

        What lies between two parts is not counted, so that a part which ends early, or was there
        already, does not look quick.
        """
        names = [part.name for part in self._parts]
        if not phase or phase not in names[self._place :]:
            return
        place = names.index(phase, self._place)
        if place == self._place and self._when and share > self._share:
            part = self._parts[place]
            told = (share - self._share) * part.seconds
            took = min(when - self._when, 10 * told + _TRUST)  # longer: it was paused
            self._told[part.kind] = self._told.get(part.kind, 0.0) + told
            self._took[part.kind] = self._took.get(part.kind, 0.0) + took
        self._place, self._share, self._when = place, share, when

    @property
    def seconds_left(self) -> float | None:
        """Of the whole run; None where nothing was told of it."""
        if not self._parts:
            return None
        now = self._parts[self._place]
        left = (1 - self._share) * now.seconds * self._factor(now.kind)
        return left + sum(part.seconds * self._factor(part.kind) for part in self._parts[self._place + 1 :])

    def _factor(self, kind: str) -> float:
        """How many times as long as told; of what was not seen yet as of all together."""
        every = (sum(self._took.values()) + _TRUST) / (sum(self._told.values()) + _TRUST)
        return (self._took.get(kind, 0.0) + _TRUST * every) / (self._told.get(kind, 0.0) + _TRUST)
