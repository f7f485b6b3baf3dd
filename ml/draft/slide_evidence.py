"""What there is to report on a slide: its analysis where there is one, and what was drawn on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ml import __version__
from ml.annotation.shapes import Annotation
from ml.draft.evidence import Evidence, SlideSource
from ml.draft.grid import Column, Grid
from ml.draft.slide_figures import drawn_of_material, drawn_of_slide
from ml.geometry import Spacing
from ml.progress import Progress
from ml.report.content import PatchFacts, ReportContent
from ml.report.figure import Picture
from ml.report.findings import gather
from ml.report.held_out import held_out_in_words
from ml.report.material import Material
from ml.report.words import count, duration, file_name, number, percent, without_folders
from ml.slide.slide import KnownSpacing, Slide

_PLACES = tuple(Column(f"{name}, px", key, "decimal", 0, 0.8) for name, key in (
    ("x", "minx"), ("y", "miny"), ("Width", "width"), ("Height", "height"),
))  # fmt: skip
_MODEL = (
    ("What it says", "summary"),
    ("Meant for", "intended_use"),
    ("Stain", "stain"),
    ("Trained on", "training_data"),
    ("How the labels were made", "labels"),
    ("Limits", "limits"),
    ("Licence", "licence"),
)


def evidence_of_material(material: Material) -> Evidence:
    """Of an analyzed slide."""
    content = gather(material)
    figures = {
        "slide": "The slide",
        "region": "The region",
        "heatmap": f"Heatmap of “{material.shown_class}”",
    }
    if material.analysis.cam is not None:
        figures["gradcam"] = f"Grad-CAM of “{content.shown.cam_class_name}”"
    if material.boxes or material.drawn:
        figures["boxes"] = "Boxes and annotations"
    if any(material.verdict(box) != "rejected" for box in material.boxes):
        figures["top boxes"] = "The first boxes, close"

    def draw(progress: Progress) -> Mapping[str, tuple[Picture, ...]]:
        return drawn_of_material(material, progress)

    return Evidence(
        "slide",
        content.slide.name,
        content.headline,
        SlideSource(material.slide, material.drawn, material),
        _facts(content),
        {g.key: g for g in (_classes(content), _boxes(content), _annotations_of(content))},
        figures,
        draw,
        _mark(material),
        tuple(_provenance(content)),
        tuple(_remarks(content)),
        _about(content),
    )


def evidence_of_slide(
    slide: Slide, annotations: tuple[Annotation, ...] = (), spacing: KnownSpacing | None = None
) -> Evidence:
    """Of a slide that was only looked at and drawn on. Without a `spacing` there are no areas."""
    known = spacing.spacing if spacing is not None else None
    name, size = file_name(str(slide.info.path)), slide.info.size
    figures = {"slide": "The slide"} | ({"boxes": "Annotations"} if annotations else {})
    rows = [("Slide", name), ("Size", f"{size.width:,} × {size.height:,} px"), ("Kind", slide.info.vendor)]
    source = "nobody has said how large a pixel is"
    if spacing is not None:
        source = f"{_spacing(spacing.spacing)}, from: {without_folders(spacing.source)}"
    rows += [("Pixel size", source), ("Version of Parfocal", __version__)]
    drawn = tuple(_drawn(n, a, known) for n, a in enumerate(annotations, 1))

    def draw(progress: Progress) -> Mapping[str, tuple[Picture, ...]]:
        return drawn_of_slide(slide, annotations, known, progress)

    facts = {"name": name, "analyzed": False, "summary": "", "classes": [], "boxes": [], "model": None}
    facts |= {"annotations": [_told(row) for row in drawn], "complete": True, "unlike": ""}
    return Evidence(
        "slide",
        name,
        "",
        SlideSource(slide, annotations, spacing=spacing),
        facts,
        {"annotations": _annotations(drawn)},
        figures,
        draw,
        (str(slide.info.path), annotations, known),
        tuple(rows),
    )


def _mark(material: Material) -> object:
    """What the figures hang on; an analysis does not change once it is done."""
    verdicts = tuple(sorted(material.verdicts.items()))
    return material.analysis, material.layers, material.boxes, verdicts, material.annotations


def _facts(content: ReportContent) -> dict[str, Any]:
    return {
        "name": content.slide.name,
        "analyzed": True,
        "complete": content.complete,
        "summary": content.headline,
        "classes": [asdict(row) for row in content.classes],
        "boxes": [asdict(row) for row in content.boxes],
        "annotations": [asdict(row) for row in content.annotations],
        "model": {"title": content.model.title or content.model.name, "version": content.model.version},
        "threshold": content.shown.threshold,
        "shown_class": content.shown.class_name,
        "area_mm2": content.region.area_mm2,
        "patches": content.patches.scored,
        "unlike": content.likeness.in_words if content.likeness and content.likeness.warning else "",
    }


def _remarks(content: ReportContent) -> list[tuple[str, str]]:
    rows = []
    if not content.complete:
        stopped = "The analysis was stopped before its end. What is reported here is right, but not all."
        rows.append(("Stopped", stopped))
    if content.likeness is not None:
        heading = "Unlike the training data" if content.likeness.warning else "Training data"
        rows.append((heading, content.likeness.in_words))
    return [*rows, *(("Note", note) for note in content.notes)]


def _classes(content: ReportContent) -> Grid:
    counted = "likeliest in" if content.shown.counted == "most likely" else "at or above threshold"
    columns: tuple[Column, ...] = (
        Column("Class", "class", weight=3),
        Column("Mean probability", "mean", "decimal", 3, 1.5),
        Column("Highest", "highest", "decimal", 3, 1.2),
        Column(f"Patches ({counted})", "patches", "whole", weight=1.8),
        Column("Share of scored", "share", "share", weight=1.3),
        Column("Area, mm²", "area_mm2", "decimal", 4, 1.3),
    )
    rows = ((r.name, r.mean, r.highest, r.patches, r.share, r.area_mm2) for r in content.classes)
    if content.model.whole_picture:
        columns = (columns[0], Column("Probability", "mean", "decimal", 3, 1.5))
    return Grid("classes", "Classes", columns, tuple(row[: len(columns)] for row in rows))


def _boxes(content: ReportContent) -> Grid:
    columns = (
        Column("No.", "number", "whole", weight=0.6),
        Column("Class", "class", weight=1.8),
        Column("Verdict", "verdict", weight=1.2),
        Column("Score", "score", "decimal", 2, 0.8),
        Column("Peak", "peak", "decimal", 2, 0.8),
        Column("Patches", "patches", "whole", on_page=False),
        Column("Area, mm²", "area_mm2", "decimal", 4, 1.1),
        Column("Centre x, mm", "center_x_mm", "decimal", 2, 1),
        Column("Centre y, mm", "center_y_mm", "decimal", 2, 1),
        *_PLACES,
        Column("Rule", "rule", on_page=False),
    )
    rows = (
        (
            *(b.number, b.class_name, b.verdict, b.score, b.peak, b.patches, b.area_mm2),
            *(b.center_x_mm, b.center_y_mm, b.x_px, b.y_px, b.width_px, b.height_px, b.rule),
        )
        for b in content.boxes
    )
    counts = ", ".join(f"{content.count(v):,} {v}" for v in ("accepted", "open", "rejected"))
    rules = "; or ".join(dict.fromkeys(box.rule for box in content.boxes))
    total = count(len(content.boxes), "box", "boxes")
    what = "The whole picture is one box" if content.model.whole_picture else "Patches that touch are one box"
    note = f"{total}: {counts}. Rule: {rules}. {what}."
    empty = "No boxes were found, accepted or rejected."
    return Grid("boxes", "Boxes", columns, tuple(rows), note if content.boxes else "", empty)


def _annotations_of(content: ReportContent) -> Grid:
    return _annotations(
        tuple(
            (
                *(f"A{a.number}", a.name, a.class_name, a.area_mm2, a.center_x_mm, a.center_y_mm),
                *(a.x_px, a.y_px, a.width_px, a.height_px),
            )
            for a in content.annotations
        )
    )


def _annotations(rows: tuple[tuple[Any, ...], ...]) -> Grid:
    columns = (
        Column("No.", "number", weight=0.6),
        Column("Name", "name", weight=2),
        Column("Class", "class", weight=1.6),
        Column("Area, mm²", "area_mm2", "decimal", 4, 1.1),
        Column("Centre x, mm", "center_x_mm", "decimal", 2, 1),
        Column("Centre y, mm", "center_y_mm", "decimal", 2, 1),
        *_PLACES,
    )
    note = "Drawn or accepted by the reader." if rows else ""
    return Grid("annotations", "Annotations", columns, rows, note, "Nothing was drawn.")


def _drawn(number_: int, annotation: Annotation, spacing: Spacing | None) -> tuple[Any, ...]:
    box = annotation.shape.bounds
    area = spacing.area_mm2(annotation.shape.area) if spacing is not None else None
    x = box.center.x * spacing.x / 1000 if spacing is not None else None
    y = box.center.y * spacing.y / 1000 if spacing is not None else None
    words = (f"A{number_}", annotation.name, annotation.class_name)
    return (*words, area, x, y, box.x, box.y, box.width, box.height)


def _told(row: tuple[Any, ...]) -> dict[str, Any]:
    return {"number": row[0], "name": row[1], "class_name": row[2], "area_mm2": row[3]}


def _spacing(spacing: Spacing) -> str:
    x, y = spacing.x, spacing.y
    return f"{x:.4g} µm/px" if x == y else f"{x:.4g} × {y:.4g} µm/px"


def _about(content: ReportContent) -> dict[str, str]:
    told = {title: str(getattr(content.model, key)) for title, key in _MODEL}
    told["Limits"] = told["Limits"] or "The card names none. That does not mean that there are none."
    told["Held-out figures"] = held_out_in_words(content.model.metrics)
    return {title: words for title, words in told.items() if words}


def _patches(patches: PatchFacts) -> str:
    return (
        f"{patches.scored:,} of {count(patches.in_region, 'patch', 'patches')} in the region scored, "
        f"{percent(patches.skipped_share)} skipped as background; one is {number(patches.width_um, 0)} × "
        f"{number(patches.height_um, 0)} µm"
    )


def _provenance(content: ReportContent) -> list[tuple[str, str]]:
    run, slide, patches, region = content.run, content.slide, content.patches, content.region
    where = "The whole slide"
    if not region.whole_slide:
        where = (
            f"{number(region.width_mm)} × {number(region.height_mm)} mm at ({number(region.x_mm)}, "
            f"{number(region.y_mm)}) mm from the slide's top left corner; px {region.x_px:.0f}, "
            f"{region.y_px:.0f}, {region.width_px:.0f} × {region.height_px:.0f}"
        )
    shown = content.shown
    return [
        ("Slide", slide.name),
        ("SHA-256 of the slide", slide.sha256),
        ("Size", f"{slide.width_px:,} × {slide.height_px:,} px"),
        (
            "Pixel size",
            f"{_spacing(Spacing(slide.spacing_x_um, slide.spacing_y_um))}, from: {slide.spacing_source}",
        ),
        ("Region", f"{where}. Area {number(region.area_mm2, 4)} mm²"),
        ("Looked at", "As one picture") if content.model.whole_picture else ("Patches", _patches(patches)),
        ("Model", f"{content.model.name} {content.model.version} ({content.model.architecture})"),
        ("SHA-256 of the weights", run.model_sha256),
        ("Device", run.device),
        ("Analysis began", run.started),
        ("It took", duration(run.seconds)),
        (
            "Shown",
            f"class “{shown.class_name}”, threshold {number(shown.threshold)}, colours {shown.colormap}",
        ),
        *((f"Parameter: {name.replace('_', ' ')}", str(value)) for name, value in run.parameters.items()),
        *((f"Version of {name}", value) for name, value in run.versions.items()),
    ]
