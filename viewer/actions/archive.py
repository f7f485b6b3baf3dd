"""Commands: picture archives, and results as DICOM."""

from __future__ import annotations

from viewer.actions.command import Entry

FILE = "File"

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "archives",
        "Archives (PACS)…",
        "Find studies in a picture archive, fetch series and open them.",
        FILE,
        "",
        ("Ctrl+Shift+P",),
        0,
    ),
    Entry(
        "export_dicom",
        "Export DICOM results…",
        "Masks, maps, a structured report or pictures, into a folder or straight to an archive.",
        FILE,
        "",
        ("Ctrl+Shift+D",),
        2,
        "ct",
    ),
)
