"""When a share of strange patches is worth a warning, and how it is said."""

from __future__ import annotations

import numpy as np
import pytest

from ml.results.likeness import Likeness
from ml.results.scores import likeness_of


@pytest.mark.parametrize(
    ("unlike", "patches", "warns"),
    [
        (0, 0, False),
        (0, 12, False),
        (1, 12, False),
        (2, 12, True),
        (1, 1, True),
        (1, 2, False),
        (10, 100, False),
        (11, 100, True),
    ],
)
def test_more_than_a_tenth_warns_and_one_among_several_does_not(
    unlike: int, patches: int, warns: bool
) -> None:
    assert Likeness(unlike, patches).is_warning is warns


@pytest.mark.parametrize(
    ("unlike", "patches", "says"),
    [(84, 100, "84 %"), (1, 1000, "< 1 %"), (999, 1000, "> 99 %"), (0, 5, "0 %"), (5, 5, "100 %")],
)
def test_shares_are_rounded_but_never_to_all_or_nothing(unlike: int, patches: int, says: str) -> None:
    words = Likeness(unlike, patches).in_words().replace("\u202f", " ")
    assert words == f"{says} of the patches are unlike what this model was trained on."


def test_strangeness_counts_above_one_where_there_is_a_patch() -> None:
    strange = np.array([[np.nan, 0.5, 1.0], [1.01, 7.0, np.nan]], np.float32)
    assert likeness_of(strange) == Likeness(2, 4)
