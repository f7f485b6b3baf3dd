"""What a person types to go somewhere: "×20", "0.5 µm/px", "12000, 8000", "3.2 mm, 1.1 mm ×10"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ml.errors import Problem
from ml.geometry import Point, Spacing
from viewer.canvas.camera import MICRONS_AT_X1, scale_for

EXPECTED = "Type a magnification (×20, 0.5 µm/px, 50 %), a place (12000, 8000 or 3.2 mm, 1.1 mm), or both."

_NUMBER = r"(\d+(?:\.\d+)?|\.\d+)"
_UNIT = r"(px|µm|μm|um|mm)?"
_TIMES = re.compile(rf"(?:[×x]\s*{_NUMBER}|{_NUMBER}\s*[×x])(?![\w.])", re.IGNORECASE)
_SPACING = re.compile(rf"{_NUMBER}\s*(?:µm|μm|um)\s*/\s*px", re.IGNORECASE)
_PERCENT = re.compile(rf"{_NUMBER}\s*%")
_PLACE = re.compile(
    rf"{_NUMBER}\s*{_UNIT}\s*[,;·]?\s+{_NUMBER}\s*{_UNIT}|{_NUMBER}{_UNIT}[,;]{_NUMBER}{_UNIT}"
)
_UNITS = {"": 0.0, "px": 0.0, "µm": 1.0, "μm": 1.0, "um": 1.0, "mm": 1000.0}


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to go: a centre in level-0 px, a scale in widget px per level-0 px, or both."""

    center: Point | None = None
    scale: float | None = None


def destination(text: str, spacing: Spacing | None) -> Destination:
    """What was meant. Raises `Problem` that says what is expected, or that the pixel size is not known."""
    rest = text.strip().replace("\u2009", " ").replace("\u00a0", " ")
    rest = re.sub(r"(?<=\d)[,.](?=\d{3}\b)(?=\d{3}[,;\s])", "", rest) if rest.count(",") > 1 else rest
    scale, rest = _scale(rest, spacing)
    center, rest = _center(rest, spacing)
    if (scale is None and center is None) or rest.strip(" ,;·@"):
        raise Problem("That is neither a magnification nor a place.", EXPECTED)
    return Destination(center, scale)


def _scale(text: str, spacing: Spacing | None) -> tuple[float | None, str]:
    for pattern in (_SPACING, _TIMES, _PERCENT):
        found = pattern.search(text)
        if found is None:
            continue
        value = float(next(group for group in found.groups() if group is not None))
        if value <= 0:
            raise Problem("A magnification is above 0.", EXPECTED)
        rest = text[: found.start()] + " " + text[found.end() :]
        if pattern is _PERCENT:
            return value / 100, rest
        if spacing is None:
            raise _unknown()
        return scale_for(value if pattern is _TIMES else MICRONS_AT_X1 / value, spacing), rest
    return None, text


def _center(text: str, spacing: Spacing | None) -> tuple[Point | None, str]:
    found = _PLACE.search(text)
    if found is None:
        return None, text
    groups = found.groups()
    x, x_unit, y, y_unit = groups[:4] if groups[0] is not None else groups[4:]
    units = ((x_unit or y_unit or "").lower(), (y_unit or x_unit or "").lower())
    if spacing is None and any(_UNITS[unit] for unit in units):
        raise _unknown()
    values = [
        float(value) * _UNITS[unit] / um if _UNITS[unit] else float(value)
        for value, unit, um in zip(
            (x, y), units, (spacing.x, spacing.y) if spacing else (1.0, 1.0), strict=True
        )
    ]
    return Point(*values), text[: found.start()] + " " + text[found.end() :]


def _unknown() -> Problem:
    return Problem("The pixel size of this slide is not known.", "Type a percentage, or a place in px.")
