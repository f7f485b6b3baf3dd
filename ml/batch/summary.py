"""What a cohort comes to: a table, and a sheet of small pictures to look through."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ml import paths
from ml.batch.ledger import Row
from ml.errors import Problem
from ml.report.atomic import whole_file
from ml.report.facts import NOTICE
from ml.report.table import write_rows
from ml.report.words import SPACE, count

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

THUMBNAIL = "thumbnail.jpg"
_FIRST = ("name", "state", "seconds", "attempts", "reason")
_ACROSS = 4  # pictures beside each other on paper
_STATES = {"done": "done", "failed": "not done", "waiting": "not yet done", "running": "not yet done"}


def columns_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """Those that every row has, then the figures in the order in which they turn up."""
    return (*_FIRST, *dict.fromkeys(key for row in rows for key in row.figures))


def write_table(rows: Sequence[Row], path: Path) -> None:
    """One row an item, figures by column, empty where an item has none. Raises `Problem`."""
    columns = columns_of(rows)
    write_rows(path, columns, ([_text(value) for value in _values(row, columns)] for row in rows))


def require_parquet() -> None:
    """Raise `Problem` where Parquet cannot be written: to be asked before the work."""
    if find_spec("pyarrow") is None:
        raise Problem(
            "Parquet needs the package pyarrow, which is not installed.", "Type: pip install pyarrow"
        )


def write_parquet(rows: Sequence[Row], path: Path) -> None:
    """The same as a Parquet file: numbers as numbers, what is missing as null. Raises `Problem`."""
    require_parquet()
    import pyarrow
    import pyarrow.parquet

    columns = columns_of(rows)
    table = [dict(zip(columns, _values(row, columns), strict=True)) for row in rows]
    typed = {name: _typed([line[name] for line in table]) for name in columns}
    with whole_file(path) as part:
        pyarrow.parquet.write_table(pyarrow.table(typed), part)


def _values(row: Row, columns: Sequence[str]) -> list[object]:
    return [row.figures.get(name) if name not in _FIRST else getattr(row, name) for name in columns]


def _typed(values: Sequence[object]) -> list[object]:
    """Numbers stay numbers where all are; else everything is text."""
    plain = all(value is None or isinstance(value, int | float) for value in values)
    return list(values) if plain else [None if value is None else str(value) for value in values]


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else str(value)


def write_sheet(rows: Sequence[Row], folder: Path, path: Path, title: str) -> None:
    """One HTML file with a small picture of each item, its first sentence, and a link to its report.

    The pictures are in the file; the reports are beside it in the folder. Raises `Problem`.
    """
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((paths.resources() / "report" / "cohort.html").read_text("utf-8"))
    cards = [
        {
            "name": row.name,
            "state": _STATES[row.state],
            "failed": row.state == "failed",
            "words": _words(row),
            "picture": _inline(folder / row.name / THUMBNAIL),
            "report": f"{row.name}/report.pdf" if (folder / row.name / "report.pdf").is_file() else "",
        }
        for row in rows
    ]
    html = template.render(title=title, cards=cards, counts=counts_in_words(rows), notice=NOTICE)
    with whole_file(path) as part:
        part.write_text(html, encoding="utf-8")


def write_sheet_pdf(rows: Sequence[Row], folder: Path, path: Path, title: str) -> None:
    """The same on paper. Raises `Problem`."""
    from datetime import datetime

    from reportlab.platypus import Paragraph, Table

    from ml.report.sheet import LEAD, TITLE, canvas_dated, sheet

    page = io.BytesIO()
    document = sheet(page, "A4", title, "Contact sheet")
    wide = document.width / _ACROSS
    cells = [_cell(row, folder, wide) for row in rows]
    cells += [[]] * (-len(cells) % _ACROSS)
    grid = [cells[start : start + _ACROSS] for start in range(0, len(cells), _ACROSS)]
    story: list[Flowable] = [Paragraph(_escaped(title), TITLE), Paragraph(counts_in_words(rows), LEAD)]
    if grid:
        story.append(Table(grid, colWidths=[wide] * _ACROSS, style=[("VALIGN", (0, 0), (-1, -1), "TOP")]))
    document.build(story, canvasmaker=canvas_dated(datetime.now().astimezone()))
    with whole_file(path) as part:
        part.write_bytes(page.getvalue())


def _cell(row: Row, folder: Path, wide: float) -> list[Flowable]:
    from reportlab.platypus import Image, Paragraph

    from ml.report.font import printable
    from ml.report.sheet import HEAD, SMALL

    parts: list[Flowable] = []
    picture = folder / row.name / THUMBNAIL
    if picture.is_file():
        parts.append(Image(picture, wide - 12, wide - 12, kind="proportional"))
    parts.append(Paragraph(_escaped(printable(row.name)[0]), HEAD))
    parts.append(Paragraph(_escaped(printable(_words(row))[0]), SMALL))
    return parts


def counts_in_words(rows: Sequence[Row]) -> str:
    """ "58 slides done, 2 not done."""
    done, failed = (sum(row.state == state for row in rows) for state in ("done", "failed"))
    left = len(rows) - done - failed
    told = [f"{count(done, 'item')} done"]
    told += [f"{failed:,} could not be analyzed"] if failed else []
    told += [f"{left:,} not yet done"] if left else []
    return ", ".join(told) + "."


def _words(row: Row) -> str:
    if row.state == "failed":
        return row.reason
    if row.state != "done":
        return "Not yet done."
    return f"{row.figures.get('found', '')} ({row.seconds:.0f}{SPACE}s)"


def _inline(picture: Path) -> str:
    if not picture.is_file():
        return ""
    return f"data:image/jpeg;base64,{base64.b64encode(picture.read_bytes()).decode()}"


def _escaped(text: str) -> str:
    from xml.sax.saxutils import escape

    return escape(text)
