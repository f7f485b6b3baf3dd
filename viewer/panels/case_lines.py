"""What the list of cases and the list of a case show: plain values, without the library behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from PySide6.QtGui import QImage

from ml.report.words import count
from viewer.cases.values import ItemKind, Sort, Status

Where = Literal["here", "looking", "gone"]

STATUS_WORDS: Mapping[Status, str] = {"new": "New", "in review": "In review", "done": "Done"}
SORT_WORDS: Mapping[Sort, str] = {
    "changed": "Recent",
    "name": "Name",
    "created": "Newest",
    "status": "Status",
}


@dataclass(frozen=True)
class CaseLine:
    """One case in the list of all."""

    id: int
    name: str
    status: Status = "new"
    tags: tuple[str, ...] = ()
    items: int = 0  # slides and series
    changed: datetime | None = None  # with time zone
    picture: QImage | None = None


@dataclass(frozen=True)
class ItemLine:
    """One slide or series of a case."""

    id: int
    name: str
    facts: str = ""
    kind: ItemKind = "slide"
    where: Where = "here"  # its file
    picture: QImage | None = None


@dataclass(frozen=True)
class CaseAbout:
    """The case that is looked at."""

    id: int
    name: str
    status: Status = "new"
    tags: tuple[str, ...] = ()
    comment: str = ""
    patient: str = ""  # of its CT; empty where it has none, or where names are hidden


@dataclass(frozen=True)
class CaseQuery:
    """Which cases are to be listed, and in which order."""

    search: str = ""
    status: Status | None = None
    tag: str | None = None
    sort: Sort = "changed"

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves cases out."""
        return bool(self.search) or self.status is not None or self.tag is not None


def case_in_words(line: CaseLine, now: datetime) -> str:
    """ "In review · 3 items · today 14:03"."""
    parts = [STATUS_WORDS[line.status], count(line.items, "item") if line.items else "empty"]
    if line.changed is not None:
        parts.append(when_in_words(line.changed, now))
    return " · ".join(parts)


def when_in_words(moment: datetime, now: datetime) -> str:
    """ "today 14:03", "yesterday", "2026-03-01"; in the time zone of this computer."""
    there, here = moment.astimezone(), now.astimezone()
    days = (here.date() - there.date()).days
    if days == 0:
        return f"today {there:%H:%M}"
    return "yesterday" if days == 1 else f"{there:%Y-%m-%d}"


def tags_of(text: str) -> tuple[str, ...]:
    """Tags as they were typed, with commas between them; each once."""
    return tuple(dict.fromkeys(tag for part in text.split(",") if (tag := " ".join(part.split()))))
