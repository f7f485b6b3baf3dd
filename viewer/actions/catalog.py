"""The list of all commands. Keys are near to what QuPath has taught people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from viewer.actions import (
    annotating,
    archive,
    caring,
    cases,
    ct,
    drawing,
    looking,
    navigating,
    proving,
    reporting,
    splitting,
    training,
)
from viewer.actions.command import Entry
from viewer.canvas.camera import PRESETS
from viewer.ct.look import PRESETS as PRESETS_CT

FILE, EDIT, TOOLS, VIEW, GO, IMAGE = "File", "Edit", "Tools", "View", "Go", "Image"
ANNOTATE = annotating.ANNOTATE
ANALYZE, HELP = "Analyze", "Help"
MENUS = (FILE, cases.CASE, EDIT, TOOLS, ANNOTATE, VIEW, GO, IMAGE, ANALYZE, training.TRAIN, HELP)

_FILE = (
    Entry(
        "open", "Open…", "Open slides, pictures or CT from this computer.", FILE, "folder-open", ("Ctrl+O",)
    ),
    Entry(
        "open_folder",
        "Open folder…",
        "Open the CT series or the DICOM slide of a folder.",
        FILE,
        "",
        ("Ctrl+Shift+O",),
    ),
    Entry("samples", "Samples", "Open the slide and pictures that come with Parfocal.", FILE, "images"),
    Entry("close", "Close", "Close what you look at; a run on it is stopped.", FILE, "x", ("Ctrl+W",), 1),
    *reporting.ENTRIES,
    Entry("settings", "Settings…", "Memory, inertia, where cases lie.", FILE, "", ("Ctrl+,",), 3),
    Entry("quit", "Quit", "Close the window; a run is stopped first.", FILE, "", ("Ctrl+Q",), 3),
)

_EDIT = (
    Entry("undo", "Undo", "Take back the last edit.", EDIT, "undo-2", ("Ctrl+Z",)),
    Entry("redo", "Redo", "Do again what was taken back.", EDIT, "redo-2", ("Ctrl+Y", "Ctrl+Shift+Z")),
    Entry(
        "delete",
        "Reject or delete",
        "Reject the selected box or finding; with none selected, delete what is selected.",
        EDIT,
        "trash-2",
        ("Delete", "Backspace"),
        1,
    ),
)

_TOOLS = (
    Entry("move", "Move", "Drag moves the picture, a click selects.", TOOLS, "hand", ("M",)),
    Entry(
        "rectangle",
        "Rectangle",
        "Draw a rectangular region by dragging; on CT it is measured.",
        TOOLS,
        "square",
        ("R",),
    ),
)


def _preset(number: int, magnification: float) -> Entry:
    name = f"{magnification:g}"
    tip = f"Show the slide at ×{name}."
    return Entry(f"zoom_{name}", f"×{name}", tip, VIEW, "", (str(number),), 1)


_VIEW = (
    Entry("fit", "Fit to window", "Show the whole of it.", VIEW, "maximize", ("F",)),
    Entry("zoom_in", "Zoom in", "One step closer.", VIEW, "zoom-in", ("+", "=", "Ctrl++")),
    Entry("zoom_out", "Zoom out", "One step back.", VIEW, "zoom-out", ("-", "Ctrl+-")),
    *(_preset(number, preset) for number, preset in enumerate(PRESETS, 1)),
    Entry("heatmap", "Heatmap", "Show or hide the heatmap.", VIEW, "flame", ("H",), 2),
    Entry("cam", "Grad-CAM", "Show or hide where the network looked.", VIEW, "scan-search", ("G",), 2),
    Entry("boxes", "Boxes", "Show or hide the boxes found.", VIEW, "square-dashed", ("X",), 2),
    Entry("annotations", "Annotations", "Show or hide what was drawn.", VIEW, "pencil", ("T",), 2),
    Entry("only_picture", "Only the picture", "Hide all but the picture.", VIEW, "expand", ("F11",), 3),
    Entry(
        "slides_panel",
        "Cases",
        "Show or hide the cases at the left.",
        VIEW,
        "panel-left",
        ("F9",),
        3,
    ),
    Entry("inspector", "Inspector", "Show or hide the right panels.", VIEW, "panel-right", ("F10",), 3),
    Entry("theme_auto", "Theme of the system", "Light or dark, as the system.", VIEW, "", (), 4),
    Entry("theme_light", "Light theme", "Light panels; the surround stays grey.", VIEW, "sun", (), 4),
    Entry("theme_dark", "Dark theme", "Dark panels; the surround stays grey.", VIEW, "moon", (), 4),
)

_ANALYZE = (
    Entry(
        "analyze",
        "Analyze region",
        "Let the chosen model look at the selected region.",
        ANALYZE,
        "microscope",
        ("A",),
    ),
    Entry(
        "analyze_slide",
        "Analyze whole slide",
        "Let the chosen model look at all tissue of the slide.",
        ANALYZE,
        "",
        ("Shift+A",),
    ),
    Entry(
        "escape",
        "Stop or leave",
        "Drop what is unfinished, leave the tool or the full picture, stop the run; else select nothing.",
        ANALYZE,
        "circle-stop",
        ("Esc",),
    ),
    Entry(
        "explain",
        "Grad-CAM of this patch",
        "Show where in the patch under the cursor the network looked.",
        ANALYZE,
        "scan-search",
        ("Shift+G",),
    ),
    Entry("next", "Next finding", "Go to the next box not yet decided.", ANALYZE, "skip-forward", ("N",), 1),
    Entry("accept", "Accept box", "Accept the selected box.", ANALYZE, "check", ("Return", "Enter"), 1),
    Entry(
        "annotate",
        "Turn box into annotation",
        "Keep the selected box as an annotation.",
        ANALYZE,
        "tag",
        (),
        1,
    ),
)

_HELP = (
    Entry("palette", "All commands…", "Find a command by its name.", HELP, "search", ("Ctrl+K",)),
    Entry("keys", "Keys…", "The list of keys.", HELP, "keyboard", ("?", "F1")),
    Entry("about", "About Parfocal", "Version, licences, and what it is for.", HELP, "info", (), 2),
)

_FOR_ALL = frozenset(
    (
        *("escape", "copy_view", "ruler", "go_to", "upright"),
        *("turn_left", "turn_right", "quarter_left", "quarter_right"),
        *("flip_horizontally", "flip_vertically"),
    )
)


def _for_slides(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Those that mean something on a slide only, marked so."""
    return (entry if entry.id in _FOR_ALL else replace(entry, kind="slide") for entry in entries)


