"""Slices of CT that people said something of, as lines of a table: 0 or 1 for each class, and the origin.

An answer of the queue is about all classes. A verdict on a finding is about its class: the others are taken
from verdicts on other findings there, or from the table that the model learned from. Where one is still not
known, nobody said what the slice shows, and it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from ml.train.scan_rows import Labels, names_of, read_labels
from ml.volume.series import Series
from ml.volume.slice import CtSlice
from viewer.wizard.plan import Plan
from viewer.wizard.plan_recipe import recipe_of
from viewer.work.told_series import RunSaid, SliceSaid, ToldSeries

ORIGIN = ("source", "slice", "by", "at", "model", "worth", "run", "as_before")
"""Columns that say where a label comes from, beside UID and classes. `as_before`: classes that the table of
the model had."""

Before = Callable[[CtSlice], Mapping[str, bool]]
"""What the model learned of a slice: by class; empty where it did not learn from it."""


@dataclass
class _Slice:
    """What is known of one slice, and the last word's origin."""

    says: dict[str, bool] = field(default_factory=dict)
    origin: tuple[str, ...] = ()


def lines_of_series(
    series: Series, told: ToldSeries, names: Sequence[str], before: Before = lambda _: {}
) -> tuple[list[list[str]], int]:
    """UID, 0 or 1 for each class, and the origin; and how many slices are left out.

    An answer outweighs a verdict. Of a series whose slices have no UIDs of their own there are none.
    """
    if len({slice_.uid for slice_ in series.slices}) < len(series):
        return [], 0
    found: dict[int, _Slice] = {}
    for one in told.decided:
        for number in range(one.first, min(one.last + 1, len(series))):
            own = found.setdefault(number, _Slice())
            own.says |= one.says
            own.origin = _origin(one, number, "")
    number_of = {slice_.uid: number for number, slice_ in enumerate(series.slices)}
    for said in told.answered:
        if said.uid in number_of:
            number = number_of[said.uid]
            held = {name: name in said.held for name in names}
            found[number] = _Slice(held, _origin(said, number, said.worth))
    lines = [_line(series.slices[number], one, names, before) for number, one in sorted(found.items())]
    return [line for line in lines if line], sum(not line for line in lines)


def _line(slice_: CtSlice, one: _Slice, names: Sequence[str], before: Before) -> list[str]:
    """Empty where a class is not known."""
    missing = [name for name in names if name not in one.says]
    known = before(slice_) if missing else {}
    if not set(missing) <= set(known):
        return []
    says = {name: known[name] for name in missing} | one.says
    return [slice_.uid, *(f"{says[name]:d}" for name in names), *one.origin, ";".join(missing)]


def _origin(one: RunSaid | SliceSaid, number: int, worth: str) -> tuple[str, ...]:
    return one.source, str(number + 1), one.by, one.at, one.model, worth, one.run


def learned_before(plan: Plan) -> Before:
    """What the tables of a training say of a slice; the last one that names it counts. Raises `Problem`."""
    recipe = recipe_of(plan)

    @cache  # read once, and only where a verdict leaves something open
    def tables() -> tuple[tuple[Path, Labels], ...]:
        places = ((Path(scan.path), scan) for scan in recipe.scans)
        return tuple((at, read_labels(at / scan.table, scan, recipe.task)) for at, scan in places)

    def before(slice_: CtSlice) -> Mapping[str, bool]:
        for folder, labels in reversed(tables()):
            name = next((name for name in names_of(slice_, folder) if name in labels), None)
            if name is not None:
                values = labels[name]
                return {kind: bool(values[n]) for n, kind in enumerate(recipe.task.classes)}
        return {}

    return before
