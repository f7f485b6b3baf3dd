"""Annotations and edits for tests: simple ones, and any that there can be."""

from __future__ import annotations

from hypothesis import strategies as st

from ml.annotation.document import Change
from ml.annotation.shapes import Annotation, Plane, Shape
from ml.geometry import Point, Rect


def box(x: float, name: str = "", class_name: str = "") -> Annotation:
    """A rectangle of 10 × 10 px."""
    return Annotation(Shape.rectangle(Rect(x, 0, 10, 10)), name=name, class_name=class_name)


def draw(*annotations: Annotation) -> Change:
    """They come."""
    return Change((), annotations, "Draw rectangle")


_places = st.builds(Point, *[st.floats(-1e8, 1e8, allow_nan=False)] * 2)
_rings = st.lists(_places, min_size=1, max_size=5).map(tuple)
_many_rings = st.lists(_rings, min_size=2, max_size=4).map(tuple)
_shapes = (
    st.builds(
        Shape, st.tuples(_rings), st.sampled_from(["polygon", "rectangle", "ellipse", "points", "line"])
    )
    | st.builds(Shape, _many_rings, st.sampled_from(["polygon", "line"]), st.just((0, 1)))
    | st.builds(Shape.ellipse, _places, _places, _places)
)
_colors = st.tuples(*[st.integers(0, 255)] * 3)
_numbers = st.dictionaries(st.text(max_size=8), st.floats(allow_nan=False), max_size=3)

annotations = st.builds(
    Annotation,
    shape=_shapes,
    name=st.text(max_size=12),
    class_name=st.text(max_size=12),
    color=st.none() | _colors,
    locked=st.booleans(),
    measurements=_numbers,
    metadata=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2),
    id=st.text(max_size=12) | st.uuids().map(str),
    object_type=st.sampled_from(["annotation", "detection", "cell", "tile"]),
    nucleus=st.none() | _shapes,
    plane=st.builds(Plane, *[st.integers(-1, 40)] * 3),
)
"""Any annotation: odd texts (halves of pairs, zero bytes, quotes), holes, several parts, nuclei, planes."""
