"""Two people changed the same annotation: what each of them made of it, and the ways out."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation
from ml.errors import Problem
from viewer.cases.values import Json, Said

Choice = Literal["theirs", "mine", "both"]


@dataclass(frozen=True)
class Disputed:
    """One annotation that both changed: before, and after. None: it was not there, or is gone."""

    id: str
    base: Annotation | None
    theirs: Annotation | None
    mine: Annotation | None


@dataclass(frozen=True)
class Resolution:
    """The way out: `commit` is for the library instead of mine; `show` makes of a document that already holds
    mine the one that holds `commit` and theirs."""

    commit: Change
    show: Change


class Conflict(Problem):
    """The later editor is told: somebody else changed the same annotations meanwhile. Nothing was written."""

    def __init__(self, item_id: int, version: int, change: Change, disputed: tuple[Disputed, ...]) -> None:
        count = len(disputed)
        what = "annotation" if count == 1 else f"{count} annotations"
        super().__init__(
            f"Somebody else changed the same {what} meanwhile.",
            "Keep theirs, keep yours, or keep both.",
            item=item_id,
            version=version,
        )
        self.item_id = item_id
        self.version = version  # of the item, as it is in the library
        self.change = change  # mine, all of it
        self.disputed = disputed

    def resolved(self, choice: Choice) -> Resolution:
        """Theirs stays, mine takes its place, or mine comes beside it under an id of its own.

        What of my edit nobody disputes is in `commit` in any case.
        """
        ways = {"theirs": _keep_theirs, "mine": _keep_mine, "both": _keep_both}
        return merged(self.change, self.disputed, ways[choice])


class StateChanged(Problem):
    """Somebody else kept something else under the same name meanwhile; nothing was written."""

    def __init__(self, item_id: int, name: str, base: object, theirs: Json, mine: Json) -> None:
        super().__init__(
            f"Somebody else changed the {name} meanwhile.",
            "Look at what is there now, and change it again where that is still right.",
            item=item_id,
        )
        self.item_id, self.name = item_id, name
        self.base, self.theirs, self.mine = base, theirs, mine
        self.kept: Json = theirs
        """What is in the library now: of a text, what both wrote."""
        self.by: Said | None = None
        """Who wrote theirs, where the trail tells it."""


Way = Callable[[Disputed], tuple[tuple[Annotation, ...], tuple[Annotation, ...]]]
"""Of one disputed annotation, what is to be there at the end: under its own id, and beside it."""


def _keep_theirs(one: Disputed) -> tuple[tuple[Annotation, ...], tuple[Annotation, ...]]:
    return ((one.theirs,) if one.theirs else ()), ()


def _keep_mine(one: Disputed) -> tuple[tuple[Annotation, ...], tuple[Annotation, ...]]:
    return ((one.mine,) if one.mine else ()), ()


def _keep_both(one: Disputed) -> tuple[tuple[Annotation, ...], tuple[Annotation, ...]]:
    if one.theirs is None or one.mine is None or one.theirs == one.mine:
        return tuple(kept for kept in (one.theirs or one.mine,) if kept), ()
    return (one.theirs,), (replace(one.mine, id=str(uuid.uuid4())),)


def merged(change: Change, disputed: tuple[Disputed, ...], way: Way) -> Resolution:
    """The two edits that lead to what a way keeps: from theirs in the library, from mine in the document."""
    ids = {one.id for one in disputed}
    commit_removed = [a for a in change.removed if a.id not in ids]
    commit_added = [a for a in change.added if a.id not in ids]
    show_removed: list[Annotation] = []
    show_added: list[Annotation] = []
    for one in disputed:
        own, beside = way(one)
        for there, removed, added in (
            (one.theirs, commit_removed, commit_added),
            (one.mine, show_removed, show_added),
        ):
            before = (there,) if there else ()
            if own != before:
                removed.extend(before)
                added.extend(own)
            added.extend(beside)
    return Resolution(
        Change(tuple(commit_removed), tuple(commit_added), change.title),
        Change(tuple(show_removed), tuple(show_added), "Merge"),
    )


def as_one(changes: tuple[Change, ...]) -> Change:
    """Several edits in a row as one, with the title of the last."""
    first: dict[str, Annotation | None] = {}
    now: dict[str, Annotation] = {}
    for change in changes:
        for gone in change.removed:
            first.setdefault(gone.id, gone)
            now.pop(gone.id, None)
        for come in change.added:
            first.setdefault(come.id, None)
            now[come.id] = come
    removed = tuple(one for one in first.values() if one is not None)
    return Change(removed, tuple(now.values()), changes[-1].title)


def difference(document: AnnotationDocument, stored: Mapping[str, Annotation]) -> Change:
    """What makes a document equal to what the library holds."""
    removed = tuple(a for a in document if stored.get(a.id) != a)
    added = tuple(a for key, a in stored.items() if key not in document or document[key] != a)
    return Change(removed, added, "Changes by somebody else")
