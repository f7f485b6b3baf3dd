"""What a person changes about a model's finding is kept beside it, and undo takes the note back too."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ml.annotation.corrections import (
    CLASS_BEFORE,
    CORRECTED,
    MODEL,
    REJECTED,
    SHAPE_BEFORE,
    SOURCE,
    is_rejected,
    noted,
    rejected,
)
from ml.annotation.document import AnnotationDocument, Change
from ml.annotation.shapes import Annotation, Shape
from ml.exchange.wkt import shape_of
from ml.geometry import Rect

FOUND = Annotation(
    Shape.rectangle(Rect(10, 20, 30, 40)),
    class_name="Tumor",
    metadata={SOURCE: MODEL, "Verdict": "accepted", "Model": "tiny"},
    id="found",
)
RECTS = st.builds(Rect, *[st.integers(0, 50)] * 2, *[st.integers(1, 50)] * 2)


@given(st.lists(st.one_of(RECTS, st.sampled_from(["Tumor", "Stroma", REJECTED, "reject"])), max_size=6))
def test_the_models_own_shape_and_class_are_kept_through_any_corrections(steps: list[object]) -> None:
    document = AnnotationDocument()
    document.apply(Change((), (FOUND,), "Found"))
    done: list[Change] = []
    touched = False
    for step in steps:
        before = document["found"]
        if step == "reject":
            after = rejected(before)
        elif isinstance(step, Rect):
            after = before.but(shape=Shape.rectangle(step))
        else:
            after = before.but(class_name=step)
        if after == before:
            continue
        touched = touched or (after.shape, after.class_name) != (before.shape, before.class_name)
        done.append(noted(Change((before,), (after,), "Correct")))
        document.apply(done[-1])
    now = document["found"]
    assert (now.metadata.get(CORRECTED) == "yes") == touched
    if touched:
        assert shape_of(now.metadata[SHAPE_BEFORE]).bounds == FOUND.shape.bounds
        assert now.metadata[CLASS_BEFORE] == "Tumor"
        assert now.metadata["Model"] == "tiny"
    assert is_rejected(now) == (now.metadata["Verdict"] == "rejected")
    for change in reversed(done):
        document.apply(change.inverse())
    assert document["found"] == FOUND


def test_a_name_is_no_correction_and_other_annotations_are_none_of_it() -> None:
    renamed = Change((FOUND,), (FOUND.but(name="x"),), "Rename")
    assert noted(renamed) == renamed
    own = Annotation(Shape.rectangle(Rect(0, 0, 5, 5)), class_name="a")
    change = Change((own,), (own.but(class_name="b"),), "Class")
    assert noted(change) is change


def test_a_rejected_one_that_gets_a_class_counts_again() -> None:
    no = rejected(FOUND)
    assert (no.class_name, is_rejected(no)) == (REJECTED, True)
    (yes,) = noted(Change((no,), (no.but(class_name="Stroma"),), "Class")).added
    assert not is_rejected(yes)
    assert yes.metadata[CLASS_BEFORE] == "Tumor"
