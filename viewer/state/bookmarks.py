"""Places of a slide that a person wants to find again, kept with the person's data, not with the slide."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from ml import paths
from ml.geometry import Size

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """One place, and how it was looked at. `scale` is widget px per level-0 px."""

    name: str
    x: float  # level-0 px
    y: float
    scale: float
    angle: float = 0.0
    flipped: bool = False
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class Bookmarks(QObject):
    """Those of one slide, in the order in which they were made."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: tuple[Bookmark, ...] = ()

    def apply(self, removed: Iterable[Bookmark], added: Iterable[Bookmark]) -> None:
        """Carry out an edit: what is added under an id that goes takes its place in the order."""
        gone = {bookmark.id for bookmark in removed}
        come = {bookmark.id: bookmark for bookmark in added}
        kept = [come.pop(b.id) if b.id in come else b for b in self.items if b.id in come or b.id not in gone]
        self.items = (*kept, *come.values())
        self.changed.emit()

    def next_name(self) -> str:
        """ "Place 3": the first that is free."""
        taken = {bookmark.name for bookmark in self.items}
        return next(name for n in range(1, len(taken) + 2) if (name := f"Place {n}") not in taken)


class BookmarkEdit(QUndoCommand):
    """An edit of bookmarks that can be undone."""

    def __init__(
        self, title: str, bookmarks: Bookmarks, removed: Iterable[Bookmark], added: Iterable[Bookmark]
    ) -> None:
        super().__init__(title)
        self._bookmarks, self._removed, self._added = bookmarks, tuple(removed), tuple(added)

    def redo(self) -> None:
        """Carry it out."""
        self._bookmarks.apply(self._removed, self._added)

    def undo(self) -> None:
        """Take it back."""
        self._bookmarks.apply(self._added, self._removed)


def renamed(bookmark: Bookmark, name: str) -> Bookmark:
    """The same place under another name."""
    return replace(bookmark, name=name.strip() or bookmark.name)


def file_of_old(slide: Path, size: Size) -> Path:
    """Where versions before the case library kept the bookmarks of a slide."""
    key = f"{slide.absolute()} {size.width} {size.height}".encode()
    return paths.data() / "places" / f"{hashlib.sha256(key).hexdigest()[:32]}.json"


def read_old(file: Path) -> tuple[Bookmark, ...]:
    """What an old version kept; a damaged file is set aside, not written over."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return tuple(bookmark_of(raw) for raw in document["places"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        _log.warning("Bookmarks in %s cannot be read: %s", file.name, error)
        set_aside(file, ".damaged")
        return ()


def set_aside(file: Path, ending: str) -> None:
    """Give an old file another ending, so that it is not read again; it is never deleted."""
    try:
        file.replace(file.with_suffix(ending))
    except OSError:
        _log.warning("%s could not be set aside", file.name)


def bookmark_of(raw: Mapping[str, object]) -> Bookmark:
    """A bookmark out of JSON. Raises `ValueError`, `TypeError`."""
    made = Bookmark(**raw)  # type: ignore[arg-type]  # checked below
    numbers = (made.x, made.y, made.scale, made.angle)
    if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers) or made.scale <= 0:
        raise ValueError(f"{made.name!r} is no place")
    if not isinstance(made.name, str) or not isinstance(made.id, str):
        raise TypeError("a place without a name")
    return made
