"""What the library hands out and takes: values, never rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from ml.annotation.document import Change

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
Status = Literal["new", "in review", "done"]
ItemKind = Literal["slide", "ct"]
Verdict = Literal["open", "accepted", "rejected"]
Sort = Literal["changed", "name", "created", "status"]

STATUSES: tuple[Status, ...] = ("new", "in review", "done")


@dataclass(frozen=True)
class Case:
    """What belongs together: usually one patient's request. `version` counts its own edits."""

    id: int
    name: str
    status: Status
    tags: tuple[str, ...]  # in alphabetical order
    comment: str
    created: str  # ISO 8601, UTC
    changed: str
    version: int


@dataclass(frozen=True)
class CaseRow:
    """A case in the list: itself, how many items it holds, and the first of them that has a thumbnail."""

    id: int
    name: str
    status: Status
    tags: tuple[str, ...]
    comment: str
    changed: str
    items: int
    thumbnail: int | None  # id of an item


@dataclass(frozen=True)
class ItemFacts:
    """What is known of a slide or a CT series before it belongs to a case.

    `fingerprint` tells what it is wherever it lies (see `fingerprint`); empty when it could not be taken.
    """

    kind: ItemKind
    path: Path  # of the file; of a CT series, of its folder
    fingerprint: str
    name: str
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Item:
    """One slide or CT series of a case. `version` counts the edits of its annotations."""

    id: int
    case_id: int
    kind: ItemKind
    path: Path
    fingerprint: str
    name: str
    facts: Mapping[str, Json]
    added: str  # ISO 8601, UTC
    version: int


@dataclass(frozen=True)
class Edit:
    """One row of an item's journal."""

    version: int  # 1 is the first edit
    at: str  # ISO 8601, UTC; the order is that of versions
    author: str
    change: Change
    token: str  # of whoever made it


@dataclass(frozen=True)
class Drawn:
    """How an annotation came: by whom, when, and what the edit was called."""

    author: str
    at: str  # ISO 8601, UTC
    title: str


@dataclass(frozen=True)
class AnalysisRow:
    """An analysis that was kept, without its arrays."""

    id: int
    item_id: int
    kind: ItemKind
    at: str
    author: str
    summary: Mapping[str, Json]  # model, model_version, started, seconds, complete, classes
    verdicts: Mapping[str, Verdict]


@dataclass(frozen=True)
class Decided:
    """A verdict on a finding: by whom, and when."""

    verdict: Verdict
    author: str
    at: str  # ISO 8601, UTC


@dataclass(frozen=True)
class Said:
    """Who wrote something, and when."""

    author: str
    at: str  # ISO 8601, UTC


@dataclass(frozen=True)
class AuditEntry:
    """Who did what when. `hash` is over everything here and the hash of the entry before."""

    seq: int  # 1 is the first of the library
    at: str
    author: str
    case_id: int | None
    item_id: int | None
    kind: str
    facts: Mapping[str, Json]
    before: str
    hash: str
