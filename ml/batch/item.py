"""What a cohort consists of, and what is wanted of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["slide", "ct"]


@dataclass(frozen=True, slots=True)
class Item:
    """One slide, or one CT series. `name` is that of its folder among the results: unlike any other's."""

    kind: Kind
    path: Path  # absolute; the folder, zip or file that was given, for a series
    name: str
    series: str = ""  # key of the series, where `path` holds several
    spacing: float | None = None  # µm per px, where the file does not say
    region: str = ""  # "x,y,width,height" in level-0 px; empty: all
    outline: Path | None = None  # GeoJSON with the one outline to look at, instead of a rectangle

    @property
    def id(self) -> str:
        """What tells it from all others of a cohort: where it lies, and which part of it is meant."""
        told = (self.kind, self.path, self.series, self.region, self.outline)
        return hashlib.sha256(repr(tuple(map(str, told))).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is done with every item. Meanings and defaults are those of `AnalyzeRequest`."""

    model: str
    device: str = "auto"
    batch: int | None = None
    cam: Literal["none", "found", "all"] = "found"
    threshold: float | None = None  # None: the model's own
    least_tissue: float = 0.1
    comment: str = ""

    def parameters(self, item: Item) -> str:
        """All that decides the numbers, beside the pixels and the model, as canonical JSON.

        Device and batch are not in it: they change the numbers by rounding only.
        """
        told = {
            "cam": self.cam,
            "threshold": self.threshold,
            "least_tissue": self.least_tissue,
            "comment": self.comment,
            "spacing": item.spacing,
            "region": item.region,
            "outline": item.outline.read_text(encoding="utf-8") if item.outline else None,
            "series": item.series,
        }
        return json.dumps(told, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Task:
    """One item with what is wanted of it, and the folder of its results."""

    item: Item
    wanted: Wanted
    folder: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task. `figures` are numbers and words for the table, by their column."""

    state: Literal["done", "failed", "stopped"]
    seconds: float = 0.0
    sha256: str = ""  # of the files that were looked at
    figures: dict[str, object] = field(default_factory=dict)
    reason: str = ""  # why it failed, in words
    details: str = ""  # for whoever mends it

    def facts(self) -> dict[str, object]:
        """All of it, for JSON."""
        return asdict(self)
