"""Speaks with picture archives away from the window: asks, finds, fetches, sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from ml.pacs.pacs import FoundStudies, Pacs, Query, RemoteSeries
from ml.pacs.server import Server
from ml.progress import Progress, Step
from viewer.work.one_wish import OneWish

Done = Callable[[object], None]


@dataclass(frozen=True)
class Delivered:
    """What a fetch of some series came to."""

    folders: tuple[Path, ...]  # of the series that are here as a whole
    images: int
    already: int  # of them were here before
    incomplete: tuple[str, ...] = ()  # why others are not, in sentences


@dataclass(frozen=True)
class ListedSeries:
    """The series of one study."""

    study_uid: str
    series: tuple[RemoteSeries, ...]


class ArchiveWork(OneWish):
    """One answer of its kind follows each wish."""

    answered = Signal(str)  # to `test`: a sentence
    found = Signal(object)  # to `find`: FoundStudies
    listed = Signal(object)  # to `list_series`: ListedSeries
    delivered = Signal(object)  # to `fetch`: Delivered
    entered = Signal(str)  # to `enter`: the name of the entry
    forgotten = Signal()  # to `forget`

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__("archive", parent)

    def test(self, server: Server) -> None:
        """Whether an archive answers; `answered` follows."""
        self._start("Asking the archive", partial(_test, server), self.answered.emit)

    def find(self, server: Server, query: Query) -> None:
        """Studies that fit; `found` follows."""
        self._start("Looking for studies", partial(_find, server, query), self.found.emit)

    def list_series(self, server: Server, study_uid: str) -> None:
        """The series of a study; `listed` follows."""
        self._start("Looking for series", partial(_list_series, server, study_uid), self.listed.emit)

    def fetch(self, server: Server, series: Sequence[RemoteSeries], home: Path) -> None:
        """Bring series, each into a folder of its own; `delivered` follows. What is here is not brought."""
        self._start("Fetching images", partial(_fetch, server, tuple(series), home), self.delivered.emit)

    def enter(self, server: Server, word: str, instead_of: str) -> None:
        """Keep an entry, and its password in the keyring, which may ask the person; `entered` follows."""
        job = partial(_enter, server, word, instead_of)
        self._start("Asking the keyring", job, lambda _: self.entered.emit(server.name))

    def forget(self, name: str) -> None:
        """Forget an entry and its password; `forgotten` follows."""
        self._start("Asking the keyring", partial(_forget, name), lambda _: self.forgotten.emit())

    def _start(self, doing: str, job: Callable[[Progress], object], done: Done) -> None:
        self._begin(doing, job, done)
        self.step.emit(Step(doing, 0, 0))

    def _end(self, done: Done, answer: object) -> None:
        wished_off = self._progress is not None and self._progress.stop_wished
        if wished_off and isinstance(answer, str | FoundStudies | ListedSeries):  # nobody waits any more
            super()._end(lambda _: self.stopped.emit(), answer)
        else:
            super()._end(done, answer)


def folder_of(series: RemoteSeries, home: Path) -> Path:
    """Where a series is brought to. Raises `Problem` where the archive named it by no UID."""
    from ml.pacs.inbox import is_uid

    if not (is_uid(series.study_uid) and is_uid(series.uid)):
        raise Problem("The archive named a series that is no UID.", "Tell whoever runs the archive.")
    return home / series.study_uid / series.uid


def images_here(series: RemoteSeries, home: Path) -> int:
    """How many images of a series have been brought already."""
    try:
        return sum(path.stat().st_size > 0 for path in folder_of(series, home).glob("*.dcm"))
    except (OSError, Problem):
        return 0


def _asked(server: Server) -> Pacs:
    from ml.pacs.opening import open_pacs

    return open_pacs(server)


def _test(server: Server, _: Progress) -> str:
    with _asked(server) as pacs:
        return pacs.echo()


def _find(server: Server, query: Query, progress: Progress) -> FoundStudies:
    with _asked(server) as pacs:
        return pacs.find_studies(query, progress=progress)


def _list_series(server: Server, study_uid: str, _: Progress) -> ListedSeries:
    with _asked(server) as pacs:
        return ListedSeries(study_uid, pacs.find_series(study_uid))


def _fetch(server: Server, wanted: tuple[RemoteSeries, ...], home: Path, progress: Progress) -> Delivered:
    from ml.pacs.trouble import SeriesIncomplete

    fetched, incomplete = [], []
    with _asked(server) as pacs:
        for series in wanted:
            try:
                fetched.append(pacs.fetch_series(series, folder_of(series, home), progress))
            except SeriesIncomplete as problem:  # the other series are fetched all the same
                if len(wanted) == 1:
                    raise
                incomplete.append(problem.what)
    return Delivered(
        tuple(one.folder for one in fetched),
        sum(one.images for one in fetched),
        sum(one.already for one in fetched),
        tuple(incomplete),
    )


def _enter(server: Server, word: str, instead_of: str, _: Progress) -> None:
    from ml.pacs.entries import enter

    enter(server, word, instead_of)


def _forget(name: str, _: Progress) -> None:
    from ml.pacs.entries import forget

    forget(name)
