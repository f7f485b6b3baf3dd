"""Commands: the report, written with care or at once."""

from __future__ import annotations

from viewer.actions.command import Entry

FILE = "File"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "export",
        "Write report…",
        "Template, fields, pictures and text, with the pages beside them; then PDF, Word, tables.",
        FILE,
        "file-output",
        ("Ctrl+E",),
        2,
    ),
    Entry(
        "snapshot",
        "Add view to report",
        "Keep what you look at, with its layers, as a picture of the report.",
        FILE,
        "",
        ("Ctrl+Shift+C",),
        2,
    ),
    Entry(
        "export_now",
        "Export report at once…",
        "Write the findings as PDF, with tables beside it, without editing anything.",
        FILE,
        "",
        ("Ctrl+Alt+E",),
        2,
    ),
)
