"""One text of two people: nothing that either wrote is missing afterwards, and nothing is there twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.cases.comment import both

WORDS = st.lists(st.text("abc", min_size=1, max_size=6), min_size=1, max_size=5, unique=True).map(" ".join)


@pytest.mark.parametrize(
    ("base", "theirs", "mine", "kept"),
    [
        ("", "Dense.", "Loose.", "Dense.\n\nLoose."),
        ("Dense.", "Dense. At the rim.", "Dense. Ask Dr. B.", "Dense. At the rim.\n\nAsk Dr. B."),
        ("Loose.", "Dense.\n\nLoose.", "Loose. And more.", "Dense.\n\nLoose. And more."),
        ("Dense.", "Dense.", "Loose.", "Loose."),
        ("Dense.", "Loose.", "Dense.", "Loose."),
        ("Dense.", "Loose.", "", "Loose."),
        ("Dense.", "", "Dense. Ask Dr. B.", "Dense. Ask Dr. B."),
        ("Dense.", "Loose.", "Loose.", "Loose."),
    ],
)
def test_what_is_kept(base: str, theirs: str, mine: str, kept: str) -> None:
    assert both(base, theirs, mine) == kept


@given(WORDS, WORDS, WORDS)
def test_what_each_added_is_there(base: str, one: str, other: str) -> None:
    kept = both(base, f"{base} {one}", f"{base} {other}")
    assert kept.startswith(base)
    assert one in kept
    assert other in kept


@given(WORDS, WORDS)
def test_what_nobody_else_touched_is_as_i_wrote_it(base: str, mine: str) -> None:
    assert both(base, base, mine) == mine
    assert both(base, mine, base) == mine
