"""Which lines a table of annotations shows, in which order: found a little at a time; nobody waits."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from ml.annotation.places import Rows
from ml.annotation.shapes import Annotation
from ml.geometry import Spacing
from viewer.panels.annotation_columns import Column

Choosing = Generator[float, None, Rows]
"""Gives every time which share of the work is done, 0 to 1, and at last the rows."""

_AT_ONCE = 500  # annotations that are looked at in one go


def choosing(
    rows: Rows,
    annotations: Sequence[Annotation],
    says: Callable[[Annotation], bool] | None,
    column: Column | None,
    spacing: Spacing | None,
    *,
    falling: bool,
) -> Choosing:
    """Those of `rows` whose annotation `says` what is looked for (None: all), in the order of a column."""
    steps = len(annotations) * ((says is not None) + (column is not None))
    done = 0
    if says is not None:
        kept: list[bool] = []
        for start in range(0, len(annotations), _AT_ONCE):
            kept += map(says, annotations[start : start + _AT_ONCE])
            done += _AT_ONCE
            yield done / steps
        rows = rows[np.array(kept, np.bool_)]
        annotations = [one for one, keep in zip(annotations, kept, strict=True) if keep]
    if column is not None:
        keys: list[float | str] = []
        for start in range(0, len(annotations), _AT_ONCE):
            keys += [column.number(one, spacing) for one in annotations[start : start + _AT_ONCE]]
            done += _AT_ONCE
            yield done / steps
        rows = rows[_order(keys, is_text=column.is_text, falling=falling)]
    return rows


def _order(keys: Sequence[float | str], *, is_text: bool, falling: bool) -> NDArray[np.intp]:
    if is_text:  # few are different, as a rule: they are put in order, and not all
        ranks = {text: float(rank) for rank, text in enumerate(sorted(set(map(str, keys))))}
        keys = [ranks[str(key)] for key in keys]
    numbers = np.array(keys, np.float64)
    return np.argsort(-numbers if falling else numbers, kind="stable")
