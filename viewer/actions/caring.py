"""Commands: whether this computer is fit, what went wrong, and what to give to whoever looks after it."""

from __future__ import annotations

from viewer.actions.command import Entry

HELP = "Help"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "check_computer",
        "Check this computer…",
        "Graphics card, memory, disk, decoders, case library: what is well, and what to do where it is not.",
        HELP,
        "",
        ("Shift+F1",),
        1,
    ),
    Entry(
        "crash_reports",
        "Crash reports…",
        "Read what was noted when Parfocal ended unexpectedly or something failed. Names nobody.",
        HELP,
        "",
        (),
        1,
    ),
    Entry(
        "support_file",
        "Save a support file…",
        "What helps others to find out what is wrong here; you read it first, and nothing is sent.",
        HELP,
        "",
        (),
        1,
    ),
)
