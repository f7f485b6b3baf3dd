"""Which CT slices belong together, and in which order; whatever is left out is named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import sub
from pathlib import Path

from ml.errors import Problem
from ml.progress import Progress, Step
from ml.volume.checks import distance_of, oddities, of_values
from ml.volume.ct_slice import About, CtSlice
from ml.volume.kinds import NotCt
from ml.volume.slice import read_slices
from ml.volume.sources import LeftOut, Sources, sources_of
from ml.volume.stored_file import StoredFile
from ml.volume.window import Window

__all__ = ["Found", "LeftOut", "Series", "find_series", "read_series", "read_sources", "sort_slices"]

_SAME = 0.01  # mm: slices closer than that lie in one place
_ROUNDING = 0.001  # of a cosine, or mm of a pixel


@dataclass(frozen=True)
class Series:
    """Slices of one size and orientation, in the order of their position along the normal (rising).

    `distance` is the usual one from slice to slice, mm; 0 where it is not known. `remarks` are sentences
    about what is odd: missing slices, an order that had to be guessed. `part` tells stacks of one
    SeriesInstanceUID apart (several orientations, several passes), from 0.
    """

    slices: tuple[CtSlice, ...]
    distance: float
    remarks: tuple[str, ...] = ()
    part: int = 0

    def __len__(self) -> int:
        return len(self.slices)

    @property
    def uid(self) -> str:
        """SeriesInstanceUID."""
        return self.slices[0].series

    @property
    def key(self) -> str:
        """Tells it from every other series that was found with it; the same whenever it is found again."""
        return f"{self.uid}#{self.part}"

    @property
    def files(self) -> tuple[Path, ...]:
        """The files on the disk in the order of the slices: a zip for slices in one."""
        stored = ((slice_, slice_.stored.file.packed if slice_.stored else None) for slice_ in self.slices)
        return tuple(dict.fromkeys(packed.archive if packed else slice_.path for slice_, packed in stored))

    @property
    def patient(self) -> str:
        """Whose it is."""
        return self.slices[0].patient

    @property
    def about(self) -> About:
        """Whom and what it shows."""
        return self.slices[0].about

    @property
    def description(self) -> str:
        """What a person calls it: "Head without contrast"; its number or UID where it has no name."""
        about = self.about
        number = "" if about.series_number is None else f"Series {about.series_number}"
        return about.description or about.protocol or number or self.uid or "CT"

    @property
    def unit(self) -> str:
        """ "HU", or what else its values are in; empty where that is not known."""
        return self.slices[0].scaling.unit

    @property
    def windows(self) -> tuple[tuple[str, Window], ...]:
        """The windows that the files bring, each once, with their names."""
        return tuple(dict.fromkeys(pair for slice_ in self.slices for pair in slice_.windows))

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
    others: tuple[LeftOut, ...]  # sound, but no slices of a stack: scouts, and objects that are no CT

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
    progress = progress or Progress()
    return read_sources(sources_of(folder, progress), progress)


def read_series(paths: Sequence[Path], progress: Progress | None = None) -> Found:
    """The series that these files make. Raises `Cancelled`."""
    return read_sources(Sources(tuple(StoredFile(path) for path in paths)), progress or Progress())


def read_sources(sources: Sources, progress: Progress) -> Found:
    """The series that these files make. Raises `Cancelled`."""
    slices: list[CtSlice] = []
    broken, others = list(sources.broken), []
    for number, file in enumerate(sources.files):
        progress.check()
        progress.step(Step("Reading headers", number, len(sources.files)))
        try:
            found = read_slices(file)
        except NotCt as problem:
            others.append(LeftOut(file.path, problem.what))
            continue
        except Problem as problem:
            broken.append(LeftOut(file.path, problem.what))
            continue
        if found[0].scout:
            others.append(LeftOut(file.path, f"{file.path.name} is a scout."))
        else:
            slices += found
    progress.step(Step("Reading headers", len(sources.files), len(sources.files)))
    series, twice = _stacked(slices)
    return Found(tuple(series), (*broken, *twice), tuple(others))


def sort_slices(slices: Iterable[CtSlice]) -> tuple[Series, list[LeftOut]]:
    """Slices of one stack in order. A second slice in one place is left out, and named.

    By position along the normal; where any has none, by instance number; where one is missing too, by name.
    """
    stack = sorted(slices, key=lambda s: (str(s.path), s.frame))
    remarks: list[str] = []
    has_places = len({s.orientation is None or s.origin is None for s in stack}) == 1
    if not has_places or any(s.position is None for s in stack):
        stack, remark = _by_number(stack)
        return Series(tuple(stack), 0.0, (*[remark] * (len(stack) > 1), *of_values(stack))), []
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
    return Series(tuple(kept), distance_of(kept), (*remarks, *oddities(kept))), twice


def _stacked(slices: Iterable[CtSlice]) -> tuple[list[Series], list[LeftOut]]:
    """Every stack in order; stacks of one series are numbered and say that there are several."""
    stacks: dict[object, list[list[CtSlice]]] = {}
    for slice_ in slices:
        alike = stacks.setdefault(_stack(slice_), [])
        own = next((stack for stack in alike if _fits(slice_, stack[0])), None)
        if own is None:
            alike.append([slice_])
        else:
            own.append(slice_)
    made: list[Series] = []
    left_out: list[LeftOut] = []
    for whole in (stack for alike in stacks.values() for stack in alike):
        stack, copies = _without_copies(whole)
        left_out += copies
        passes = _passes(stack)
        for number, part in enumerate(passes):
            series, twice = sort_slices(part)
            left_out += twice
            said = f"Pass {number + 1} of {len(passes)} over the same places."
            made.append(replace(series, remarks=(said, *series.remarks)) if len(passes) > 1 else series)
    return _numbered(made), left_out


def _numbered(made: list[Series]) -> list[Series]:
    together: dict[str, list[Series]] = {}
    for series in made:
        together.setdefault(series.uid, []).append(series)
    found = []
    for series in made:
        same = together[series.uid]
        said = []
        if len({one.slices[0].orientation for one in same}) > 1:
            said = [f"Slices of this series lie in {len(same)} directions; each is a stack of its own."]
        part = next(number for number, one in enumerate(same) if one is series)
        found.append(replace(series, part=part, remarks=(*said, *series.remarks)))
    return found


def _without_copies(stack: list[CtSlice]) -> tuple[list[CtSlice], list[LeftOut]]:
    """Each image once: a file that was copied into two folders is one slice."""
    known: dict[object, CtSlice] = {}
    copies = []
    for slice_ in sorted(stack, key=lambda s: (str(s.path), s.frame)):
        key = (slice_.uid, slice_.frame) if slice_.uid else (slice_.path, slice_.frame)
        first = known.setdefault(key, slice_)
        if first is not slice_:
            words = f"{slice_.path.name} is a second copy of {first.path.name}."
            copies.append(LeftOut(slice_.path, words))
    return list(known.values()), copies


def _passes(stack: list[CtSlice]) -> list[list[CtSlice]]:
    """Several passes over the same places (perfusion, two reconstructions) as a stack each.

    By acquisition number, where that parts them; else by instance number, where every place is there equally
    often. One place that is there twice is no pass: `sort_slices` leaves it out and says so.
    """
    if any(slice_.position is None for slice_ in stack):
        return [stack]
    places: dict[int, list[CtSlice]] = {}
    for slice_ in stack:
        places.setdefault(round(_position(slice_) / _SAME / 2), []).append(slice_)
    often = {len(same) for same in places.values()}
    if often == {1} or len(places) < 2:
        return [stack]
    by_acquisition: dict[int | None, list[CtSlice]] = {}
    for slice_ in stack:
        by_acquisition.setdefault(slice_.acquisition, []).append(slice_)
    once = all(len({_position(s) for s in part}) == len(part) for part in by_acquisition.values())
    if once:
        return [by_acquisition[key] for key in sorted(by_acquisition, key=lambda key: key or 0)]
    if len(often) > 1 or any(slice_.number is None for slice_ in stack):
        return [stack]
    ordered = [sorted(same, key=lambda s: s.number or 0) for same in places.values()]
    return [list(part) for part in zip(*ordered, strict=True)]


def _position(slice_: CtSlice) -> float:
    place = slice_.position
    return 0.0 if place is None else place


def _by_number(stack: list[CtSlice]) -> tuple[list[CtSlice], str]:
    if all(s.number is not None for s in stack):
        stack.sort(key=lambda s: s.number or 0)
        return stack, "The slices are in the order of their numbers: they name no position."
    return stack, "The slices are in the order of their files' names: they name neither position nor number."


def _stack(slice_: CtSlice) -> object:
    """What slices of one stack have in common, beside what `_fits` compares.

    Patients are told apart by all that names them: two with the same UIDs (a faulty pseudonymisation) are
    two stacks.
    """
    about = slice_.about
    who = (slice_.patient, about.patient_name, about.birth_date)
    where = (slice_.study, slice_.series, about.frame_of_reference)
    return who, where, slice_.size, slice_.scaling.unit


def _fits(one: CtSlice, other: CtSlice) -> bool:
    """Whether directions and spacing are the same, up to rounding of the headers' text."""
    pairs = ((one.orientation, other.orientation), (one.spacing, other.spacing))
    return all(
        a is b is None or (a is not None and b is not None and max(map(abs, map(sub, a, b))) < _ROUNDING)
        for a, b in pairs
    )
