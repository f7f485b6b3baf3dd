"""Numbers that only the window says. The rest is `ml.report.words`, so that window and report agree."""

from __future__ import annotations

from ml.report.words import SPACE, length


def with_unit(number: str, unit: str) -> str:
    """A number and its unit with a narrow space between."""
    return f"{number}{SPACE}{unit}"


def extent(width_um: float, height_um: float) -> str:
    """A width and a height given in µm, in one unit: "2.1 × 1.8 mm", "300 × 240 µm"."""
    if max(width_um, height_um) < 1000:
        return f"{width_um:,.0f} × {length(round(height_um))}"
    digits = 1 if max(width_um, height_um) >= 1950 else 2
    return with_unit(f"{width_um / 1000:,.{digits}f} × {height_um / 1000:,.{digits}f}", "mm")


def time_left(seconds: float | None) -> str:
    """An estimate, no more exact than it can be: "a few seconds left", "20 s left", "1 min left"."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 55:
        return f"{with_unit(str(int(-(-seconds // 5)) * 5), 's')} left"
    if seconds < 3570:
        return f"{with_unit(str(max(1, round(seconds / 60))), 'min')} left"
    hours, minutes = divmod(round(seconds / 900) * 15, 60)
    return with_unit(str(hours), "h") + (f" {with_unit(str(minutes), 'min')}" if minutes else "") + " left"


def magnification(power: float) -> str:
    """A magnification: "×20", "×2.5"."""
    return f"×{power:g}"
