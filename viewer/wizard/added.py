"""Tables of pictures with labels that people gave since, for a training that goes on from a model."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ml.errors import Problem
from ml.report.atomic import whole_file
from viewer.wizard.plan import Plan
from viewer.wizard.plan_recipe import LABELS

SHORT = ("file", "label", "patient", "site")
ADDED_FILE = "added.csv"
"""Every label given since with its whole origin: see `ml.train.corrected.COLUMNS`."""


@dataclass(frozen=True)
class Begun:
    """A training that waits for its wizard."""

    folder: Path
    added: int  # patches, or slices, with a label that people gave since
    made_up: int
    before: int  # pictures of the parent; 0 where they are counted with the data


def lines_in(table: Path) -> list[dict[str, str]]:
    """The lines of a table of the parent. Raises `Problem` where it is gone."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        raise Problem(
            "The pictures that this model learned from are not known any more.",
            "Its training was deleted in part. Begin a new one by Train a model.",
            table=table.name,
        ) from None


def kept_of(table: Path, marks: set[str]) -> list[list[str]]:
    """The parent's pictures. Patches of slides with one of these marks are cut anew."""
    lines = [[line[name] for name in SHORT] for line in lines_in(table)]
    return [
        [str(table.parent / line[0]), *line[1:]]
        for line in lines
        if Path(line[0]).parent.name != LABELS or Path(line[0]).name.split("_")[0] not in marks
    ]


def new_of(table: Path, plan: Plan) -> list[list[str]]:
    """What people said since, with labels as the parent's data have them."""
    return [
        [str(table.parent / line["file"]), label_in(line["label"], plan), line["patient"], line["site"]]
        for line in lines_in(table)
    ]


def label_in(label: str, plan: Plan) -> str:
    """A label of the model as the parent's data have it; several are parted by ";"."""
    label_of = {plan.data.title_of(one): one for one in plan.data.classes}
    return ";".join(label_of.get(one, one) for one in label.split(";")) or plan.negative


def write_lines(table: Path, lines: Iterable[Sequence[str]], head: Sequence[str] = SHORT) -> None:
    """A table, whole or not at all."""
    with whole_file(table) as part, part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(lines)
