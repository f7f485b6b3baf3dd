"""Commands: where one looks and has looked, and figures of what is seen."""

from __future__ import annotations

from viewer.actions.command import Entry

ENTRIES: tuple[Entry, ...] = ()
