"""Commands: several views side by side, of one slide or of several, moved together or apart."""

from __future__ import annotations

from viewer.actions.command import Entry

ENTRIES: tuple[Entry, ...] = ()
