"""The report on a model: one HTML file and one PDF with the same content, and nothing to be fetched."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import KeepTogether, Paragraph, Spacer, Table

from ml.report import sheet as s
from ml.report.atomic import whole_file
from ml.report.blocks import FONT, beside, grid, pairs, shares, text
from ml.report.facts import NOTICE
from ml.report.font import BOLD, printable, register_fonts
from ml.report.model_facts import FactTable, ModelReport, Tile, model_report
from ml.report.plot import as_svg, counts_drawn, drawn
from ml.zoo.card import ModelCard

_GOOD, _BAD = "#00734f", "#b24600"
_TILE = ParagraphStyle("tile", s.BODY, fontName=BOLD, fontSize=17, leading=21, spaceAfter=0)
_CONFUSION = "What it said, and what was true"
_CONFUSION_NOTE = "Rows: what is true. Columns: what the model said. On the diagonal it was right."


def write_model_report(
    facts: Mapping[str, Any], card: ModelCard, folder: Path, made: datetime | None = None
) -> None:
    """Write `report.html` and `report.pdf`, each whole or not at all. Raises `Problem` when it cannot.

    `facts` is what a study leaves in `report.json`; `made` the date, now if none is given.
    """
    when = made or datetime.now(UTC)
    report = model_report(facts, card)
    with whole_file(folder / "report.html") as part:
        part.write_text(html_of(report, when), encoding="utf-8")
    with whole_file(folder / "report.pdf") as part:
        part.write_bytes(pdf_of(report, when))


def html_of(report: ModelReport, made: datetime) -> str:
    """One file without scripts, fonts or pictures from elsewhere. Equal arguments give equal text."""
    figures = [_html_figure(plot.title, as_svg(drawn(plot)), plot.caption) for plot in report.plots]
    if report.confusion:
        matrix = as_svg(counts_drawn(report.class_names, report.confusion))
        figures.insert(0, _html_figure(_CONFUSION, matrix, _CONFUSION_NOTE))
    parts = [
        f"<h1>{escape(report.title)} <small>{escape(report.version)}</small></h1>",
        f"<p class=notice>{escape(NOTICE)} Made on {made:%Y-%m-%d}.</p>",
        f"<p>{escape(report.summary)}</p>",
        f"<p class=verdict>{escape(report.verdict)}</p>",
        f"<div class=tiles>{''.join(map(_html_tile, report.tiles))}</div>",
        *(f"<p class=warning>⚠ {escape(words)}</p>" for words in report.warnings),
        f"<div class=figures>{''.join(figures)}</div>",
        *map(_html_table, report.tables),
        "<h2>About the model</h2><dl>",
        *(f"<dt>{escape(label)}</dt><dd>{escape(words)}</dd>" for label, words in report.texts),
        "</dl>",
    ]
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'unsafe-inline'\"><title>{escape(report.title)}: model report</title>"
    )
    top = f'<!DOCTYPE html>\n<html lang="en"><head>{head}<style>{_STYLE}</style></head>'
    return "\n".join([top, "<body>", *parts, "</body></html>\n"])


def pdf_of(report: ModelReport, made: datetime, page: s.Page = "A4") -> bytes:
    """The same on paper. Equal arguments give equal bytes."""
    register_fonts()
    target = io.BytesIO()
    document = s.sheet(target, page, report.title, "Model report")
    width = s.PAGES[page][0] - 2 * s.MARGIN
    story: list[Any] = [
        text(f"{report.title} {report.version}", s.TITLE),
        text(f"Model report. {NOTICE} Made on {made:%Y-%m-%d}. {report.summary}", s.SMALL),
        text(report.verdict, s.LEAD),
        _pdf_tiles(report.tiles, width),
        *(_pdf_warning(words) for words in report.warnings),
        Spacer(1, 6),
        *_pdf_figures(report, width),
        *(_pdf_table(table, width) for table in report.tables),
        text("About the model", s.SECTION),
        pairs(report.texts, width),
    ]
    document.build(story, canvasmaker=s.canvas_dated(made))
    return target.getvalue()


def _html_tile(tile: Tile) -> str:
    kind = {None: "", True: " good", False: " bad"}[tile.good]
    return (
        f"<div class='tile{kind}'><div>{escape(tile.label)}</div><b>{escape(tile.value)}</b>"
        f"<small>{escape(tile.note)}</small></div>"
    )


def _html_figure(title: str, svg: str, caption: str) -> str:
    return f"<figure><h3>{escape(title)}</h3>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def _html_table(table: FactTable) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    note = f"<p class=note>{escape(table.note)}</p>" if table.note else ""
    return f"<h2>{escape(table.title)}</h2><table><tr>{head}</tr>{rows}</table>{note}"


def _pdf_tiles(tiles: tuple[Tile, ...], width: float) -> Any:
    cells = []
    for tile in tiles:
        ink = {None: "#181c22", True: _GOOD, False: _BAD}[tile.good]
        value = f'<font color="{ink}">{escape(printable(tile.value)[0])}</font>'
        cells.append([text(tile.label, s.LABEL), Paragraph(value, _TILE), text(tile.note, s.CAPTION)])
    table = Table([cells], [width / len(tiles)] * len(tiles))
    table.setStyle(
        [
            FONT,
            ("BACKGROUND", (0, 0), (-1, -1), s.SHADE),
            ("LINEAFTER", (0, 0), (-2, -1), 4, colors.white),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
    )
    return table


def _pdf_warning(words: str) -> Any:
    note = f'<font color="{_BAD}"><b>Note.</b></font> {escape(printable(words)[0])}'
    return Paragraph(note, ParagraphStyle("warning", s.BODY, spaceBefore=5))


def _pdf_figures(report: ModelReport, width: float) -> list[Any]:
    half = (width - 17) / 2  # the gutter of two columns
    drawings = [(plot.title, drawn(plot, half, half * 0.72), plot.caption) for plot in report.plots]
    if report.confusion:
        matrix = counts_drawn(report.class_names, report.confusion, half)
        drawings.insert(0, (_CONFUSION, matrix, _CONFUSION_NOTE))
    cells = [[text(title, s.FIGURE), drawing, text(note, s.CAPTION)] for title, drawing, note in drawings]
    return [
        KeepTogether(
            [Spacer(1, 4), beside(cells[n], cells[n + 1] if n + 1 < len(cells) else [], width, half)]
        )
        for n in range(0, len(cells), 2)
    ]


def _pdf_table(table: FactTable, width: float) -> Any:
    columns = len(table.head)
    rows: list[list[Any]] = [[text(name, s.HEAD) for name in table.head]]
    rows += [[text(cell, s.CELL) for cell in row] for row in table.rows]
    made = Table(rows, shares(width, *([1] * columns)), repeatRows=1, style=grid())
    parts = [text(table.title, s.SECTION), made, Spacer(1, 3)]
    return KeepTogether([*parts, text(table.note, s.SMALL)] if table.note else parts)


_STYLE = """
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #181c22; max-width: 62rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { margin: 0 } h1 small { color: #5b6470; font-weight: 400; font-size: 1rem }
h2 { margin: 2rem 0 .5rem; font-size: 1.15rem } h3 { margin: 0 0 .3rem; font-size: .95rem }
.notice, .note, figcaption, .tile small, dt { color: #5b6470; font-size: .85rem }
.verdict { font-size: 1.15rem }
.tiles, .figures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)) }
.figures { grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); margin-top: 1.5rem }
figure { margin: 0 } svg { width: 100%; height: auto }
.tile { background: #f1f3f6; padding: .8rem 1rem; border-left: 4px solid #c9ced6 }
.tile b { display: block; font-size: 1.7rem }
.good { border-color: #00734f } .good b { color: #00734f }
.bad { border-color: #b24600 } .bad b { color: #b24600 }
.warning { border-left: 4px solid #b24600; background: #fdf3ec; padding: .5rem 1rem }
table { border-collapse: collapse; width: 100%; font-size: .88rem }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #c9ced6 }
dl { display: grid; grid-template-columns: 12rem 1fr; gap: .3rem 1rem; font-size: .9rem }
dd { margin: 0; overflow-wrap: anywhere }
@media print { body { margin: 0 } figure, .tile { break-inside: avoid } }
"""
