"""The first page of a report: which slide, what was found, where, by what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether

from ml.report import sheet as s
from ml.report.blocks import GUTTER, beside, figure, pairs, run_remarks, text
from ml.report.content import ReportContent
from ml.report.figure import Picture
from ml.report.words import area, count, number, percent

_LOW = 0.6  # height over width under which the slide's picture stands over the facts, not beside them


def title(content: ReportContent) -> list[Any]:
    """Whose report this is, and when it was made."""
    when = datetime.fromisoformat(content.reported)
    kind = f" · {content.slide.kind}" if content.slide.kind else ""
    made = f"Reported {when:%d %B %Y, %H:%M} (UTC{when:%z})"
    return [
        text("Parfocal — analysis report", s.TITLE),
        text(content.slide.name, s.LEAD),
        text(made + kind, s.SMALL),
    ]


def findings(content: ReportContent, slide: Sequence[Picture], width: float) -> list[Any]:
    """The sentence that matters most, then the facts beside the picture of the slide."""
    story = [text("Findings", s.SECTION), text(content.headline, s.LEAD)]
    likeness = content.likeness
    first = []
    if likeness is not None:
        first = [("Caution" if likeness.warning else "Training data", likeness.in_words)]
    story += run_remarks(content.notes, width, complete=content.complete, first=first)
    facts = _facts(content)
    for picture in slide[:1]:
        if picture.image.height < _LOW * picture.image.width:
            return [*story, KeepTogether(figure(picture, width * 0.7, 70 * mm)), pairs(facts, width)]
        left_width = min(width * 0.36, 92 * mm * picture.image.width / picture.image.height)
        left_width = max(left_width, 30 * mm)
        right = pairs(facts, width - left_width - GUTTER)
        return [*story, beside(figure(picture, left_width, 92 * mm), [right], width, left_width)]
    return [*story, pairs(facts, width)]


def spacing(content: ReportContent) -> str:
    """The size of a pixel, one number where it is square."""
    x, y = content.slide.spacing_x_um, content.slide.spacing_y_um
    return f"{x:.4g} µm/px" if x == y else f"{x:.4g} × {y:.4g} µm/px"


def _facts(content: ReportContent) -> list[tuple[str, str]]:
    slide, model = content.slide, content.model
    objective = f", objective ×{slide.objective:g}" if slide.objective else ""
    says = f": {model.summary}" if model.summary else ""
    return [
        ("Region", f"{_where(content)}. Area {area(content.region.area_mm2)}."),
        _looked_at(content),
        (
            "Slide",
            f"{slide.width_px:,} × {slide.height_px:,} px, {number(slide.width_mm)} × "
            f"{number(slide.height_mm)} mm{objective}",
        ),
        ("Pixel size", f"{spacing(content)}, from: {slide.spacing_source}"),
        ("Model", f"{model.title or model.name} {model.version}{says}"),
    ]


def _looked_at(content: ReportContent) -> tuple[str, str]:
    patches = content.patches
    if content.model.whole_picture:
        return "Looked at", f"As one picture, made {content.model.patch_px} px large for the network."
    return (
        "Patches",
        f"{patches.scored:,} of {count(patches.in_region, 'patch', 'patches')} in the region scored; "
        f"{percent(patches.skipped_share)} skipped as background. One patch is "
        f"{number(patches.width_um, 0)} × {number(patches.height_um, 0)} µm "
        f"({patches.width_px} × {patches.height_px} px).",
    )


def _where(content: ReportContent) -> str:
    region = content.region
    if region.whole_slide:
        return "The whole slide"
    return (
        f"{number(region.width_mm)} × {number(region.height_mm)} mm at "
        f"({number(region.x_mm)}, {number(region.y_mm)}) mm from the slide's top left corner; "
        f"px {region.x_px:.0f}, {region.y_px:.0f}, {region.width_px:.0f} × {region.height_px:.0f}"
    )
