"""A table of results: the same rows for a page, a spreadsheet and a CSV file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ml.report.words import number, percent

Cell = str | int | float | None


@dataclass(frozen=True)
class Column:
    """`title` is for people ("Area, mm²"), `key` for programs ("area_mm2"). Numbers stand at the right."""

    title: str
    key: str
    kind: Literal["words", "whole", "decimal", "share"] = "words"
    decimals: int = 2
    weight: float = 1.0  # of its width on a page
    on_page: bool = True

    @property
    def right(self) -> bool:
        """Whether it holds numbers."""
        return self.kind != "words"

    def shown(self, value: Cell) -> str:
        """A cell as a person reads it; an en dash where there is no value."""
        if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
            return "–"
        if self.kind == "share":
            return percent(float(value))
        if self.kind == "decimal":
            return number(float(value), self.decimals)
        return f"{value:,}" if self.kind == "whole" and isinstance(value, int) else str(value)


@dataclass(frozen=True)
class Grid:
    """A table with its head; `key` names its file and its sheet, `note` says how to read it."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = ""  # what to say where it has no rows

    @property
    def head(self) -> tuple[str, ...]:
        """Titles of the columns that stand on a page."""
        return tuple(column.title for column in self.columns if column.on_page)

    def lines(self, most: int | None = None) -> list[list[str]]:
        """The first rows as a page shows them."""
        shown = [place for place, column in enumerate(self.columns) if column.on_page]
        return [[self.columns[c].shown(row[c]) for c in shown] for row in self.rows[:most]]

    def raw(self) -> Sequence[Sequence[Cell]]:
        """All rows for a program: numbers as they are, nothing where there is no value."""
        return [
            [None if isinstance(cell, float) and not math.isfinite(cell) else cell for cell in row]
            for row in self.rows
        ]
