"""The typeface of reports and figures: it ships with the program, so µ, ², × and Ж look alike everywhere."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ml import paths

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

REGULAR = "DejaVuSans"
BOLD = "DejaVuSans-Bold"
MISSING = "□"
"""Stands where a character cannot be shown."""


def font_file(name: str) -> Path:
    """Where the font of this name lies."""
    return paths.resources() / "report" / "fonts" / f"{name}.ttf"


def printable(text: str) -> tuple[str, int]:
    """The text as the font can show it, and how many characters had to be replaced by `MISSING`.

    Letters that run from right to left count as missing: nothing here sets them in their order, and a word
    in reverse is worse than a gap. Control and joining characters vanish; line ends stay.
    """
    known = _characters()
    shown: list[str] = []
    missing = 0
    for character in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")):
        if character == "\n":
            shown.append(character)
        elif character == "\t":
            shown.append("    ")
        elif unicodedata.category(character) in {"Cc", "Cf"} or "\ufe00" <= character <= "\ufe0f":
            continue  # a control, a joiner or a variation selector: nothing to see
        elif ord(character) not in known or unicodedata.bidirectional(character) in {"R", "AL"}:
            shown.append(MISSING)
            missing += 1
        else:
            shown.append(character)
    return "".join(shown), missing


def drawing_font(size: int, bold: bool = False) -> FreeTypeFont:
    """The typeface for drawing into a picture, `size` in px."""
    from PIL import ImageFont

    return ImageFont.truetype(str(font_file(BOLD if bold else REGULAR)), size)


def register_fonts() -> None:
    """Make both fonts known to ReportLab under `REGULAR` and `BOLD`. May be called again."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name in (REGULAR, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(font_file(name))))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


@cache
def _characters() -> frozenset[int]:
    """Code points that both the regular and the bold font have."""
    from reportlab.pdfbase import pdfmetrics

    register_fonts()
    sets = [frozenset(pdfmetrics.getFont(name).face.charToGlyph) for name in (REGULAR, BOLD)]
    return sets[0] & sets[1]
