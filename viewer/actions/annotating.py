"""Commands: choosing annotations, and the classes they get."""

from __future__ import annotations

from viewer.actions.command import Entry

ANNOTATE, TOOLS, EDIT = "Annotate", "Tools", "Edit"
CLASS_KEYS = tuple("123456789")

SELECTING: tuple[Entry, ...] = (
    Entry(
        "select_all",
        "Select all annotations",
        "Select everything that is drawn on this slide and shown.",
        EDIT,
        "",
        ("Ctrl+A",),
        1,
    ),
    Entry("select_none", "Select none", "Nothing is selected any more.", EDIT, "", ("Ctrl+Shift+A",), 1),
    Entry(
        "select_others",
        "Turn selection round",
        "Select what is not selected now, and nothing else.",
        EDIT,
        "",
        (),
        1,
    ),
    Entry(
        "select_same",
        "Select the same class",
        "Select all annotations of the classes that are selected.",
        EDIT,
        "",
        (),
        1,
    ),
)

TOOL = Entry(
    "select",
    "Select",
    "Click an annotation, or drag round several; Shift adds to the selection.",
    TOOLS,
    "mouse-pointer-2",
    ("S",),
)


def _class_on(key: str) -> Entry:
    tip = f"The class on key {key}: for the selection, or with none selected for new shapes."
    return Entry(f"class_{key}", f"Class on key {key}", tip, ANNOTATE, "", (f"Alt+{key}",), 0)


CLASSES: tuple[Entry, ...] = (
    *(_class_on(key) for key in CLASS_KEYS),
    Entry(
        "class_none",
        "No class",
        "Take the class off the selection; with none selected new shapes get none.",
        ANNOTATE,
        "",
        ("Alt+0",),
        0,
    ),
)

ENTRIES: tuple[Entry, ...] = (*SELECTING, *CLASSES)
