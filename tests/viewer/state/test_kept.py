"""What is kept of slides and series as JSON: read back it is equal, damaged it is passed over."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.ct_measure import RoiFacts
from ml.geometry import Rect, Spacing
from ml.results.boxes import Box, BoxRule
from ml.slide.look import ChannelLook, Look, StainView
from ml.slide.slide import KnownSpacing
from viewer.state.bookmarks import Bookmark
from viewer.state.kept import (
    as_json,
    bookmarks_of,
    box_of,
    look_of,
    measurements_of,
    readable,
    rule_of,
    spacing_of,
)
from viewer.state.measurements import Measurement

number = st.floats(-1e9, 1e9)
share = st.floats(0, 1)
color = st.tuples(*[st.integers(0, 255)] * 3)
place = st.tuples(number, number, number)
stain = st.builds(
    StainView, st.text(), st.lists(st.tuples(st.text(), place), min_size=2, max_size=3).map(tuple)
)
look = st.builds(
    Look,
    st.booleans(),
    st.none() | color,
    number,
    number,
    number,
    st.none() | stain,
    st.lists(st.builds(ChannelLook, color, number, number, st.booleans()), max_size=3).map(tuple),
)
mark = st.builds(Bookmark, st.text(), number, number, st.floats(1e-6, 64), share, st.booleans(), st.text())
rule = st.builds(BoxRule, st.integers(0, 9), share, number, st.integers(0, 9), st.integers(1, 9))
rect = st.builds(Rect, number, number, number, number)
box = st.builds(Box, st.text(), st.integers(0, 9), rect, share, share, st.integers(1, 99), share, rule)
facts = st.builds(RoiFacts, number, number, number, number, st.integers(0, 10**6), number)
line = st.builds(
    Measurement,
    st.just("length"),
    st.tuples(place, place),
    place,
    place,
    st.text(),
    st.none() | st.integers(0, 999),
    number,
    st.none() | facts,
    st.text(),
    st.text(),
)


def through(value: Any) -> Any:
    return json.loads(json.dumps(as_json(value)))


@given(look)
def test_looks_come_back(one: Look) -> None:
    assert look_of(through(one)) == one


@given(st.lists(mark, max_size=4).map(tuple), st.lists(line, max_size=4).map(tuple))
def test_bookmarks_and_measurements_come_back(
    marks: tuple[Bookmark, ...], lines: tuple[Measurement, ...]
) -> None:
    assert bookmarks_of(through(marks)) == marks
    assert measurements_of(through(lines)) == lines


@given(box, rule)
def test_boxes_and_rules_come_back(one: Box, by: BoxRule) -> None:
    assert box_of(through(one)) == one
    assert rule_of(through(by)) == by


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.text())
def test_a_typed_pixel_size_comes_back(x: float, y: float, source: str) -> None:
    known = KnownSpacing(Spacing(x, y), source)
    assert spacing_of(through(known)) == known


@pytest.mark.parametrize("read", [look_of, spacing_of, bookmarks_of, measurements_of, box_of, rule_of])
@given(
    raw=st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_what_cannot_be_read_is_passed_over(read: Any, raw: Any) -> None:
    found = readable(raw, read)
    assert found is None or found == ()
