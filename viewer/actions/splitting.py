"""Commands: several views side by side, of one slide or of several, moved together or apart."""

from __future__ import annotations

from viewer.actions.command import Entry

VIEW = "View"

ENTRIES: tuple[Entry, ...] = (
    Entry("one_view", "One view", "Only the view that you work in.", VIEW, "", ("F5",), 7),
    Entry("two_views", "Two views side by side", "Compare two slides, or two places.", VIEW, "", ("F6",), 7),
    Entry("two_stacked", "Two views one above the other", "For wide slides.", VIEW, "", ("Shift+F6",), 7),
    Entry("three_views", "Three views", "Three slides side by side.", VIEW, "", ("F7",), 7),
    Entry("four_views", "Four views", "Four slides, or stains of one block.", VIEW, "", ("F8",), 7),
    Entry("next_view", "Next view", "Keys and commands go to the next view.", VIEW, "", ("Ctrl+F6",), 8),
    Entry("together", "Move views together", "Pan, zoom and turn all views as one.", VIEW, "", ("Y",), 8),
    Entry(
        "align",
        "Align by two landmarks…",
        "Click the same two places in each view: they are then moved together in line.",
        VIEW,
        "",
        ("Ctrl+L",),
        8,
    ),
    Entry("forget_alignment", "Forget alignment", "Middle to middle again.", VIEW, "", (), 8),
)
