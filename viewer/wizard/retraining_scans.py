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
from ml.report.words import count
from ml.volume.series import Series, find_series
from viewer.wizard.added import Begun, write_lines
from viewer.wizard.mending import next_plan
from viewer.wizard.plan import Plan, write_plan
from viewer.wizard.plan_recipe import LABELS, UID
from viewer.wizard.slice_lines import ORIGIN, learned_before, lines_of_series
from viewer.work.told_series import ToldSeries


def begun_with_scans(
    plan: Plan, before: Path, told: Sequence[ToldSeries], folder: Path, progress: Progress
) -> Begun:
    """Write tables and plan. Raises `Problem`s, among them that nothing follows from what was said."""
    labels = folder / LABELS
    labels.mkdir(parents=True, exist_ok=True)
    names = tuple(plan.data.title_of(one) for one in plan.data.classes)
    said: dict[str, list[list[str]]] = {}  # by folder, which may hold several series
    left_out, learned = 0, learned_before(plan)
    for one in told:
        there = _series_of(one, progress)
        lines, unknown = lines_of_series(there, one, names, learned) if there is not None else ([], 0)
        left_out += unknown
        if lines:
            said.setdefault(str(one.path), []).extend(lines)
    if not said:
        raise _nothing_follows(left_out)
    tables = {path: labels / f"series_{number}.csv" for number, path in enumerate(said, 1)}
    for path, lines in said.items():
        write_lines(tables[path], lines, (UID, *names, *ORIGIN))
    for path, table in plan.data.series.items():  # what the parent was told, and nobody tells anew
        if path not in tables:
            tables[path] = labels / f"series_{len(tables) + 1}.csv"
            shutil.copyfile(table, tables[path])
    series = {path: str(table) for path, table in tables.items()}
    following = next_plan(plan, before).with_data(
        series=series, added=_count(tables.values()), left_out=left_out
    )
    write_plan(replace(following, step=1, done=False), folder)
    return Begun(folder, sum(map(len, said.values())), 0, 0)


def _nothing_follows(left_out: int) -> Problem:
    remedy = "Answer by “Label what is worth it” which classes a slice shows."
    if not left_out:
        return Problem("Nothing that was said of slices can be learned from.", remedy)
    words = f"{count(left_out, 'slice')} with accepted or rejected findings cannot be learned from: of other"
    return Problem(f"{words} classes nobody said whether they are to be seen.", remedy)


def _count(tables: Iterable[Path]) -> int:
    """Lines of all tables together."""
    return sum(len(table.read_text(encoding="utf-8").splitlines()) - 1 for table in tables)


def _series_of(told: ToldSeries, progress: Progress) -> Series | None:
    """The series as it lies there now."""
    if not told.path.is_dir():
        return None
    return next((one for one in find_series(told.path, progress).series if one.key == told.series), None)
