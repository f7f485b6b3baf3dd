"""Commands: how the slide is shown: colours, stains, channels, focus, and how large a pixel is."""

from __future__ import annotations

from viewer.actions.command import Entry

ENTRIES: tuple[Entry, ...] = ()