_ALL_VIEWS = tuple(e for e in _VIEW if e.section in {0, 3, 4})
_SLIDE_VIEWS = tuple(e for e in _VIEW if e.section in {1, 2})

CATALOG: tuple[Entry, ...] = (
    *_FILE[:3],
    archive.ENTRIES[0],
    *_FILE[3:5],
    archive.ENTRIES[1],
    *proving.ENTRIES,
    *_FILE[5:-2],
    *cases.ENTRIES,
    *_EDIT,
    *_for_slides(annotating.ENTRIES),
    _TOOLS[0],
    *_for_slides((annotating.TOOL,)),
    _TOOLS[1],
    drawing.ELLIPSE,
    *drawing.AREAS,
    *_ALL_VIEWS[:3],
    *_for_slides(_SLIDE_VIEWS),
    *(entry for entry in ct.ENTRIES if entry.group == VIEW),
    *_ALL_VIEWS[3:],
    *splitting.ENTRIES,
    *_for_slides(navigating.ENTRIES),
    *_for_slides(looking.ENTRIES),
    drawing.ANGLE,
    *drawing.COUNTING,
    *(entry for entry in ct.ENTRIES if entry.group != VIEW),
    *_for_slides(_ANALYZE),
    *training.ENTRIES,
    *_FILE[-2:],  # the last of their menu, where one looks for them
    *_HELP[:2],
    *caring.ENTRIES,
    *_HELP[2:],
)

STRIP: tuple[tuple[str | tuple[str, ...], ...], ...] = (
    ("open",),
    ("move", "select", "window_tool", "rectangle", "ellipse", drawing.AREA_DROP, drawing.BRUSH_DROP),
    (drawing.MEASURE_DROP, drawing.COUNT_DROP, "crosshair"),
    ("fit", *(f"zoom_{preset:g}" for preset in PRESETS)),
    tuple(f"window_{key}" for key, _, _ in PRESETS_CT),
    ("three_planes", "cine"),
    ("heatmap", "cam", "boxes", "annotations", "ct_cam"),
    ("undo", "redo"),
    ("analyze", "analyze_series"),
)
"""What stands in the tool strip, parted by lines; several in one place share a button that drops down."""
