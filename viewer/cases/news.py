"""What the writer tells the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ml.annotation.document import AnnotationDocument, Change
from ml.errors import Problem
from viewer.cases.conflict import Conflict, StateChanged


@dataclass(frozen=True)
class SaveState:
    """How saving stands, for the status line.

    "saved": all is on the disk. "saving": something waits, and is being written. "asking": what waits is held
    until a person says how to merge it. "failing": it cannot be saved now, `problem` says why; it waits, and
    is tried again.
    """

    kind: Literal["saved", "saving", "asking", "failing"]
    waiting: int = 0  # edits
    problem: Problem | None = None


@dataclass(frozen=True)
class Theirs:
    """What has to be done to the document of an item so that it shows what somebody else did.

    The document may have gone on since: apply `fitting(document, change)`, then call `Writer.shown`.
    """

    item_id: int
    version: int
    change: Change


@dataclass(frozen=True)
class Refused:
    """An edit that can never be saved, and why: somebody removed its slide from the case."""

    title: str
    problem: Problem


News: TypeAlias = SaveState | Conflict | StateChanged | Theirs | Refused


def fitting(document: AnnotationDocument, change: Change) -> Change:
    """The part of an edit that a document can take: what it holds otherwise than expected stays.

    An annotation that was edited here and there at once is left out; a `Conflict` will ask about it.
    """
    removed = tuple(a for a in change.removed if a.id in document and document[a.id] == a)
    fits = {a.id for a in removed}
    unfit = {a.id for a in change.removed} - fits
    added = tuple(a for a in change.added if a.id in fits or (a.id not in document and a.id not in unfit))
    return Change(removed, added, change.title)
