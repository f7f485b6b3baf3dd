"""From an analysis and what a person decided about it to the facts of a report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np

from ml.annotation.shapes import Annotation, Shape
from ml.geometry import Rect
from ml.report.content import (
    AnnotationFacts,
    BoxFacts,
    ClassFacts,
    LikenessFacts,
    ModelFacts,
    PatchFacts,
    RegionFacts,
    ReportContent,
    RunFacts,
    ShownFacts,
    SlideFacts,
)
from ml.report.material import Material
from ml.report.sentence import finding_in_words
from ml.report.words import file_name, without_folders
from ml.results.analysis import Analysis
from ml.results.boxes import Box
from ml.results.likeness import REMEDY
from ml.zoo.card import ModelCard


def gather(material: Material, reported: datetime | None = None) -> ReportContent:
    """All facts of the report. `reported` (with a time zone) is its date, now when not given."""
    analysis = material.analysis
    return ReportContent(
        reported=(reported or datetime.now().astimezone()).isoformat(timespec="seconds"),
        headline=finding_in_words(material),
        complete=analysis.complete,
        slide=_slide(material),
        region=_region(material),
        patches=_patches(material),
        shown=_shown(material),
        classes=_classes(material),
        boxes=tuple(_box(n, box, material) for n, box in enumerate(material.ordered(), start=1)),
        annotations=tuple(_annotation(n, a, material) for n, a in enumerate(material.drawn, start=1)),
        model=_model(material.card),
        run=_run(analysis),
        notes=tuple(without_folders(note) for note in analysis.notes),
        comment=material.comment,
        likeness=_likeness(analysis),
        slide_answer=analysis.slide_answer,
    )


def _slide(material: Material) -> SlideFacts:
    made, info = material.analysis.provenance, material.slide.info
    size, spacing = made.slide_size, made.spacing.spacing
    return SlideFacts(
        name=file_name(made.slide_name),
        kind=info.vendor,
        sha256=made.slide_sha256,
        width_px=size.width,
        height_px=size.height,
        width_mm=size.width * spacing.x / 1000,
        height_mm=size.height * spacing.y / 1000,
        spacing_x_um=spacing.x,
        spacing_y_um=spacing.y,
        spacing_source=without_folders(made.spacing.source),
        objective=info.objective,
    )


def _region(material: Material) -> RegionFacts:
    bounds, spacing = material.region.bounds, material.spacing
    slide = Rect.of_size(material.analysis.provenance.slide_size)
    on_slide = material.region.polygon.intersection(Shape.rectangle(slide).polygon)
    return RegionFacts(
        whole_slide=material.analysis.region is None,
        x_px=bounds.x,
        y_px=bounds.y,
        width_px=bounds.width,
        height_px=bounds.height,
        x_mm=bounds.x * spacing.x / 1000,
        y_mm=bounds.y * spacing.y / 1000,
        width_mm=bounds.width * spacing.x / 1000,
        height_mm=bounds.height * spacing.y / 1000,
        area_mm2=spacing.area_mm2(float(on_slide.area)),
    )


def _patches(material: Material) -> PatchFacts:
    scores, spacing = material.analysis.scores, material.spacing
    grid, scored = scores.grid, int(scores.scored.sum())
    return PatchFacts(
        in_region=int(grid.inside.sum()),
        planned=grid.count,
        scored=scored,
        skipped_share=grid.skipped_share,
        width_px=grid.patch.width,
        height_px=grid.patch.height,
        width_um=grid.patch.width * spacing.x,
        height_um=grid.patch.height * spacing.y,
        scored_area_mm2=spacing.area_mm2(scored * grid.patch.area),
    )


def _likeness(analysis: Analysis) -> LikenessFacts | None:
    found = analysis.scores.likeness
    if found is None or not found.patches:
        return None
    words = f"{found.in_words()} {REMEDY}" if found.is_warning else found.in_words()
    return LikenessFacts(found.unlike, found.patches, found.share, found.is_warning, words)


def _shown(material: Material) -> ShownFacts:
    layers, cam = material.layers, material.analysis.cam
    return ShownFacts(
        class_name=material.shown_class,
        threshold=layers.threshold,
        colormap=layers.colormap,
        opacity=layers.opacity,
        has_cam=cam is not None,
        cam_class_name="" if cam is None else material.analysis.scores.class_names[cam.class_index],
        counted="most likely" if material.card.output == "softmax" else "at or above the threshold",
    )


def _classes(material: Material) -> tuple[ClassFacts, ...]:
    scores = material.analysis.scores
    values = scores.values[scores.scored].astype(np.float64)  # (scored, classes)
    likeliest = values.argmax(axis=1) if len(values) else np.zeros(0, dtype=np.intp)
    patch_mm2 = material.spacing.area_mm2(scores.grid.patch.area)
    rows = []
    for index, name in enumerate(scores.class_names):
        column = values[:, index]
        counted = likeliest == index
        if material.card.output == "sigmoid":
            counted = column >= material.layers.threshold
        patches = int(counted.sum())
        rows.append(
            ClassFacts(
                name=name,
                color=material.class_color(index),
                mean=float(column.mean()) if len(column) else float("nan"),
                highest=float(column.max()) if len(column) else float("nan"),
                patches=patches,
                share=patches / len(column) if len(column) else float("nan"),
                area_mm2=patches * patch_mm2,
            )
        )
    return tuple(rows)


def _box(number: int, box: Box, material: Material) -> BoxFacts:
    center, spacing = box.rect.center, material.spacing
    return BoxFacts(
        number=number,
        key=box.key,
        class_name=material.analysis.scores.class_names[box.class_index],
        verdict=material.verdict(box),
        score=box.score,
        peak=box.peak,
        patches=box.patches,
        area_mm2=box.area_mm2,
        center_x_mm=center.x * spacing.x / 1000,
        center_y_mm=center.y * spacing.y / 1000,
        x_px=box.rect.x,
        y_px=box.rect.y,
        width_px=box.rect.width,
        height_px=box.rect.height,
        rule=box.rule.in_words(),
    )


def _annotation(number: int, annotation: Annotation, material: Material) -> AnnotationFacts:
    bounds, spacing = annotation.shape.bounds, material.spacing
    return AnnotationFacts(
        number=number,
        name=annotation.name,
        class_name=annotation.class_name,
        area_mm2=spacing.area_mm2(annotation.shape.area),
        center_x_mm=bounds.center.x * spacing.x / 1000,
        center_y_mm=bounds.center.y * spacing.y / 1000,
        x_px=bounds.x,
        y_px=bounds.y,
        width_px=bounds.width,
        height_px=bounds.height,
    )


def _model(card: ModelCard) -> ModelFacts:
    return ModelFacts(
        name=card.name,
        title=card.title,
        version=card.version,
        architecture=card.architecture,
        class_names=card.class_names,
        patch_px=card.patch_pixels,
        spacing_um=card.spacing,
        summary=card.summary,
        intended_use=card.intended_use,
        stain=card.stain,
        training_data=card.training_data,
        labels=card.labels,
        limits=card.limits,
        licence=card.licence,
        metrics={name: plain(value) for name, value in card.metrics.items()},
        whole_picture=card.preparation is not None,
    )


def _run(analysis: Analysis) -> RunFacts:
    made = analysis.provenance
    return RunFacts(
        model_sha256=made.model_sha256,
        device=without_folders(made.device),
        started=made.started,
        seconds=made.seconds,
        parameters={name: plain(value) for name, value in made.parameters.items()},
        versions={name: without_folders(value) for name, value in made.versions.items()},
    )


def plain(value: object) -> object:
    """The value as JSON can hold it, without folder names."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(inner) for inner in value]
    return without_folders(str(value))
