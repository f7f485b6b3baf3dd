"""The contract of an archive, whichever way it is spoken with; declared here once.

All of it blocks and belongs into a thread that may wait. Every method raises `Problem` that says which
server, what happened and what to try; those with a `Progress` raise `Cancelled` when a stop is wished.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ml.pacs.server import Server
from ml.progress import Progress


@dataclass(frozen=True)
class Query:
    """Which studies; empty means any. `*` and `?` stand for letters in names and texts."""

    patient_name: str = ""
    patient_id: str = ""
    dates: str = ""  # 20240131, 20240101-20240131, -20240131 or 20240101-
    modality: str = ""  # CT
    description: str = ""
    accession: str = ""
    study_uid: str = ""


@dataclass(frozen=True)
class Study:
    """A study as the archive describes it; what it does not say is empty, and -1 a number not said."""

    uid: str
    patient_name: str = ""
    patient_id: str = ""
    date: str = ""  # 20240131
    description: str = ""
    accession: str = ""
    modalities: tuple[str, ...] = ()
    series: int = -1
    images: int = -1


@dataclass(frozen=True)
class RemoteSeries:
    """A series as the archive describes it."""

    study_uid: str
    uid: str
    modality: str = ""
    number: int = -1
    description: str = ""
    images: int = -1


@dataclass(frozen=True)
class FoundStudies:
    """What a query gave, the newest first; `more` says that the limit cut it off."""

    studies: tuple[Study, ...]
    more: bool = False


@dataclass(frozen=True)
class Arrived:
    """Told as a part, once for every image that has come in and is whole on the disk."""

    path: Path
    uid: str


@dataclass(frozen=True)
class Fetched:
    """A series that is here as a whole."""

    folder: Path
    images: int
    already: int  # of them were there before: a fetch that was broken off goes on where it stopped
    megabytes: float  # of those that came now


@dataclass(frozen=True)
class Refused:
    """A file that the archive did not take, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Sent:
    """What became of files that were sent."""

    stored: int
    refused: tuple[Refused, ...] = ()


class Pacs(ABC):
    """An archive that can be asked."""

    server: Server

    @abstractmethod
    def echo(self) -> str:
        """Whether it answers, in a sentence."""

    @abstractmethod
    def find_studies(self, query: Query, limit: int = 200, progress: Progress | None = None) -> FoundStudies:
        """Studies that fit."""

    @abstractmethod
    def find_series(self, study_uid: str) -> tuple[RemoteSeries, ...]:
        """The series of a study, by number."""

    @abstractmethod
    def fetch_series(self, series: RemoteSeries, folder: Path, progress: Progress | None = None) -> Fetched:
        """Bring a series into a folder, an image a file named after its UID.

        Images that are there already are not fetched again. Each file is there whole or not at all.
        """

    @abstractmethod
    def send(self, files: Sequence[Path], progress: Progress | None = None) -> Sent:
        """Store DICOM files in the archive as they are. Files it refuses are named in the answer."""

    def close(self) -> None:  # noqa: B027 - there may be nothing to let go of
        """Let go of connections. Nothing may be asked afterwards."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
