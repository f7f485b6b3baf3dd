"""Commands: choosing annotations, their classes, what is done with many, and files of them."""

from __future__ import annotations

from viewer.actions.command import Entry

ANNOTATE, TOOLS, EDIT, FILE = "Annotate", "Tools", "Edit", "File"
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


def _edit(command: str, title: str, tip: str, section: int, keys: tuple[str, ...] = ()) -> Entry:
    return Entry(command, title, tip, ANNOTATE, "", keys, section)


EDITS: tuple[Entry, ...] = (
    _edit("merge", "Merge", "Make one annotation of all selected areas.", 1, ("Ctrl+M",)),
    _edit("subtract", "Subtract", "Cut the other selected areas out of the one that was selected first.", 1),
    _edit("intersect", "Intersect", "Keep what all selected areas have in common.", 1),
    _edit("split_parts", "Split into parts", "Make each part an annotation of its own.", 2),
    _edit("split_line", "Split by line", "Cut the selected areas along the selected line.", 2),
    _edit("simplify", "Simplify…", "Outlines with fewer corners; you say how far they may be off.", 2),
    _edit("fill_holes", "Fill holes", "Close the holes of the selected areas.", 2),
    _edit("inverse", "Make inverse", "Annotate all of the slide that the selected areas leave free.", 2),
    _edit("duplicate", "Duplicate", "Copies beside the selected annotations.", 3, ("Ctrl+Shift+D",)),
    _edit(
        "copy_annotations",
        "Copy annotations",
        "Copy what is selected, to paste it here or on another slide.",
        3,
        ("Ctrl+Alt+C",),
    ),
    _edit(
        "paste_annotations",
        "Paste annotations",
        "Paste in the same place, in µm, of the slide that is looked at.",
        3,
        ("Ctrl+V",),
    ),
    _edit(
        "measure_stains",
        "Measure stains",
        "Mean hematoxylin, eosin and DAB of each selected area, as columns of the table.",
        4,
    ),
    _edit("lock", "Lock", "Nobody changes or deletes the selected annotations by mistake.", 4),
    _edit("unlock", "Unlock", "The selected annotations can be changed again.", 4),
    _edit("show_selected", "Go to selected annotation", "Bring the selected annotation into view.", 4),
)

FINDINGS: tuple[Entry, ...] = (
    _edit(
        "keep_accepted",
        "Turn accepted boxes into annotations",
        "All accepted boxes, with their model and score.",
        5,
    ),
    _edit(
        "keep_decided",
        "Turn decided boxes into annotations",
        "Accepted boxes, and rejected ones as not to be counted: what training can learn from.",
        5,
    ),
    _edit(
        "keep_outline",
        "Turn heatmap outline into annotations",
        "What reaches the threshold now, one annotation for each connected part.",
        5,
    ),
)


def _file(command: str, title: str, tip: str, keys: tuple[str, ...] = ()) -> Entry:
    return Entry(command, title, tip, FILE, "", keys, 2)


FILES: tuple[Entry, ...] = (
    _file(
        "import_annotations",
        "Import annotations…",
        "QuPath, ASAP, ImageScope, COCO, CSV or DICOM; or drop the file onto the slide.",
    ),
    _file("export_annotations", "Export annotations…", "Write what is drawn in one of seven formats."),
    _file(
        "export_table", "Export table of annotations…", "Write the table under Drawn as it stands, as CSV."
    ),
)

COPY_TABLE = Entry(
    "copy_table", "Copy table of annotations", "As text, to paste it into a spreadsheet.", EDIT, "", (), 2
)

ENTRIES: tuple[Entry, ...] = (*SELECTING, *CLASSES, *EDITS, *FINDINGS, *FILES, COPY_TABLE)

HERE: tuple[str, ...] = ("merge", "subtract", "split_line", "duplicate", "lock", "unlock")
"""What is offered beside other commands where an annotation was clicked."""

IN_TABLE: tuple[str, ...] = (
    *("show_selected", "delete", "select_same", "class_none", "merge", "subtract", "intersect"),
    *(
        "split_parts",
        "simplify",
        "fill_holes",
        "measure_stains",
        "lock",
        "unlock",
        "copy_annotations",
        "paste_annotations",
    ),
    *("export_annotations", "copy_table", "export_table"),
)
"""What can be done with lines of the table."""
