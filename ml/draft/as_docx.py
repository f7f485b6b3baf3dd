"""A paper as a Word document, to be worked on: headings, tables and pictures as Word has them."""

from __future__ import annotations

import io
import re
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from ml.draft.paper import MOST_ROWS, Block, Heading, Pairs, Paper, Plate, Plates, Table, Words

_WIDTH = 174.0  # mm between the margins
_TALLEST = 170.0
_COARSEST = 90 / 25.4  # px a mm
_QUIET = RGBColor(0x5B, 0x64, 0x70)
_INK = RGBColor(0x18, 0x1C, 0x22)
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def docx_of(paper: Paper) -> bytes:
    """The whole file."""
    document = Document()
    _set_page(document, paper)
    if paper.logo is not None:
        document.add_paragraph().alignment = WD_ALIGN_PARAGRAPH.RIGHT
        _picture(document.paragraphs[-1], paper.logo, min(50.0, 16 * paper.logo.width / paper.logo.height))
    if paper.hospital:
        _say(document.add_paragraph(), paper.hospital, quiet=True)
    _say(document.add_heading(level=1), paper.title)
    _say(document.add_paragraph(), paper.reported, quiet=True)
    if paper.head:
        _pairs(document, paper.head)
    if paper.standing:
        _say(document.add_paragraph(), paper.standing, bold=True)
    for block in paper.blocks:
        _block(document, block)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _set_page(document: Any, paper: Paper) -> None:
    """A4, the notice in the foot of every page, and what the file says of itself."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(16), Mm(20)
    foot = section.footer.paragraphs[0]
    _say(foot, f"{paper.notice}    {paper.subject}    ", bold=True)
    _field(foot, "PAGE")
    about = document.core_properties
    about.title, about.author, about.subject = _clean(paper.title), _clean(paper.author), paper.notice
    about.comments, about.language = "", "en"
    about.created = about.modified = paper.made.replace(tzinfo=None)
    for name, size in (("Normal", 9), ("Heading 1", 16), ("Heading 2", 12)):
        font = document.styles[name].font
        font.size, font.name, font.color.rgb = Pt(size), "DejaVu Sans", _INK


def _block(document: Any, block: Block) -> None:
    if isinstance(block, Heading):
        _say(document.add_heading(level=2), block.text)
    elif isinstance(block, Words):
        for part in block.paragraphs:
            _say(document.add_paragraph(), part, quiet=block.quiet)
    elif isinstance(block, Pairs):
        _pairs(document, block.rows)
    elif isinstance(block, Table):
        _table(document, block)
    else:
        _plates(document, block)


def _pairs(document: Any, rows: tuple[tuple[str, str], ...]) -> None:
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    table.autofit = False
    for label, value in rows:
        cells = table.add_row().cells
        for cell, text, width, quiet in ((cells[0], label, 0.25, True), (cells[1], value, 0.75, False)):
            cell.width = Mm(_WIDTH * width)
            _say(cell.paragraphs[0], text, quiet=quiet)
    document.add_paragraph()


def _table(document: Any, block: Table) -> None:
    if block.grid.note:
        _say(document.add_paragraph(), block.grid.note, quiet=True)
    columns = [column for column in block.grid.columns if column.on_page]
    table = document.add_table(rows=1, cols=len(columns), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.LEFT
    for cell, column in zip(table.rows[0].cells, columns, strict=True):
        _say(cell.paragraphs[0], column.title, bold=True)
    repeat = OxmlElement("w:tblHeader")  # the head stands on every page
    table.rows[0]._tr.get_or_add_trPr().append(repeat)
    for line in block.grid.lines(MOST_ROWS):
        for cell, text, column in zip(table.add_row().cells, line, columns, strict=True):
            _say(cell.paragraphs[0], text)
            if column.right:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _say(document.add_paragraph(), block.cut, quiet=True)


def _plates(document: Any, block: Plates) -> None:
    for row in block.rows():
        across = 4 if row[0].small else 2 if row[0].half else 1
        table = document.add_table(rows=1, cols=across)
        for cell, plate in zip(table.rows[0].cells, row, strict=False):
            first = cell.paragraphs[0]
            if plate.title:
                _say(first, plate.title, bold=True)
                first = cell.add_paragraph()
            _picture(first, plate, _WIDTH / across - 5)
            if plate.caption:
                _say(cell.add_paragraph(), plate.caption, quiet=True)


def _picture(paragraph: Any, plate: Plate, width: float) -> None:
    """A picture `width` mm wide at most, with its words for who cannot see it."""
    wide = min(width, plate.width / _COARSEST, _TALLEST * plate.width / plate.height)
    shape = paragraph.add_run().add_picture(io.BytesIO(plate.data), width=Mm(wide))
    shape._inline.docPr.set("descr", _clean(plate.alt))
    shape._inline.docPr.set("title", _clean(plate.title))


def _say(paragraph: Any, text: str, *, quiet: bool = False, bold: bool = False) -> None:
    """Text into a paragraph; line ends in it stay."""
    for number, line in enumerate(_clean(text).split("\n")):
        run = paragraph.add_run()
        if number:
            run.add_break()
        run.add_text(line)
        run.bold = bold or None
        if quiet:
            run.font.size, run.font.color.rgb = Pt(8), _QUIET


def _field(paragraph: Any, code: str) -> None:
    """A field that Word fills in: the number of the page."""
    for kind, text in (("begin", ""), ("", code), ("end", "")):
        run = paragraph.add_run()
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NO_XML.sub("\ufffd", text)
