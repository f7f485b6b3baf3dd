"""Any document through any format: what comes back is the same, but for what is said to be lost."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.annotation.feature import class_color
from ml.annotation.shapes import Annotation
from ml.exchange.contract import About, Document
from ml.exchange.formats import FORMATS, format_of, read, write
from ml.geometry import Size, Spacing
from tests.ml.exchange.drawn import annotations, documents

# Which words in a sentence say that a field is not, or not exactly, what it was.
SAID = {
    "name": ("no names", "at the end of a name", "XML cannot hold", "question marks"),
    "class_name": ("XML cannot hold", "question marks", "means no class", "short texts", "“None (class)”"),
    "color": ("no colours", "all have a colour", "short texts"),
    "locked": ("no locks",),
    "measurements": ("no measurements", "no number", "numbers that are", "seven digits", "too large",
                     "short texts", "question marks", "XML cannot hold", "no name", "looks like a number",
                     "of the same name", "infinite"),
    "metadata": ("no texts", "empty", "XML cannot hold", "question marks", "looks like a number",
                 "of the same name", "short texts", "no name"),
    "object_type": ("no kinds of objects",),
    "plane": ("no planes",),
    "id": ("no identifiers", "identifier was replaced", "question marks"),
}  # fmt: skip
SHAPES_SAID = (
    "became several",
    "they became outlines",
    "it became an outline",
    "left out, as",
    "no lines",
    "no points",
)
MOVED = {"geojson": 0.0051, "dicom-ann": 2e-4, "dicom-sr": 0.03}
ORDER = "their order is another"
FAST = [one.id for one in FORMATS if not one.id.startswith("dicom")]


def said(lost: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return any(word in sentence for sentence in lost for word in words)


def same_shape(before: Annotation, after: Annotation, moved: float) -> bool:
    one, other = (shapely.normalize(a.shape.geometry) for a in (before, after))
    if before.shape.kind != after.shape.kind:
        return False
    if before.shape.kind == "ellipse":
        return bool(
            shapely.hausdorff_distance(one, other) <= 2 * moved + 1e-6
        )  # the ring may begin at another end
    if moved and before.shape.is_area:  # where places moved a little, rings may be sorted otherwise
        edges = shapely.hausdorff_distance(one.boundary, other.boundary)
        return bool(edges <= 2 * moved and one.symmetric_difference(other).area <= 2 * moved * one.length)
    return bool(one.equals_exact(other, moved))


def check(
    before: list[Annotation], after: tuple[Annotation, ...], lost: tuple[str, ...], moved: float
) -> None:
    if not said(lost, SHAPES_SAID):
        assert len(after) == len(before)
    areas = [sum(a.shape.area for a in document) for document in (before, after)]
    assert areas[0] == pytest.approx(areas[1], abs=moved * 1e5 + 1e-4, rel=1e-3 if moved else 1e-6)
    if len(after) != len(before) or said(lost, (ORDER,)):
        return
    for one, other in zip(before, after, strict=True):
        if not said(lost, SHAPES_SAID):
            assert same_shape(one, other, moved), lost
        if not said(lost, ("no nuclei",)):
            assert (one.nucleus is None) == (other.nucleus is None)
        for field, words in SAID.items():
            if not said(lost, words):
                check_field(field, one, other)


def check_field(field: str, before: Annotation, after: Annotation) -> None:
    one, other = getattr(before, field), getattr(after, field)
    if field == "color" and one is None:
        # a class without a colour gets one that is shown
        assert other in {None, class_color(before.class_name), CLASSES.get(before.class_name)}
    elif field == "measurements":
        assert one.keys() == other.keys()
        assert all(math.isnan(other[k]) if math.isnan(v) else other[k] == v for k, v in one.items())
    else:
        assert other == one, field


CLASSES = {"Tumor": (200, 0, 0), "Stroma": (0, 150, 80)}
ABOUT = About("slide.svs", Size(200_000, 200_000), Spacing(0.25, 0.25))


@pytest.mark.parametrize("format_id", FAST)
@given(drawn=documents)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_any_document(
    format_id: str, drawn: list[Annotation], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"any-{format_id}"
    written = write(path, Document(drawn, CLASSES, ABOUT), format_id)
    assert format_of(path).id == format_id
    found = read(path, ABOUT)
    check(drawn, found.annotations, (*written.lost, *found.left_out), MOVED.get(format_id, 0.0))
    assert all(a.shape.geometry.is_valid for a in found.annotations if a.shape.is_area)


@pytest.mark.data
@pytest.mark.parametrize("format_id", ["dicom-ann", "dicom-sr"])
@given(drawn=st.lists(annotations, min_size=1, max_size=4, unique_by=lambda annotation: annotation.id))
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
def test_any_document_on_a_dicom_slide(
    format_id: str, drawn: list[Annotation], real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    slide = real_data / "slides" / "carotid_half_dicom" / "level0.dcm"
    about = About(dicom=slide)
    path = tmp_path_factory.getbasetemp() / f"any-{format_id}.dcm"
    written = write(path, Document(drawn, CLASSES, about), format_id)
    assert format_of(path).id == format_id
    found = read(path, about)
    check(drawn, found.annotations, (*written.lost, *found.left_out), MOVED[format_id])
