"""Commands: cases, what belongs to them, and their library."""

from __future__ import annotations

from viewer.actions.command import Entry

CASE = "Case"

ENTRIES: tuple[Entry, ...] = (
    Entry("new_case", "New case", "Begin a case; what you open next goes into it.", CASE, "", ("Ctrl+N",)),
    Entry("all_cases", "All cases", "Search the cases, and open one.", CASE, "", ("Ctrl+Shift+F",)),
    Entry(
        "analyze_all",
        "Analyze all…",
        "All slides of the cases that are marked in the list of all cases, with one model.",
        CASE,
        "",
        ("Ctrl+Alt+A",),
    ),
    Entry("this_case", "This case", "The slides and series of the case that you look at.", CASE),
    Entry("rename_case", "Rename case", "Give this case another name.", CASE, "", ("Ctrl+Shift+R",), 1),
    Entry("add_files", "Add files to this case…", "Open files, and keep them in this case.", CASE, "", (), 1),
    Entry(
        "move_item",
        "Move to another case…",
        "What you look at, with everything that was drawn and found on it.",
        CASE,
        "",
        (),
        1,
    ),
    Entry(
        "remove_item",
        "Take out of this case…",
        "What you look at, and what was drawn and found on it; the file stays.",
        CASE,
        "",
        (),
        1,
    ),
    Entry("case_history", "History of this case…", "Who did what when, and a file of it.", CASE, "", (), 2),
    Entry("delete_case", "Delete this case…", "Forget the case; its files stay.", CASE, "trash-2", (), 2),
    Entry("back_up", "Back up now…", "Write a copy of all cases to another place.", CASE, "", (), 3),
)
