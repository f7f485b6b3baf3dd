"""A training of CT slices that goes on from a model: its series, and slices that people labelled since.

Each series that something was said of gets a table of its own, which a recipe names beside the model's data.
Where a slice is among those already, the later word counts.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ml.errors import Problem
from ml.progress import Progress
from ml.volume.series import Series, find_series
from viewer.wizard.added import Begun, write_lines
from viewer.wizard.mending import next_plan
from viewer.wizard.plan import Plan, write_plan
from viewer.wizard.plan_recipe import LABELS, UID
from viewer.work.told_series import ToldSeries

ORIGIN = ("source", "slice", "by", "at", "model", "worth", "run")
"""Columns that say where a label comes from, beside UID and classes."""


def begun_with_scans(
    plan: Plan, before: Path, told: Sequence[ToldSeries], folder: Path, progress: Progress
) -> Begun:
    """Write tables and plan. Raises `Problem`s, among them that nothing follows from what was said."""
    labels = folder / LABELS
    labels.mkdir(parents=True, exist_ok=True)
    names = tuple(plan.data.title_of(one) for one in plan.data.classes)
    said: dict[str, list[list[str]]] = {}  # by folder, which may hold several series
    for one in told:
        if lines := lines_of_series(_series_of(one, progress), one, names):
            said.setdefault(str(one.path), []).extend(lines)
    if not said:
        raise Problem(
            "Nothing that was said of slices can be learned from.",
            "Answer by “Label what is worth it” which classes a slice shows.",
        )
    tables = {path: labels / f"series_{number}.csv" for number, path in enumerate(said, 1)}
    for path, lines in said.items():
        write_lines(tables[path], lines, (UID, *names, *ORIGIN))
    for path, table in plan.data.series.items():  # what the parent was told, and nobody tells anew
        if path not in tables:
            tables[path] = labels / f"series_{len(tables) + 1}.csv"
            shutil.copyfile(table, tables[path])
    series = {path: str(table) for path, table in tables.items()}
    following = next_plan(plan, before).with_data(series=series, added=_count(tables.values()))
    write_plan(replace(following, step=1, done=False), folder)
    return Begun(folder, sum(map(len, said.values())), 0, 0)


def _count(tables: Iterable[Path]) -> int:
    """Lines of all tables together."""
    return sum(len(table.read_text(encoding="utf-8").splitlines()) - 1 for table in tables)


def lines_of_series(series: Series | None, told: ToldSeries, names: Sequence[str]) -> list[list[str]]:
    """UID, a 0 or 1 for each class, and whence it comes; an answer outweighs a verdict on a finding."""
    if series is None:
        return []
    found: dict[str, list[str]] = {}

    def say(number: int, held: Sequence[str], *origin: str) -> None:
        uid = series.slices[number].uid
        source, *rest = origin
        found[uid] = [uid, *("1" if n in held else "0" for n in names), source, str(number + 1), *rest]

    for one in told.decided:
        for number in range(one.first, min(one.last + 1, len(series))):
            say(number, one.held, one.source, one.by, one.at, one.model, "", one.run)
    number_of = {slice_.uid: number for number, slice_ in enumerate(series.slices)}
    for said in told.answered:
        if said.uid in number_of:
            origin = (said.source, said.by, said.at, said.model, said.worth, said.run)
            say(number_of[said.uid], said.held, *origin)
    return list(found.values())


def _series_of(told: ToldSeries, progress: Progress) -> Series | None:
    """The series as it lies there now."""
    if not told.path.is_dir():
        return None
    return next((one for one in find_series(told.path, progress).series if one.key == told.series), None)
