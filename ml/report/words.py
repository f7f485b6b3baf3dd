"""Numbers and facts as a person reads them."""

from __future__ import annotations

import math
import re

SPACE = "\u202f"  # narrow and unbreakable: between a number and its unit

# A path from the root, a drive, a share or the home folder, up to its last part. Folders may have blanks and
# commas in their names ("Doe, Jane (1950)"); what follows a file's ending belongs to the sentence again.
_FOLDERS = re.compile(
    r"""(?<![^\s"'“‘=(\[:,;])(?:[A-Za-z]:[\\/]|\\\\|~?/)"""
    r"""(?:(?:(?!\.\w{1,8}[\s,;:'’)\]])[^"“”\\/\n])+[\\/])+"""
)


def file_name(path: str) -> str:
    """The last part of a path of any system: folders may name a patient."""
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1]


def without_folders(text: str) -> str:
    """The text with every absolute path in it cut to its last part.

    Rather a word too many is cut than a folder's name left: it may be a patient's.
    """
    return _FOLDERS.sub("", text)


def number(value: float, decimals: int = 2) -> str:
    """ "1,234.50"; an en dash where there is no value."""
    return f"{value:,.{decimals}f}" if math.isfinite(value) else "–"


def count(value: int, noun: str, plural: str = "") -> str:
    """ "1 box", "1,204 boxes"."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def percent(share: float) -> str:
    """ "41 %"; below ten with one decimal; "< 0.1 %" where something is left of it."""
    if not math.isfinite(share):
        return "–"
    value = share * 100
    if 0 < value < 0.1:
        return f"<{SPACE}0.1{SPACE}%"
    whole = value == 0 or value >= 9.95
    return f"{value:.0f}{SPACE}%" if whole else f"{value:.1f}{SPACE}%"


def length(um: float) -> str:
    """µm below 1 mm, mm above: "250 µm", "1.25 mm"."""
    if abs(um) < 1000:
        return f"{um:.3g}{SPACE}µm"
    return f"{um / 1000:,.2f}{SPACE}mm"


def round_length(um: float) -> str:
    """A length of the 1-2-5 series without decimals that say nothing: "200 µm", "2 mm"."""
    return f"{um:g}{SPACE}µm" if um < 1000 else f"{um / 1000:g}{SPACE}mm"


def area(mm2: float) -> str:
    """ "0.0123 mm²", "4.21 mm²", "152 mm²": three figures, never fewer than the area deserves."""
    if not math.isfinite(mm2):
        return "–"
    if mm2 == 0:
        return f"0{SPACE}mm²"
    decimals = max(0, 2 - math.floor(math.log10(abs(mm2))))
    return f"{mm2:,.{min(decimals, 8)}f}{SPACE}mm²"


def duration(seconds: float) -> str:
    """ "0.4 s", "42 s", "3 min 5 s", "2 h 10 min"."""
    if seconds < 10:
        return f"{seconds:.1f}{SPACE}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}{SPACE}s"
    if whole < 3600:
        return f"{whole // 60}{SPACE}min {whole % 60}{SPACE}s"
    return f"{whole // 3600}{SPACE}h {whole % 3600 // 60}{SPACE}min"


def between(low: float, high: float) -> str:
    """A duration that is not known well, rounded outwards: "40 to 55 s", "9 to 14 min", "2 to 3.5 h"."""
    step, one, unit = (5, 1, "s") if high < 100 else (60, 60, "min") if high < 6000 else (1800, 3600, "h")
    least, most = (math.floor(low / step) * step / one, math.ceil(high / step) * step / one)
    words = f"{most:g}{SPACE}{unit}"
    return f"{least:g} to {words}" if 0 < least < most else f"up to {words}"
