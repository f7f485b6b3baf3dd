"""Any document, for property tests: every kind of shape, every property, any text."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from ml.annotation.shapes import Annotation, Plane, Ring, Shape
from ml.geometry import Point

hundredths = st.integers(0, 400_000).map(lambda n: n / 100)
anything = st.text(st.characters(), max_size=12)
words = (
    st.text(st.sampled_from("abcÄµ見 &<>\"',;:|\n\t=12.e-"), max_size=9) | anything | st.just("\ud800 half")
)
names = st.text("abcdefghij µ²", min_size=1, max_size=8).map(str.strip).filter(bool)
colors = st.tuples(*[st.integers(0, 255)] * 3)


def star(x: float, y: float, radius: float, count: int) -> Ring:
    """A ring around a place, with two decimals."""
    turns = [2 * math.pi * n / count for n in range(count)]
    radii = [radius if n % 2 else radius * 0.8 for n in range(count)]
    return tuple(
        Point(round(x + r * math.cos(t), 2), round(y + r * math.sin(t), 2))
        for r, t in zip(radii, turns, strict=True)
    )


def part(x: float, y: float, radius: float, count: int, holes: int) -> tuple[Ring, ...]:
    """An outline with so many holes."""
    inner = (
        star(
            x + radius * 0.35 * math.cos(2 * n + 0.3),
            y + radius * 0.35 * math.sin(2 * n + 0.3),
            radius / 9,
            5,
        )
        for n in range(holes)
    )
    return (star(x, y, radius, count), *inner)


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    kind = draw(st.sampled_from(["rectangle", "ellipse", "polygon", "polygon", "line", "points"]))
    x, y, radius = draw(hundredths), draw(hundredths), draw(st.integers(20, 900))
    if kind == "points":
        places = draw(st.lists(st.builds(Point, hundredths, hundredths), min_size=1, max_size=4))
        return Shape.points(places)
    if kind == "line":
        one = st.lists(st.builds(Point, hundredths, hundredths), min_size=2, max_size=4, unique=True)
        return Shape.line(*map(tuple, draw(st.lists(one, min_size=1, max_size=2))))
    if kind == "rectangle":
        right, bottom = round(x + radius, 2), round(y + draw(st.integers(1, 900)), 2)
        return Shape(((Point(x, y), Point(right, y), Point(right, bottom), Point(x, bottom)),), "rectangle")
    if kind == "ellipse":
        turn = draw(st.sampled_from([0.0, 0.0, 0.4]))
        a, b = radius, draw(st.integers(5, 300))
        return Shape.ellipse(
            Point(x, y),
            Point(x + a * math.cos(turn), y + a * math.sin(turn)),
            Point(x - b * math.sin(turn), y + b * math.cos(turn)),
        )
    count, holes = draw(st.integers(5, 12)), draw(st.integers(0, 3))
    parts = [part(x, y, radius, count, holes)]
    if draw(st.booleans()):
        parts.append(part(x + 3 * radius, y, radius / 2, 6, draw(st.integers(0, 1))))
    starts = (0, len(parts[0]))[: len(parts)]
    return Shape(tuple(ring for one in parts for ring in one), "polygon", starts)


annotations = st.builds(
    Annotation,
    shape=shapes(),
    name=words,
    class_name=words | st.sampled_from(["", "Tumor", "Tumor: Positive", "None", "unclassified"]),
    color=st.none() | colors,
    locked=st.booleans(),
    measurements=st.dictionaries(names | words, st.floats() | st.integers(-9, 9).map(float), max_size=2),
    metadata=st.dictionaries(names | words, words, max_size=2),
    id=st.uuids().map(str),
    object_type=st.sampled_from(["annotation", "annotation", "detection", "cell", "tile"]),
    nucleus=st.none() | shapes().filter(lambda shape: shape.is_area),
    plane=st.just(Plane()) | st.builds(Plane, st.integers(-1, 3), st.integers(0, 9), st.integers(0, 9)),
)
plain = st.builds(
    Annotation, shape=shapes(), class_name=st.sampled_from(["", "Tumor", "Stroma"]), id=st.uuids().map(str)
)
documents = st.lists(annotations | plain, max_size=4, unique_by=lambda annotation: annotation.id)
