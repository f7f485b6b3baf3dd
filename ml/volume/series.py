"""Which CT slices in a folder belong together, and in which order; whatever is left out is named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.volume.slice import CtSlice, read_header

_SAME = 0.01  # mm: slices closer than that lie in one place
_UNEVEN = 0.1  # share of the usual distance that a distance may differ


@dataclass(frozen=True)
class LeftOut:
    """A file that is in no series, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Series:
    """Slices of one size and orientation, in the order of their position along the normal (rising).

    `distance` is the usual one from slice to slice, mm; 0 where it is not known. `remarks` are sentences
    about what is odd: missing slices, an order that had to be guessed.
    """

    slices: tuple[CtSlice, ...]
    distance: float
    remarks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.slices)

    @property
    def uid(self) -> str:
        """SeriesInstanceUID."""
        return self.slices[0].series

    @property
    def patient(self) -> str:
        """Whose it is."""
        return self.slices[0].patient

    def around(self, number: int, neighbours: int) -> tuple[CtSlice, ...]:
        """A slice with so many on either side, from below to above; the ends are repeated."""
        last = len(self.slices) - 1
        return tuple(
            self.slices[min(max(number + step, 0), last)] for step in range(-neighbours, neighbours + 1)
        )


@dataclass(frozen=True)
class Found:
    """What a folder holds."""

    series: tuple[Series, ...]  # by path of their first slice
    broken: tuple[LeftOut, ...]  # files that should be slices and are not
    others: tuple[LeftOut, ...]  # scouts: sound, but no slices of a stack

    @property
    def slices(self) -> int:
        """How many there are."""
        return sum(map(len, self.series))

    def require_whole(self) -> None:
        """Raise `Problem` that counts and names broken files, where there are any."""
        if self.broken:
            names = "; ".join(left.reason for left in self.broken[:5])
            more = " …" if len(self.broken) > 5 else ""
            raise Problem(
                f"{len(self.broken)} DICOM files cannot be used: {names}{more}",
                "Copy them anew, or take them out of the folder.",
            )


def find_series(folder: Path, progress: Progress | None = None) -> Found:
    """All CT series of a folder and the folders in it. Raises `Problem` where it is not there, `Cancelled`.

    Files count that are DICOM by their first bytes or by the ending .dcm; anything else is passed over.
    """
    if not folder.is_dir():
        raise Problem(f"The folder {folder.name} is not there.", "Check the path.")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and _may_be_dicom(path))
    return read_series(paths, progress)


def read_series(paths: Sequence[Path], progress: Progress | None = None) -> Found:
    """The series that these files make. Raises `Cancelled`."""
    progress = progress or Progress()
    slices, broken, others = [], [], []
    for number, path in enumerate(paths):
        progress.check()
        progress.step(Step("Reading headers", number, len(paths)))
        try:
            slice_ = read_header(path)
        except Problem as problem:
            broken.append(LeftOut(path, problem.what))
            continue
        if slice_.scout:
            others.append(LeftOut(path, f"{path.name} is a scout."))
        else:
            slices.append(slice_)
    stacks: dict[object, list[CtSlice]] = {}
    for slice_ in slices:
        stacks.setdefault(_stack(slice_), []).append(slice_)
    made = []
    for stack in stacks.values():
        series, twice = sort_slices(stack)
        made.append(series)
        broken += twice
    return Found(tuple(made), tuple(broken), tuple(others))


def sort_slices(slices: Iterable[CtSlice]) -> tuple[Series, list[LeftOut]]:
    """Slices of one stack in order. A second slice in one place is left out, and named.

    By position along the normal; where any has none, by instance number; where one is missing too, by name.
    """
    stack = sorted(slices, key=lambda s: str(s.path))
    remarks: list[str] = []
    if len({s.orientation is None or s.origin is None for s in stack}) > 1 or stack[0].position is None:
        stack, remark = _by_number(stack)
        return Series(tuple(stack), 0.0, (remark,)), []
    if stack[0].orientation is None:
        remarks.append("The slices are in the order of SliceLocation: they name no orientation.")
    stack.sort(key=_position)
    kept, twice = [stack[0]], []
    for slice_ in stack[1:]:
        if _position(slice_) - _position(kept[-1]) < _SAME:
            words = f"{slice_.path.name} lies in the same place as {kept[-1].path.name}."
            twice.append(LeftOut(slice_.path, words))
        else:
            kept.append(slice_)
    steps = [_position(b) - _position(a) for a, b in pairwise(kept)]
    distance = float(np.median(steps)) if steps else 0.0
    wide = sum(1 for step in steps if step > distance * (1 + _UNEVEN))
    if wide:
        missing = sum(round(step / distance) - 1 for step in steps if step > distance * (1 + _UNEVEN))
        remarks.append(f"The slices have {wide} gaps; about {max(missing, wide)} slices are missing.")
    return Series(tuple(kept), distance, tuple(remarks)), twice


def _position(slice_: CtSlice) -> float:
    place = slice_.position
    return 0.0 if place is None else place


def _by_number(stack: list[CtSlice]) -> tuple[list[CtSlice], str]:
    if all(s.number is not None for s in stack):
        stack.sort(key=lambda s: s.number or 0)
        return stack, "The slices are in the order of their numbers: they name no position."
    return stack, "The slices are in the order of their files' names: they name neither position nor number."


def _stack(slice_: CtSlice) -> object:
    """What slices of one stack have in common; directions and spacing up to rounding of the text."""
    directions = None if slice_.orientation is None else tuple(round(v, 3) for v in slice_.orientation)
    spacing = None if slice_.spacing is None else tuple(round(v, 4) for v in slice_.spacing)
    return slice_.study, slice_.series, slice_.size, directions, spacing


def _may_be_dicom(path: Path) -> bool:
    if path.suffix.lower() in {".dcm", ".dicom"}:
        return True
    if path.name.upper() == "DICOMDIR":
        return False
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False
