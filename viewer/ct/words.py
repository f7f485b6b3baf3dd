"""Lengths, angles and Hounsfield units as a person reads them."""

from __future__ import annotations

from ml.ct_measure import RoiFacts
from ml.report.words import SPACE, area, number


def length_in_words(mm: float, *, known: bool = True) -> str:
    """ "12.3 mm"; "34.0 px" where nobody knows how large a pixel is."""
    return f"{number(mm, 1)}{SPACE}{'mm' if known else 'px'}"


def angle_in_words(degrees: float) -> str:
    """ "37.5°"."""
    return f"{number(degrees, 1)}°"


def roi_in_words(facts: RoiFacts, unit: str = "HU", *, known: bool = True) -> tuple[str, ...]:
    """Three short lines: mean and SD, least and greatest, area."""
    unit = f"{SPACE}{unit}" if unit else ""
    whole = area(facts.area) if known else f"{number(facts.area, 0)}{SPACE}px²"
    return (
        f"Mean {number(facts.mean, 1)}{unit}, SD {number(facts.sd, 1)}",
        f"Min {number(facts.least, 0)}, max {number(facts.greatest, 0)}{unit}",
        f"Area {whole}",
    )


def value_in_words(value: float, unit: str) -> str:
    """ "43 HU"; with decimals only where the file has some."""
    whole = abs(value - round(value)) < 0.005
    return f"{number(value, 0 if whole else 1)}{SPACE}{unit}".rstrip(SPACE)


def place_in_words(place: tuple[float, float, float]) -> str:
    """ "L 12.3 · P 40.1 · H 18.0 mm": to the patient's left (or right), back (front), head (feet)."""
    parts = []
    for value, (above, below) in zip(place, (("L", "R"), ("P", "A"), ("H", "F")), strict=True):
        parts.append(f"{above if value >= 0 else below}{SPACE}{abs(value):.1f}")
    return f"{' · '.join(parts)}{SPACE}mm"
