"""A paper as one HTML file: pictures inside, nothing fetched, no scripts; to be read aloud and printed."""

from __future__ import annotations

import base64
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from ml import paths
from ml.draft.paper import MOST_ROWS, Block, Paper, Plate, Table

_KINDS = {"Heading": "heading", "Words": "words", "Pairs": "pairs", "Table": "table", "Plates": "plates"}


def html_of(paper: Paper) -> str:
    """The whole file. Everything that anybody typed is escaped. Equal papers give equal text."""
    return _layout().render(paper=paper, inline=_inline, kind=_kind, lines=_lines)


@cache
def _layout() -> Template:
    folder = paths.resources() / "report" / "layout"
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("report.html.jinja")


def _kind(block: Block) -> str:
    return _KINDS[type(block).__name__]


def _inline(plate: Plate) -> str:
    """The picture as an address of itself."""
    kind = "png" if plate.suffix == ".png" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(plate.data).decode('ascii')}"


def _lines(table: Table) -> list[list[tuple[str, bool]]]:
    """Rows of cells, each with whether it stands at the right."""
    right = [column.right for column in table.grid.columns if column.on_page]
    return [list(zip(row, right, strict=True)) for row in table.grid.lines(MOST_ROWS)]
