"""Commands: how the slide is shown, and how large a pixel is."""

from __future__ import annotations

from viewer.actions.command import Entry

IMAGE, TOOLS = "Image", "Tools"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "profile",
        "Colours as the scanner meant them",
        "From the colour profile in the file to the colours of a screen.",
        IMAGE,
    ),
    Entry("pick_background", "Pick background…", "Click on empty glass: it becomes white.", IMAGE),
    Entry("reset_look", "Reset colours", "Show the slide as the file has it.", IMAGE, "", ("Ctrl+Shift+0",)),
    Entry("stain_off", "All stains", "Show the slide as it was scanned.", IMAGE, "", ("Ctrl+1",), 1),
    Entry("stain_1", "Hematoxylin alone", "Show only the first stain.", IMAGE, "", ("Ctrl+2",), 1),
    Entry("stain_2", "Eosin or DAB alone", "Show only the second stain.", IMAGE, "", ("Ctrl+3",), 1),
    Entry("stain_3", "DAB alone", "Show only DAB, of three stains.", IMAGE, "", ("Ctrl+4",), 1),
    Entry(
        "auto_contrast",
        "Auto-contrast of all channels",
        "The ranges that show most of each signal.",
        IMAGE,
        "",
        (),
        2,
    ),
    Entry("focus_up", "Focus up", "The next plane.", IMAGE, "", ("Ctrl+Up",), 3),
    Entry("focus_down", "Focus down", "The plane before.", IMAGE, "", ("Ctrl+Down",), 3),
    Entry("pixel_size", "Set pixel size…", "Type it, or draw a known length.", IMAGE, "", (), 4),
    Entry(
        "known_length",
        "Draw a known length…",
        "Drag along a scale bar, and type how long it is.",
        IMAGE,
        "",
        (),
        4,
    ),
    Entry("ruler", "Ruler", "Drag along something to measure it; it is kept.", TOOLS, "ruler", ("L",), 2),
)
