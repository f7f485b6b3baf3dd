"""The tables of a report for programs: one spreadsheet with a sheet each, or one CSV file each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from ml.draft.grid import Cell, Column, Grid
from ml.draft.paper import Heading, Pairs, Paper

_FORMATS = {"whole": "#,##0", "share": "0.0%"}
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDEST = 60  # characters of a column
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def xlsx_of(paper: Paper) -> bytes:
    """A first sheet with the answers and facts, then one for each table. Texts are texts, never formulas."""
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "Report"
    for row in _facts(paper):
        first.append([_text(cell) for cell in row])
    first.column_dimensions["A"].width, first.column_dimensions["B"].width = 32, 32
    first.column_dimensions["C"].width = 80
    for line in first.iter_rows():
        _as_texts(line)
    for grid in paper.grids:
        _sheet(book, grid)
    book.properties.creator = _text(paper.author) or "Parfocal"
    book.properties.title, book.properties.description = _text(paper.title), paper.notice
    book.properties.created = book.properties.modified = paper.made.replace(tzinfo=None)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def csv_of(grid: Grid) -> str:
    """UTF-8 text with a head of short names; numbers as they are, nothing where there is no value."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([column.key for column in grid.columns])
    writer.writerows([["" if cell is None else _guarded(cell) for cell in row] for row in grid.raw()])
    return target.getvalue()


def _facts(paper: Paper) -> Iterable[tuple[str, str, str]]:
    yield paper.notice, "", ""
    yield "", "Report", paper.title
    yield "", "Reported", paper.reported
    for label, value in paper.head:
        yield "", label, value
    if paper.standing:
        yield "", "Standing", paper.standing
    section = ""
    for block in paper.blocks:
        if isinstance(block, Heading):
            section = block.text
        elif isinstance(block, Pairs):
            for label, value in block.rows:
                yield section, label, value


def _sheet(book: Workbook, grid: Grid) -> None:
    sheet = book.create_sheet(grid.title[:31])
    sheet.append([column.title for column in grid.columns])
    for cell in sheet[1]:
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    for row in grid.raw():
        sheet.append([_text(cell) if isinstance(cell, str) else cell for cell in row])
    for place, column in enumerate(grid.columns, 1):
        letter = get_column_letter(place)
        for cell in sheet[letter][1:]:
            if column.kind == "words":
                _as_texts([cell])
            else:
                cell.number_format = _format(column)
        sheet.column_dimensions[letter].width = _width(column, [row[place - 1] for row in grid.rows[:200]])
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _format(column: Column) -> str:
    return _FORMATS.get(column.kind, f"#,##0.{'0' * column.decimals}" if column.decimals else "#,##0")


def _width(column: Column, cells: list[Cell]) -> float:
    longest = max([len(column.shown(cell)) for cell in cells] + [min(len(column.title), 14)])
    return min(_WIDEST, longest + 3)


def _as_texts(cells: Iterable[object]) -> None:
    """What begins with = is somebody's text, not something to be worked out."""
    for cell in cells:
        if isinstance(getattr(cell, "value", None), str):
            cell.data_type = "s"  # type: ignore[attr-defined]


def _text(text: str) -> str:
    """Without the characters that XML cannot hold; no longer than a cell may be."""
    return _NO_XML.sub("\ufffd", text)[:32_767]


def _guarded(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
