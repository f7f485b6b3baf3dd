"""What the pages of a report are put together from: paragraphs, pictures with words under them, tables."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.units import mm
from reportlab.platypus import Image, KeepTogether, Paragraph, Spacer, Table, TableStyle

from ml.report import sheet as s
from ml.report.figure import Picture
from ml.report.font import REGULAR, printable
from ml.report.words import count

TALLEST = 178 * mm
"""Of a picture, so that title, picture and caption stay on one page."""

GUTTER = 6 * mm
"""Between two columns."""

FONT = ("FONT", (0, 0), (-1, -1), REGULAR, 8, 10.5)
"""Of every table: one that says nothing names an unembedded Helvetica."""


def text(value: object, style: Any = s.BODY) -> Paragraph:
    """A paragraph of somebody's words: markup in them is shown, not obeyed; line ends stay."""
    return Paragraph(escape(printable(str(value))[0]).replace("\n", "<br/>"), style)


def figures(pictures: Sequence[Picture], width: float) -> list[Any]:
    """Pictures in their order: wide ones have the width to themselves, of tall ones two share it."""
    story: list[Any] = []
    waiting: list[Picture] = []
    for picture in pictures:
        if picture.half:
            waiting.append(picture)
        if waiting and (not picture.half or len(waiting) == 2):
            story.append(_side_by_side(waiting, width))
            waiting = []
        if not picture.half:
            story.append(KeepTogether(figure(picture, width, TALLEST)))
    return [*story, _side_by_side(waiting, width)] if waiting else story


def figure(picture: Picture, width: float, tallest: float) -> list[Any]:
    """One picture with its title over it and its caption under it."""
    parts = [text(picture.title, s.FIGURE), image(picture, width, tallest)]
    return [*parts, text(picture.caption, s.CAPTION)] if picture.caption else parts


def image(picture: Picture, width: float, tallest: float) -> Image:
    """The picture alone, as large as fits."""
    data = io.BytesIO()
    picture.image.save(data, "JPEG", quality=90, subsampling=0, dpi=(240, 240))
    data.seek(0)
    scale = min(width / picture.image.width, tallest / picture.image.height)
    placed = Image(data, picture.image.width * scale, picture.image.height * scale)
    placed.hAlign = "LEFT"
    return placed


def beside(left: Sequence[Any], right: Sequence[Any], width: float, left_width: float) -> Table:
    """Two columns, top to top; neither is taller than a page."""
    table = Table([[list(left), list(right)]], [left_width + GUTTER, width - left_width - GUTTER])
    table.setStyle(
        [
            FONT,
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (0, -1), GUTTER),
            ("RIGHTPADDING", (1, 0), (1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
        ]
    )
    return table


def _side_by_side(pictures: Sequence[Picture], width: float) -> Table:
    half = (width - GUTTER) / 2
    cells = [figure(picture, half, TALLEST) for picture in pictures]
    return beside(cells[0], cells[1] if len(cells) > 1 else [], width, half)


def run_remarks(
    notes: Sequence[str], width: float, *, complete: bool, first: Sequence[tuple[str, str]] = ()
) -> list[Any]:
    """What is to be known of a run before its figures: that it was stopped, `first`, then its notes."""
    rows = [*first, *(("Note", note) for note in notes)]
    if not complete:
        stopped = "The analysis was stopped before its end. What is reported here is right, but not all."
        rows.insert(0, ("Stopped", stopped))
    return [pairs(rows, width), Spacer(1, 8)] if rows else []


def signature(fingerprint: str) -> list[tuple[str, object]]:
    """The key that signs the record beside the report, as the last of the facts; none without one."""
    if not fingerprint:
        return []
    return [("Signed with the key", f"{fingerprint}. The signature is in record.json, beside this file.")]


def reader_comment(words: str) -> list[Any]:
    """What the reader wrote, and how much of it the fonts do not have; nothing where nothing was written."""
    if not words.strip():
        return []
    parts = [text("Comment", s.SECTION), *(text(line) for line in words.strip().split("\n\n"))]
    missing = printable(words)[1]
    if missing:
        characters = count(missing, "character")
        note = f"{characters} of the comment cannot be shown here and appear as □. "
        note += "report.json holds the words as typed."
        parts.append(text(note, s.SMALL))
    return parts


def facts_about(parts: Mapping[str, object]) -> list[Paragraph]:
    """A paragraph for each, its name in bold; those without words are left out."""
    return [
        Paragraph(f"<b>{about}.</b> {escape(printable(str(words))[0])}", s.BODY)
        for about, words in parts.items()
        if words
    ]


def pairs(rows: Sequence[tuple[str, object]], width: float) -> Table:
    """Facts, one a row: what it is, and what it is here."""
    cells = [[text(label, s.LABEL), text(value, s.CELL)] for label, value in rows]
    table = Table(cells, shares(width, 23, 77), splitInRow=1)
    table.setStyle(
        [
            FONT,
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, s.LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return table


def grid() -> TableStyle:
    """Lines and shades of a table with a head."""
    return TableStyle(
        [
            FONT,
            ("BACKGROUND", (0, 0), (-1, 0), s.SHADE),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, s.INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, s.LINE),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ]
    )


def shares(width: float, *parts: float) -> list[float]:
    """Widths of columns that stand in this relation."""
    return [width * part / sum(parts) for part in parts]
