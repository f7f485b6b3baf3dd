"""What the library holds about one slide or series, read and made in a background thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.results.analysis import Analysis
from ml.results.ct_analysis import CtAnalysis
from viewer.cases.values import Case, Item, ItemFacts, Json, Verdict

if TYPE_CHECKING:
    from viewer.cases.library import Library

STATES = ("view", "comment", "look", "spacing", "bookmarks", "measurements", "model", "layers", "learning")
CHUNK = 20_000
"""Annotations that are handed to the window at once: it stays quick meanwhile."""


@dataclass(frozen=True)
class Kept:
    """Everything but the annotations, which may be many and come after."""

    item: Item
    case: Case
    states: Mapping[str, Json]
    analysis: Analysis | CtAnalysis | None = None  # the last one
    analysis_id: int = 0
    verdicts: Mapping[str, Verdict] | None = None
    is_new: bool = False  # the library did not know it before
    moved_from: Path | None = None  # it lay there before


@dataclass(frozen=True)
class Home:
    """Where something goes that the library does not know."""

    case_id: int | None  # None: into a case of its own
    name: str  # of that case
    patient: str = ""  # what is opened of another patient does not go into the case


def adopt(library: Library, facts: ItemFacts, home: Home) -> Kept:
    """What the library knows of a file that was opened; where it knows nothing, it begins to. `Problem`s."""
    item = library.item_at(facts.path, facts.fingerprint)
    if item is None:
        case_id = home.case_id if _fits(library, home) else None
        if case_id is None:
            case_id = library.new_case(home.name).id
        item = library.add(case_id, facts)
        return Kept(item, library.case(case_id), {}, is_new=True)
    moved_from = None
    if item.path != facts.path and not item.path.exists():
        moved_from = item.path
        item = library.moved(item, facts.path)
    return fetch(library, item, moved_from)


def fetch(library: Library, item: Item, moved_from: Path | None = None) -> Kept:
    """What is kept of an item. Raises `Problem`s."""
    found = {name: library.state(item.id, name) for name in STATES}
    states = {name: value for name, value in found.items() if value is not None}
    rows = library.analyses(item.id)
    case = library.case(item.case_id)
    if not rows:
        return Kept(item, case, states, moved_from=moved_from)
    last = max(rows, key=lambda row: row.id)
    return Kept(item, case, states, library.analysis(last.id), last.id, last.verdicts, moved_from=moved_from)


def _fits(library: Library, home: Home) -> bool:
    """Whether nothing in the case is known to be of another patient."""
    if home.case_id is None or not home.patient:
        return home.case_id is not None
    known = {str(item.facts.get("patient", "")) for item in library.items(home.case_id)}
    return known <= {"", home.patient}
