"""Two ways compared on the same patients: the difference of a figure, with an interval of its own.

Two intervals that overlap say little about two ways that answered for the same patients: what is hard for one
is mostly hard for the other. So patients are drawn once and both ways are measured on those drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.evaluate.classification import Interval, drawn_groups

Answers = NDArray[Any]
"""Labels or what was said of them: row n belongs to picture n."""

Figure = Callable[[Answers, Answers], float]
"""Truth and answers to one number."""


@dataclass(frozen=True)
class Difference:
    """A figure of two ways, and how far the other one lies above the first."""

    one: Interval
    other: Interval
    gain: Interval  # other minus one
    patients: int
    less_is_better: bool = False

    @property
    def verdict(self) -> str:
        """What the interval of the gain allows to say: "better", "worse" or "not told apart"."""
        sign = -1 if self.less_is_better else 1
        if min(sign * self.gain.low, sign * self.gain.high) > 0:
            return "better"
        return "worse" if max(sign * self.gain.low, sign * self.gain.high) < 0 else "not told apart"


def difference(
    figure: Figure,
    truth: Answers,
    one: Answers,
    other: Answers,
    groups: Sequence[str],
    *,
    less_is_better: bool = False,
    draws: int = 1000,
    seed: int = 0,
) -> Difference:
    """Paired bootstrap over whole patients (Efron 1979): the same draws for both ways and for the gain.

    The intervals are 95 %. They are of these patients and these two trained networks: that learning again
    with another seed gives another network is not in them.
    """
    pairs = np.array(
        [
            (figure(truth[rows], one[rows]), figure(truth[rows], other[rows]))
            for rows in drawn_groups(groups, draws, seed)
        ]
    )
    whole = figure(truth, one), figure(truth, other)

    def spread(value: float, values: Answers) -> Interval:
        low, high = np.percentile(values, [2.5, 97.5])
        return Interval(value, float(low), float(high))

    return Difference(
        spread(whole[0], pairs[:, 0]),
        spread(whole[1], pairs[:, 1]),
        spread(whole[1] - whole[0], pairs[:, 1] - pairs[:, 0]),
        len(set(groups)),
        less_is_better,
    )
