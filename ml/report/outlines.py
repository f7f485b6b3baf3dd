"""The region, the boxes and what the person drew, as annotations that other programs open."""

from __future__ import annotations

import uuid
from pathlib import Path

from ml.annotation.geojson import write_geojson
from ml.annotation.shapes import Annotation, Shape
from ml.report.atomic import whole_file
from ml.report.material import Material
from ml.report.words import file_name
from ml.results.boxes import Box

REJECTED = "Ignore*"
"""QuPath's own class for what is not to be counted; what the model said stands in the metadata."""


def write_outlines(material: Material, path: Path) -> None:
    """Write `annotations.geojson`. Raises `Problem` when it cannot be written."""
    with whole_file(path) as part:
        write_geojson(outlines(material), part)


def outlines(material: Material) -> tuple[Annotation, ...]:
    """The analyzed region first, then boxes by their number in the report, then the person's annotations.

    Region and boxes have the same ids whenever the same slide, model and patches are reported.
    """
    boxes = (box_outline(n, box, material) for n, box in enumerate(material.ordered(), start=1))
    return (_region(material), *boxes, *material.drawn)


def box_outline(number: int, box: Box, material: Material) -> Annotation:
    """One box with its numbers, its rule, its model and the verdict on it."""
    made = material.analysis.provenance
    verdict = material.verdict(box)
    class_name = material.analysis.scores.class_names[box.class_index]
    rejected = verdict == "rejected"
    return Annotation(
        Shape.rectangle(box.rect),
        name=f"Box {number}",
        class_name=REJECTED if rejected else class_name,
        color=(180, 180, 180) if rejected else material.class_color(box.class_index),
        measurements=box_measurements(box),
        metadata={
            "Class": class_name,
            "Verdict": verdict,
            "Rule": box.rule.in_words(),
            "Model": made.model_name,
            "Model version": made.model_version,
            "Model SHA-256": made.model_sha256,
            "Slide": file_name(made.slide_name),
            "Key": box.key,
        },
        id=_id(material, f"box {box.key}"),
    )


def box_measurements(box: Box) -> dict[str, float]:
    """The numbers of a box as an annotation carries them, whether exported or kept by the person."""
    return {
        "Mean score": box.score,
        "Highest score": box.peak,
        "Patches": float(box.patches),
        "Area mm²": box.area_mm2,
    }


def _region(material: Material) -> Annotation:
    made = material.analysis.provenance
    whole = material.analysis.region is None
    return Annotation(
        material.region,
        name="Analyzed region" + (" (whole slide)" if whole else ""),
        color=(24, 28, 34),
        locked=True,
        measurements={"Scored patches": float(material.analysis.scores.scored.sum())},
        metadata={
            "Model": made.model_name,
            "Model version": made.model_version,
            "Model SHA-256": made.model_sha256,
            "Slide": file_name(made.slide_name),
            "Slide SHA-256": made.slide_sha256,
            "Complete": "yes" if material.analysis.complete else "no, stopped before the end",
            "Notice": "Research use only. Not for diagnosis.",
        },
        id=_id(material, f"region {material.region.rings}"),
    )


def _id(material: Material, what: str) -> str:
    made = material.analysis.provenance
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{made.slide_sha256} {made.model_sha256} {what}"))
