"""A command: what it is called, where it stands, its keys, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["", "slide", "ct"]
"""What is looked at; empty: a command for everything."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The part of a command that is the same in every window."""

    id: str
    title: str  # as in a menu: "Analyze region"; with an ellipsis where a question follows
    tip: str  # one plain sentence, for the status line and the tool tip
    group: str  # the menu it stands in
    icon: str = ""  # a name for `viewer.theme.icons.icon`
    keys: tuple[str, ...] = ()  # as QKeySequence reads them; the first is the one that is shown
    section: int = 0  # commands of a menu with different numbers are parted by a line
    kind: Kind = ""  # what it is for; others do not see it


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Bound:
    """What an entry does in one window."""

    run: Callable[[], object]
    enabled: Callable[[], bool] = _always
    checked: Callable[[], bool] | None = None  # None: it cannot be on or off


@dataclass(frozen=True, slots=True)
class Command:
    """An entry and what it does."""

    entry: Entry
    bound: Bound
    keys: tuple[str, ...]  # the entry's, or the person's own

    @property
    def id(self) -> str:
        """Names it in settings and tests."""
        return self.entry.id

    @property
    def title(self) -> str:
        """As in a menu."""
        return self.entry.title

    @property
    def tip(self) -> str:
        """What it does, in one sentence."""
        return self.entry.tip

    @property
    def icon(self) -> str:
        """The name of its icon, empty where it has none."""
        return self.entry.icon

    @property
    def group(self) -> str:
        """The menu it stands in."""
        return self.entry.group

    def run(self) -> None:
        """Do it, if it can be done now."""
        if self.bound.enabled():
            self.bound.run()

    def enabled(self) -> bool:
        """Whether it can be done now."""
        return self.bound.enabled()

    def checked(self) -> bool:
        """Whether it is on; False for what cannot be on or off."""
        return self.bound.checked is not None and self.bound.checked()


def bind(
    catalog: Iterable[Entry],
    bounds: Mapping[str, Bound],
    keys_of: Callable[[str, tuple[str, ...]], tuple[str, ...]] = lambda _, keys: keys,
) -> tuple[Command, ...]:
    """Every entry with what it does. Raises `ValueError` where one of the two is missing."""
    entries = {entry.id: entry for entry in catalog}
    if entries.keys() != bounds.keys():
        raise ValueError(f"Not in both lists: {sorted(entries.keys() ^ bounds.keys())}")
    return tuple(Command(entry, bounds[name], keys_of(name, entry.keys)) for name, entry in entries.items())
