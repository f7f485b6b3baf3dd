"""What tells a slide or a series from everything else, wherever it lies: for work in a background thread."""

from __future__ import annotations

from pathlib import Path

from ml.errors import Problem
from ml.volume.series import Series
from viewer.cases.values import Item


def of_slide(path: Path) -> str:
    """Of the slide behind a path; empty where it cannot be read: then it is known by its path."""
    from viewer.cases.fingerprint import fingerprint

    try:
        return fingerprint(path)
    except Problem:
        return ""


def of_series(series: Series) -> str:
    """Of a CT series, by its slices."""
    from viewer.cases.fingerprint import fingerprint_of

    return fingerprint_of(series)


def is_same(item: Item, path: Path) -> bool:
    """Whether what lies there is the slide of an item, or holds its series.

    Without a fingerprint the name has to do.
    """
    from viewer.cases.fingerprint import same

    if not item.fingerprint:
        return path.name == item.path.name and path.exists()
    if item.kind == "slide":
        return same(path, item.fingerprint)
    try:
        return any(of_series(series) == item.fingerprint for series in _series_in(path))
    except (Problem, OSError):
        return False


def _series_in(path: Path) -> tuple[Series, ...]:
    from ml.progress import Progress
    from ml.volume.series import read_sources
    from ml.volume.sources import sources_of

    return read_sources(sources_of(path, Progress()), Progress()).series
