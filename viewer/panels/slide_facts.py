"""What a slide says about itself, in a pathologist's words."""

from __future__ import annotations

from ml.geometry import Spacing
from ml.report.words import count
from viewer.panels.quantities import extent, magnification, with_unit
from viewer.state.opened_slide import OpenedSlide


def spacing_in_words(spacing: Spacing) -> str:
    """One figure ("0.499 µm/px"), or both axes where they differ."""
    if abs(spacing.x - spacing.y) < 0.0005 * spacing.mean:
        return with_unit(f"{spacing.mean:.3g}", "µm/px")
    return with_unit(f"{spacing.x:.3g} × {spacing.y:.3g}", "µm/px")


def physical_size(opened: OpenedSlide) -> str:
    """Width × height in mm or µm; empty while nobody knows how large a pixel is."""
    if opened.spacing is None:
        return ""
    spacing, size = opened.spacing.spacing, opened.info.size
    return extent(size.width * spacing.x, size.height * spacing.y)


def facts_in_short(opened: OpenedSlide) -> str:
    """One line under a thumbnail."""
    power = opened.info.objective
    parts = [magnification(power)] if power else []
    parts.append(physical_size(opened) or "pixel size unknown")
    return " · ".join(parts)


def facts(opened: OpenedSlide) -> tuple[tuple[str, str], ...]:
    """Name and value, line by line, what matters first."""
    info = opened.info
    levels = ", ".join(f"1:{level.downsample:g}" for level in info.levels[1:])
    known = opened.spacing
    return (
        ("Size", physical_size(opened) or "unknown in mm"),
        ("Pixels", with_unit(f"{info.size.width:,} × {info.size.height:,}", "px")),
        ("Objective", magnification(info.objective) if info.objective else "not stated"),
        ("Pixel size", spacing_in_words(known.spacing) if known else "unknown"),
        ("… according to", known.source if known else "nobody yet"),
        ("Format", info.vendor),
        ("Levels", count(len(info.levels), "level") + (f" ({levels})" if levels else "")),
    )
