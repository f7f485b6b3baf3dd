"""Commands: what of a report still holds, and what is left out of everything that is handed on."""

from __future__ import annotations

from viewer.actions.command import Entry

FILE = "File"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "verify_report",
        "Verify report…",
        "Choose a report's folder: what of it still holds, and who signed it.",
        FILE,
        "",
        ("Ctrl+Shift+V",),
        2,
    ),
    Entry(
        "rerun_report",
        "Run report again…",
        "Choose a report's folder: its analysis is repeated, and differences are shown.",
        FILE,
        "",
        (),
        2,
    ),
    Entry(
        "deidentify",
        "Save de-identified copy…",
        "A copy of this slide or series without label, names and notes; the same pixels.",
        FILE,
        "",
        (),
        2,
    ),
    Entry(
        "keep_identity",
        "Keep names in exports",
        "Off: names of files and patients are left out of all that is written. On: they stay.",
        FILE,
        "",
        (),
        2,
    ),
)
