"""The folder that a series arrives in: whole files, named after their UIDs, and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ml.errors import Problem
from ml.pacs.pacs import Arrived
from ml.progress import Progress, Step
from ml.report.atomic import cannot_write, whole_file

PHASE = "Fetching images"
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")


def is_uid(text: str) -> bool:
    """Whether it can be a UID. Digits and dots only: no server's answer names another place on the disk."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None


@dataclass
class Inbox:
    """What has arrived of a series. `wanted` may be unknown; then whatever comes is kept."""

    folder: Path
    wanted: frozenset[str] | None
    progress: Progress
    already: int = 0
    megabytes: float = 0.0
    arrived: set[str] = field(default_factory=set)  # during this fetch
    began: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self.folder.name, error) from error
        self.already = len(self.wanted or ()) - len(self.missing())

    def path(self, uid: str) -> Path:
        """Where an image lies or will lie."""
        return self.folder / f"{uid}.dcm"

    def missing(self) -> tuple[str, ...]:
        """UIDs that are wanted and not here, in order; empty where it is not known what is wanted."""
        return tuple(uid for uid in sorted(self.wanted or ()) if not self._is_here(uid))

    def _is_here(self, uid: str) -> bool:
        """A file, and not an empty one: that is what a power failure leaves of the newest."""
        path = self.path(uid)
        return path.is_file() and path.stat().st_size > 0

    def takes(self, uid: str) -> bool:
        """Whether an image of this UID belongs here."""
        return is_uid(uid) and (self.wanted is None or uid in self.wanted)

    def put(self, uid: str, content: bytes) -> None:
        """Keep an image. Raises `Problem` when the disk does not let us."""
        path = self.path(uid)
        with whole_file(path) as part:
            part.write_bytes(content)
        self.arrived.add(uid)
        self.megabytes += len(content) / 1e6
        self.progress.part(Arrived(path, uid))
        self.tell()

    def tell(self) -> None:
        """Say how far it is."""
        total = len(self.wanted or ()) - self.already
        self.progress.step(Step(PHASE, len(self.arrived), total, time.monotonic() - self.began))

    @property
    def images(self) -> int:
        """How many of the series are here."""
        return len(self.arrived) + self.already


def uids(found: Iterable[object]) -> frozenset[str]:
    """UIDs that a server named. Raises `Problem` where one is none: it would become a file name."""
    named = frozenset(str(uid) for uid in found)
    for uid in named:
        if not is_uid(uid):
            raise Problem(
                f"The archive named an image “{uid[:80]}”, which is no UID.", "Tell whoever runs the archive."
            )
    return named
