"""CT series of the case library that a model has analyzed; for the library's own thread."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ml.progress import Progress
from ml.volume.series import Series, find_series
from ml.zoo.card_json import card_from_json
from viewer.cases.values import Item
from viewer.state.kept import readable

if TYPE_CHECKING:
    from viewer.cases.library import Library


@dataclass(frozen=True)
class AnalyzedItem:
    """Where a series lies, and what tells it from others there: see `Series.key`."""

    path: Path
    series: str


def analyzed_in(
    library: Library, cases: Iterable[int], sha256: str, but: Collection[str]
) -> tuple[AnalyzedItem, ...]:
    """Series of these cases whose last analysis is by the model with these weights. `but`: keys left out."""
    found = (
        AnalyzedItem(item.path, str(item.facts.get("series", "")))
        for case in cases
        for item in library.items(case)
        if item.kind == "ct" and item.path.is_dir() and _is_by(library, item, sha256)
    )
    return tuple(one for one in found if one.series and one.series not in but)


def series_of(items: Iterable[AnalyzedItem], progress: Progress) -> tuple[tuple[Series, Path], ...]:
    """The series as they lie there now; those that are there no more are left out. Raises `Cancelled`."""
    found = []
    for one in items:
        there = find_series(one.path, progress).series
        found += [(series, one.path) for series in there if series.key == one.series]
    return tuple(found)


def _is_by(library: Library, item: Item, sha256: str) -> bool:
    last = max(library.analyses(item.id), key=lambda row: row.id, default=None)
    if last is None or last.summary.get("model_sha256") != sha256:
        return False
    model = library.state(item.id, "model")
    raw = model.get("card") if isinstance(model, dict) else None
    return readable(raw, partial(card_from_json, fallback_name="")) is not None
