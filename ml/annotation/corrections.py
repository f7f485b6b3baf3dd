"""What a person does to a finding of a model is kept beside it, so that training can learn from it later.

An annotation that came from a model says so in its metadata (`Source` is "model"). When it is moved, bent or
given another class it gets `Corrected` "yes", and the model's own shape and class as text; a rejected one
stays, with the verdict. The fields are described in docs/formats.md.
"""

from __future__ import annotations

from collections.abc import Mapping

import shapely

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Color

SOURCE, MODEL = "Source", "model"
CORRECTED = "Corrected"
SHAPE_BEFORE, CLASS_BEFORE = "Model's shape (WKT, px)", "Model's class"
VERDICT = "Verdict"
REJECTED = "Ignore*"
"""QuPath's own class for what is not to be counted."""

REJECTED_COLOR: Color = (180, 180, 180)


def is_of_model(annotation: Annotation) -> bool:
    """Whether a model found it first."""
    return annotation.metadata.get(SOURCE) == MODEL


def is_rejected(annotation: Annotation) -> bool:
    """Whether a person said no to a model's finding."""
    return is_of_model(annotation) and annotation.metadata.get(VERDICT) == "rejected"


def noted(change: Change) -> Change:
    """The edit, with a note on each finding of a model that it changes in shape or class."""
    ours = {one.id: one for one in change.removed if one.metadata.get(SOURCE) == MODEL}
    if not ours:
        return change
    added = tuple(_noted(ours.get(one.id), one) for one in change.added)
    return Change(change.removed, added, change.title)


def rejected(annotation: Annotation) -> Annotation:
    """A model's finding to which a person says no: it stays, grey, as what is not to be counted."""
    said = {**_before(annotation, annotation.metadata), VERDICT: "rejected", CORRECTED: "yes"}
    return annotation.but(class_name=REJECTED, color=REJECTED_COLOR, metadata=said)


def _noted(before: Annotation | None, after: Annotation) -> Annotation:
    if before is None or before.metadata.get(SOURCE) != MODEL:
        return after
    if before.shape == after.shape and before.class_name == after.class_name:
        return after
    if after.metadata.get(VERDICT) == "rejected" and after.class_name != REJECTED:
        said = {**after.metadata, VERDICT: "corrected"}  # it counts again, as something else
    else:
        said = dict(after.metadata)
    return after.but(metadata={**said, **_before(before, said), CORRECTED: "yes"})


def _before(annotation: Annotation, said: Mapping[str, str]) -> dict[str, str]:
    """The model's own shape and class: what was kept first stays."""
    wkt = str(shapely.to_wkt(annotation.shape.geometry, rounding_precision=2))
    return {
        **said,
        SHAPE_BEFORE: said.get(SHAPE_BEFORE, wkt),
        CLASS_BEFORE: said.get(CLASS_BEFORE, annotation.class_name),
    }
