"""Commands: where one looks and has looked, and figures of what is seen."""

from __future__ import annotations

from viewer.actions.command import Entry

GO, VIEW, FILE, EDIT = "Go", "View", "File", "Edit"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "go_to",
        "Go to…",
        "Type a magnification or a place, such as ×20 or 3.2 mm, 1.1 mm; of CT a slice.",
        GO,
        "",
        ("Ctrl+G",),
    ),
    Entry("back", "Back", "Look again where you looked before.", GO, "arrow-left", ("Alt+Left",)),
    Entry("forward", "Forward", "Look again where you went back from.", GO, "arrow-right", ("Alt+Right",)),
    Entry("bookmark", "Add bookmark", "Keep this place, to find it again.", GO, "bookmark", ("Ctrl+D",), 1),
    Entry(
        "next_bookmark", "Next bookmark", "Go to the next place that was kept.", GO, "", ("Ctrl+PgDown",), 1
    ),
    Entry(
        "previous_bookmark",
        "Previous bookmark",
        "Go to the place that was kept before.",
        GO,
        "",
        ("Ctrl+PgUp",),
        1,
    ),
    Entry("turn_left", "Turn left", "Turn the picture by 15° to the left.", VIEW, "rotate-ccw", ("[",), 5),
    Entry("turn_right", "Turn right", "Turn the picture by 15° to the right.", VIEW, "rotate-cw", ("]",), 5),
    Entry("quarter_left", "Quarter turn left", "Turn the picture by 90° to the left.", VIEW, "", ("{",), 5),
    Entry(
        "quarter_right", "Quarter turn right", "Turn the picture by 90° to the right.", VIEW, "", ("}",), 5
    ),
    Entry(
        "flip_horizontally",
        "Mirror left to right",
        "What is at the left comes to the right.",
        VIEW,
        "",
        (),
        5,
    ),
    Entry(
        "flip_vertically", "Mirror top to bottom", "What is at the top comes to the bottom.", VIEW, "", (), 5
    ),
    Entry("upright", "As in the file", "Neither turned nor mirrored.", VIEW, "", ("Ctrl+0",), 5),
    Entry(
        "visited",
        "Shade what was not looked at",
        "Show in the overview which parts were seen, and how closely.",
        VIEW,
        "",
        (),
        6,
    ),
    Entry("forget_visited", "Forget what was looked at", "Begin anew with what was seen.", VIEW, "", (), 6),
    Entry(
        "copy_view",
        "Copy view",
        "Copy what is in view, with what lies over it and the scale bar, to the clipboard.",
        EDIT,
        "copy",
        ("Ctrl+C",),
        2,
    ),
    Entry(
        "export_figure",
        "Export figure…",
        "Write a picture of the view, an annotation or the slide, at any size, as PNG or TIFF.",
        FILE,
        "image",
        ("Ctrl+Shift+E",),
        2,
    ),
)
