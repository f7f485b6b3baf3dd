"""Commands: reading a CT series. Their keys are free for slides, and the other way round."""

from __future__ import annotations

from viewer.actions.command import Entry
from viewer.ct.look import PRESETS

TOOLS, VIEW, GO, IMAGE, FILE = "Tools", "View", "Go", "Image", "File"
ANALYZE = "Analyze"


def _preset(number: int) -> Entry:
    key, name, window = PRESETS[number - 1]
    tip = f"Show it at width {window.width:g}, level {window.level:g} HU."
    return Entry(f"window_{key}", name, tip, IMAGE, "", (str(number),), 10, "ct")


def _ct(
    command: str, title: str, tip: str, group: str, icon: str, keys: tuple[str, ...], section: int
) -> Entry:
    return Entry(command, title, tip, group, icon, keys, section, "ct")


ENTRIES: tuple[Entry, ...] = (
    _ct(
        "window_tool",
        "Window",
        "Drag for the window: to the right wider, up higher. The right button always does.",
        TOOLS,
        "contrast",
        ("W",),
        0,
    ),
    _ct(
        "crosshair",
        "Cross-hairs",
        "Click or drag: all planes go to that place.",
        TOOLS,
        "crosshair",
        ("K",),
        1,
    ),
    *(_preset(number) for number in range(1, len(PRESETS) + 1)),
    _ct(
        "window_own", "As the file says", "The file's own windows, one after another.", IMAGE, "", ("0",), 11
    ),
    _ct("window_saved", "Saved windows", "Your own windows, one after another.", IMAGE, "", ("9",), 11),
    _ct(
        "save_window", "Save this window…", "Keep this window under a name.", IMAGE, "", ("Ctrl+Shift+W",), 11
    ),
    _ct("invert", "Invert", "Black becomes white.", IMAGE, "", ("I",), 12),
    _ct("smooth", "Smooth pixels", "Interpolate between pixels, or show each.", IMAGE, "", ("Shift+I",), 12),
    _ct("next_slice", "Next slice", "One slice on: in the picture Down, or the wheel.", GO, "", (), 10),
    _ct(
        "previous_slice", "Previous slice", "One slice back: in the picture Up, or the wheel.", GO, "", (), 10
    ),
    _ct("slices_on", "Ten slices on", "In the picture: Page down.", GO, "", (), 10),
    _ct("slices_back", "Ten slices back", "In the picture: Page up.", GO, "", (), 10),
    _ct("first_slice", "First slice", "In the picture: Home.", GO, "", (), 10),
    _ct("last_slice", "Last slice", "In the picture: End.", GO, "", (), 10),
    _ct(
        "next_mark",
        "Next finding",
        "Select the next finding and go to its slice.",
        GO,
        "skip-forward",
        ("N",),
        11,
    ),
    _ct(
        "previous_mark",
        "Previous finding",
        "Select the finding before and go to its slice.",
        GO,
        "",
        ("Shift+N",),
        11,
    ),
    _ct(
        "most_suspicious",
        "Most suspicious slice",
        "To the slice with the highest probability of all.",
        GO,
        "",
        ("J",),
        11,
    ),
    _ct(
        "analyze_series",
        "Analyze series",
        "Let the chosen model look at the slices.",
        ANALYZE,
        "microscope",
        ("A",),
        0,
    ),
    _ct("accept_finding", "Accept finding", "Accept the selected finding.", ANALYZE, "check", ("Return",), 1),
    _ct("ct_cam", "Grad-CAM", "Show or hide where the network looked.", VIEW, "scan-search", ("G",), 2),
    _ct("cine", "Play slices", "Let the slices run by themselves, or stop them.", GO, "play", ("C",), 12),
    _ct("faster", "Play faster", "More slices a second.", GO, "", (".",), 12),
    _ct("slower", "Play slower", "Fewer slices a second.", GO, "", (",",), 12),
    _ct(
        "three_planes",
        "Three planes",
        "Axial, coronal and sagittal, linked by cross-hairs.",
        VIEW,
        "layout-panel-left",
        ("V",),
        0,
    ),
    _ct("measures", "Measurements", "Show or hide what was measured.", VIEW, "ruler", ("T",), 2),
    Entry(
        "privacy",
        "Hide patients' names",
        "On screen, in pictures and in reports of CT.",
        VIEW,
        "eye-off",
        ("Ctrl+Shift+H",),
        3,
    ),
    Entry("left_out", "What was left out…", "Files that are no CT slices, and why.", FILE, "", (), 1),
)
