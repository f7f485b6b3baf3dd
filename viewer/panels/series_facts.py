"""What a series says about itself, in a radiologist's words."""

from __future__ import annotations

from ml.ct_about import patient_in_words, study_in_words
from ml.report.words import SPACE, count
from viewer.state.opened_series import OpenedSeries


def series_in_short(opened: OpenedSeries) -> str:
    """One line under a thumbnail: "108 slices · 1.5 mm"."""
    distance = opened.series.distance
    parts = [count(len(opened.series), "slice")]
    if distance:
        parts.append(f"{distance:.3g}{SPACE}mm")
    return " · ".join(parts)


def facts(opened: OpenedSeries, *, hidden: bool = False) -> tuple[tuple[str, str], ...]:
    """Name and value, line by line, what matters first; what is not known is left out."""
    about, series = opened.about, opened.series
    rows, columns = series.slices[0].size
    thickness = series.slices[0].thickness
    spacing = series.slices[0].spacing
    mm = f"{SPACE}mm"
    pixel = "unknown: lengths are in px" if spacing is None else f"{spacing[1]:.3g} × {spacing[0]:.3g}{mm}"
    found = (
        ("Patient", patient_in_words(about, hidden=hidden)),
        ("Study", study_in_words(about)),
        ("Region", about.body_part.capitalize()),
        ("Slices", series_in_short(opened)),
        ("Thickness", f"{thickness:.3g}{mm}" if thickness else ""),
        ("Pixels", f"{columns} × {rows}"),
        ("Pixel size", pixel),
        ("Kernel", about.kernel),
        ("Scanner", about.manufacturer),
    )
    return tuple((name, value) for name, value in found if value)


def remarks(opened: OpenedSeries) -> tuple[str, ...]:
    """What is odd and should be known, in whole sentences."""
    volume = opened.volume
    found = [*opened.series.remarks, *volume.remarks]
    if not opened.sized:
        found.append("The file does not say how large a pixel is: lengths are in px.")
    elif not opened.known:
        found.append("The file does not say where its slices lie: no letters, no other planes.")
    return tuple(dict.fromkeys(found))
