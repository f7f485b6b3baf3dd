"""What a person types to go somewhere: "×20", "0.5 µm/px", "12000, 8000", "3.2 mm, 1.1 mm ×10"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ml.errors import Problem
from ml.geometry import Point, Spacing
from viewer.canvas.camera import MICRONS_AT_X1, scale_for

EXPECTED = "Type a magnification (×20, 0.5 µm/px, 50 %), a place (12000, 8000 or 3.2 mm, 1.1 mm), or both."

_NUMBER = r"(\d+(?:[.,]\d+)*|\.\d+)"  # which of point and comma means what: see `_number`
_PLAIN = r"(\d+(?:\.\d+)?|\.\d+)"
_UNIT = r"(px|µm|μm|um|mm)?"
_TIMES = re.compile(rf"(?:[×x]\s*{_NUMBER}|{_NUMBER}\s*[×x])(?![\w.])", re.IGNORECASE)
_SPACING = re.compile(rf"{_NUMBER}\s*(?:µm|μm|um)\s*/\s*px", re.IGNORECASE)
_PERCENT = re.compile(rf"{_NUMBER}\s*%")
_APART = re.compile(rf"{_NUMBER}\s*{_UNIT}(?:\s*[;·]\s*|\s*,\s+|\s+){_NUMBER}\s*{_UNIT}", re.IGNORECASE)
_TIGHT = re.compile(rf"{_PLAIN}{_UNIT},{_PLAIN}\s*{_UNIT}", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_UNITS = {"": 0.0, "px": 0.0, "µm": 1.0, "μm": 1.0, "um": 1.0, "mm": 1000.0}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to go: a centre in level-0 px, a scale in widget px per level-0 px, or both."""

    center: Point | None = None
    scale: float | None = None


def destination(text: str, spacing: Spacing | None) -> Destination:
    """What was meant. Raises `Problem` that says what is expected, or that the pixel size is not known."""
    text = re.sub(r"[\u2009\u00a0\u202f]", " ", text)
    scale, rest = _scale(text, spacing)
    rest = rest.strip(" ,;·@\t")
    center = _center(rest, spacing) if rest else None
    if scale is None and center is None:
        raise _meaningless()
    return Destination(center, scale)


def _scale(text: str, spacing: Spacing | None) -> tuple[float | None, str]:
    """A magnification, wherever it stands, and the text without it."""
    for pattern in (_SPACING, _TIMES, _PERCENT):
        found = pattern.search(text)
        if found is None:
            continue
        value = _number(next(group for group in found.groups() if group is not None), grouped=False)
        if value <= 0:
            raise Problem("A magnification is above 0.", EXPECTED)
        rest = text[: found.start()] + " " + text[found.end() :]
        if pattern is _PERCENT:
            return value / 100, rest
        if spacing is None:
            raise _unknown()
        return scale_for(value if pattern is _TIMES else MICRONS_AT_X1 / value, spacing), rest
    return None, text


def _center(text: str, spacing: Spacing | None) -> Point:
    """Two quantities and nothing else; a unit that only one of them has is that of both."""
    found = _TIGHT.fullmatch(text) or _APART.fullmatch(text)
    if found is None:
        raise _meaningless()
    x, x_unit, y, y_unit = found.groups()
    x_unit, y_unit = (unit.lower() for unit in (x_unit or y_unit or "", y_unit or x_unit or ""))
    if spacing is None and (_UNITS[x_unit] or _UNITS[y_unit]):
        raise _unknown()
    um = spacing or Spacing.square(1.0)
    return Point(_pixels(x, x_unit, um.x), _pixels(y, y_unit, um.y))


def _pixels(text: str, unit: str, um_per_px: float) -> float:
    value = _number(text, grouped=unit != "mm")  # no slide is metres wide: 3,250 mm is a decimal comma
    return value * _UNITS[unit] / um_per_px if _UNITS[unit] else value


def _number(text: str, *, grouped: bool) -> float:
    """ "12,000" as the status line writes it where that may be meant, else with a decimal point or comma."""
    if _THOUSANDS.fullmatch(text) and (grouped or "." in text or text.count(",") > 1):
        return float(text.replace(",", ""))
    if sum(map(text.count, ".,")) > 1:
        raise _meaningless()
    return float(text.replace(",", "."))


def _meaningless() -> Problem:
    return Problem("That is neither a magnification nor a place.", EXPECTED)


def _unknown() -> Problem:
    return Problem("The pixel size of this slide is not known.", "Type a percentage, or a place in px.")
