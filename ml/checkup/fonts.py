"""The typefaces of reports and figures."""

from __future__ import annotations

from ml.checkup.finding import Finding
from ml.report.font import BOLD, REGULAR, drawing_font, font_file
from ml.traces import name_of

_SIGNS = "µ²×Ж"  # as reports need them


def fonts() -> Finding:
    """Both are there, and have the signs that reports need."""
    try:
        for name in (REGULAR, BOLD):
            font_file(name).read_bytes()
        for bold in (False, True):
            drawing_font(12, bold).getlength(_SIGNS)
    except OSError as error:
        means = "Reports, figures and legends cannot be written."
        return Finding("Fonts", "bad", f"missing ({name_of(error)})", means, "Install Parfocal anew.")
    return Finding("Fonts", "good", "those of reports and figures are there")
