"""The keys of commands: none is asked to do two things at once."""

from __future__ import annotations

from itertools import combinations

from PySide6.QtGui import QKeySequence

from viewer.actions.catalog import CATALOG
from viewer.actions.command import Entry


def keys_of(entry: Entry) -> set[str]:
    """As Qt tells them apart."""
    return {QKeySequence(key).toString() for key in entry.keys}


def meet(one: Entry, other: Entry) -> bool:
    """Whether both can be offered while one looks at the same thing."""
    return not one.kind or not other.kind or one.kind == other.kind


def test_one_leaves_at_the_end_of_the_first_menu() -> None:
    assert [entry.id for entry in CATALOG if entry.group == "File"][-2:] == ["settings", "quit"]


def test_no_key_belongs_to_two_commands_that_are_offered_together() -> None:
    """Qt carries out neither of them then, and says so nowhere but in its log."""
    clashes = {
        (one.id, other.id): keys_of(one) & keys_of(other)
        for one, other in combinations(CATALOG, 2)
        if meet(one, other) and keys_of(one) & keys_of(other)
    }
    assert not clashes
