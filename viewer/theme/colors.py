"""The colours of the window, by what they mean, once for light and once for dark."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QGuiApplication, QPalette


@dataclass(frozen=True, slots=True)
class Colors:
    """Colours as "#rrggbb". Meaning never hangs on a colour alone: a word or an icon goes with it."""

    window: str  # panels, menus, bars
    base: str  # lists and fields
    raised: str  # buttons, cards
    line: str  # borders between areas
    text: str
    quiet: str  # secondary text; still 4.5 : 1 on `window`
    surround: str  # beside the picture: neutral grey, so that colours can be judged
    accent: str  # actions and selection; the only coloured thing in the frame
    on_accent: str
    warning: str  # amber
    warning_back: str
    danger: str  # red: loss or refusal only
    danger_back: str


LIGHT = Colors(
    window="#f3f3f3",
    base="#ffffff",
    raised="#fbfbfb",
    line="#cfcfcf",
    text="#1c1c1c",
    quiet="#5c5c5c",
    surround="#c8c8c8",
    accent="#0b62b8",
    on_accent="#ffffff",
    warning="#8a5a00",
    warning_back="#fff2d6",
    danger="#b3261e",
    danger_back="#fde7e5",
)

DARK = Colors(
    window="#262626",
    base="#1c1c1c",
    raised="#333333",
    line="#454545",
    text="#ececec",
    quiet="#a8a8a8",
    surround="#3c3c3c",
    accent="#62a8f0",
    on_accent="#10202e",
    warning="#f0b64a",
    warning_back="#3d3114",
    danger="#ff8a80",
    danger_back="#45201d",
)


def colors(palette: QPalette | None = None) -> Colors:
    """The colours in force: those of this palette, or of the application."""
    palette = palette or QGuiApplication.palette()
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def palette_of(chosen: Colors) -> QPalette:
    """The same as a palette, so that every widget takes it up without a style sheet."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for name, color in (
        (role.Window, chosen.window),
        (role.WindowText, chosen.text),
        (role.Base, chosen.base),
        (role.AlternateBase, chosen.window),
        (role.Text, chosen.text),
        (role.PlaceholderText, chosen.quiet),
        (role.Button, chosen.raised),
        (role.ButtonText, chosen.text),
        (role.BrightText, chosen.danger),
        (role.ToolTipBase, chosen.raised),
        (role.ToolTipText, chosen.text),
        (role.Highlight, chosen.accent),
        (role.HighlightedText, chosen.on_accent),
        (role.Accent, chosen.accent),
        (role.Link, chosen.accent),
        (role.LinkVisited, chosen.accent),
        (role.Mid, chosen.line),
        (role.Dark, chosen.line),  # both sides of a line between areas, and below tabs
        (role.Light, chosen.raised),
    ):
        palette.setColor(name, QColor(color))
    faded = QColor(chosen.quiet)
    faded.setAlpha(150)
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, name, faded)
    palette.setColor(group.Disabled, role.Highlight, QColor(chosen.line))
    return palette
