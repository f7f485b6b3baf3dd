"""The finished page content of a report, in the order of reading: every output is made from this alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ml.draft.grid import Grid
from ml.errors import Problem
from ml.report.facts import NOTICE

MOST_ROWS = 2000
"""Of a table on pages; what goes beyond is counted there and stands in the spreadsheet and the CSV file."""


@dataclass(frozen=True)
class Heading:
    """The title of a section; `key` is the section's in its draft."""

    text: str
    key: str


@dataclass(frozen=True)
class Words:
    """Paragraphs, parted by empty lines; line ends within them stay. `quiet`: less important."""

    text: str
    quiet: bool = False
    lead: bool = False

    @property
    def paragraphs(self) -> list[str]:
        """One a paragraph."""
        return [part.strip("\n") for part in self.text.split("\n\n") if part.strip()]


@dataclass(frozen=True)
class Pairs:
    """Facts, one a line: what it is, and what it is here."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table of results."""

    grid: Grid

    @property
    def cut(self) -> str:
        """Says that pages do not show all rows; empty where they do."""
        rows = len(self.grid.rows)
        return (
            f"The first {MOST_ROWS:,} of {rows:,} rows; the spreadsheet has them all."
            if rows > MOST_ROWS
            else ""
        )


@dataclass(frozen=True, eq=False)
class Plate:
    """One picture with its words. `alt` says what is to be seen for who cannot see it."""

    data: bytes  # JPEG or PNG
    width: int  # px
    height: int
    title: str
    caption: str
    alt: str
    half: bool = False  # may share the width of a page with another one
    small: bool = False  # one of many, four in a row

    @property
    def suffix(self) -> str:
        """The ending of its file."""
        return ".png" if self.data.startswith(b"\x89PNG") else ".jpg"


@dataclass(frozen=True)
class Plates:
    """Pictures of one section."""

    plates: tuple[Plate, ...]

    def rows(self) -> list[tuple[Plate, ...]]:
        """Those that stand side by side: wide ones alone, halves in pairs, small ones by fours."""
        made: list[tuple[Plate, ...]] = []
        waiting: list[Plate] = []
        for plate in self.plates:
            room = 4 if plate.small else 2 if plate.half else 1
            if waiting and (_room(waiting[0]) != room or len(waiting) == room):
                made.append(tuple(waiting))
                waiting = []
            waiting.append(plate)
        return [*made, tuple(waiting)] if waiting else made


Block = Heading | Words | Pairs | Table | Plates


@dataclass(frozen=True)
class Paper:
    """The whole report. `problems` say what could not be put into it; they stand in no output."""

    title: str
    subject: str  # the slide's or series' name
    hospital: str
    author: str
    logo: Plate | None
    head: tuple[tuple[str, str], ...]  # patient, case, dates
    blocks: tuple[Block, ...]
    made: datetime
    missing: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    notice: str = NOTICE

    @property
    def grids(self) -> Iterator[Grid]:
        """Every table of results."""
        return (block.grid for block in self.blocks if isinstance(block, Table))

    @property
    def reported(self) -> str:
        """Who wrote it, and when."""
        when = f"{self.made.day} {self.made:%B %Y, %H:%M} (UTC{self.made:%z})"
        return f"Reported {when}" + (f" by {self.author}" if self.author else "") + f". {self.subject}"

    @property
    def standing(self) -> str:
        """Says that answers are missing; empty for a whole report."""
        return f"Preliminary. Not yet answered: {'; '.join(self.missing)}." if self.missing else ""


def _room(plate: Plate) -> int:
    return 4 if plate.small else 2 if plate.half else 1
