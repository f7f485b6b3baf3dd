"""Two analyses of the same thing, number by number: the one of a record, and the one that repeats it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.report.words import count
from ml.results.boxes import Box
from ml.results.ct_findings import CtFinding

TOLERANCE = 0.01
"""Largest difference of a probability that is expected between devices: cuDNN's convolutions round to TF32
(10 bits), and sums are put together otherwise."""

CAM_TOLERANCE = 0.05
"""The same of a Grad-CAM map, as a share of its highest value."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Difference:
    """Of one kind of number. `largest` is None where the old ones are not there to be compared."""

    what: str  # "probabilities", "Grad-CAM"
    compared: int
    different: int
    largest: float | None
    tolerance: float

    @property
    def same(self) -> bool:
        """Every bit."""
        return self.different == 0

    @property
    def within(self) -> bool:
        """No further apart than other devices bring."""
        return self.same or (self.largest is not None and self.largest <= self.tolerance)

    def in_words(self) -> str:
        """One line for a person."""
        if self.same:
            return f"{self.what}: {self.compared:,} compared, no difference"
        if self.largest is None:
            return f"{self.what}: not the same; the old ones are not here, so nobody can say how far apart"
        known = "within" if self.within else "beyond"
        return (
            f"{self.what}: {self.different:,} of {self.compared:,} differ, by {self.largest:.3g} at most "
            f"({known} the {self.tolerance:g} that other devices bring)"
        )


@dataclass(frozen=True)
class Comparison:
    """What repeating an analysis came to."""

    numbers: tuple[Difference, ...]
    found: tuple[str, ...]  # boxes or findings that are gone or new, in words
    circumstances: tuple[str, ...]  # what was otherwise than then: device, threads, versions
    device: str

    @property
    def same(self) -> bool:
        """Every number has the same bits, and the same was found."""
        return all(one.same for one in self.numbers) and not self.found

    @property
    def agrees(self) -> bool:
        """The same was found, with numbers no further apart than other devices bring."""
        return all(one.within for one in self.numbers) and not self.found

    @property
    def headline(self) -> str:
        """The one sentence that matters."""
        if self.same:
            return "The analysis gives the same numbers, every one of them."
        if self.agrees:
            return "The analysis gives the same, up to what another device or version rounds otherwise."
        return "The analysis does not give the same any more."

    def lines(self) -> tuple[str, ...]:
        """All of it, a line each."""
        return (*(one.in_words() for one in self.numbers), *self.found, *self.circumstances)


def compared(
    what: str, new: Floats, same: bool, old: Callable[[], Floats | None], tolerance: float, *, scaled: bool
) -> Difference:
    """Of two arrays; `same` where their hashes say that every bit is, then `old` is not asked for.

    `scaled`: differences count as a share of the highest old value.
    """
    if same:
        return Difference(what, int((~np.isnan(new)).sum()), 0, 0.0, tolerance)
    before = old()
    if before is None:
        count_ = int((~np.isnan(new)).sum())
        return Difference(what, count_, count_, None, tolerance)
    top = float(np.nanmax(before, initial=0)) if scaled and before.size else 1.0
    return difference(what, before, new, tolerance, scale=top or 1.0)


def difference(what: str, old: Floats, new: Floats, tolerance: float, *, scale: float = 1.0) -> Difference:
    """Two arrays of one shape; a number that is only in one of them is as different as can be.

    `scale` is what counts as 1.
    """
    if old.shape != new.shape:
        return Difference(what, max(old.size, new.size), max(old.size, new.size), float("inf"), tolerance)
    there = ~np.isnan(old) | ~np.isnan(new)
    compared = int(there.sum())
    unequal = there & (old != new)  # a NaN is unequal to everything
    apart = np.abs(old.astype(np.float64) - new.astype(np.float64))[unequal] / scale
    if not len(apart):
        return Difference(what, compared, 0, 0.0, tolerance)
    largest = float("inf") if np.isnan(apart).any() else float(apart.max())
    return Difference(what, compared, len(apart), largest, tolerance)


def boxes_apart(old: Sequence[Box], new: Sequence[Box]) -> tuple[str, ...]:
    """Which boxes are gone, and which are new; nothing where they are the same."""
    before, now = {box.key: box for box in old}, {box.key: box for box in new}
    gone = [box for key, box in before.items() if key not in now]
    come = [box for key, box in now.items() if key not in before]
    return tuple(
        f"{count(len(boxes), 'box', 'boxes')} {word}: {', '.join(_place(box) for box in boxes[:5])}"
        for boxes, word in ((gone, "gone"), (come, "new"))
        if boxes
    )


def runs_apart(old: Sequence[CtFinding], new: Sequence[CtFinding], names: Sequence[str]) -> tuple[str, ...]:
    """Which runs of slices are gone, and which are new; nothing where they are the same."""
    before, now = ({(f.class_index, f.first, f.last) for f in found} for found in (old, new))
    return tuple(
        f"finding {word}: {names[index]}, slices {first + 1} to {last + 1}"
        for runs, word in ((before - now, "gone"), (now - before, "new"))
        for index, first, last in sorted(runs)
    )


def _place(box: Box) -> str:
    return f"x {box.rect.x:.0f}, y {box.rect.y:.0f}, mean {box.score:.3f}"
