"""The same facts read back out of every output, by readers that share nothing with the writers."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes

import docx
import openpyxl
import pikepdf
import pypdfium2
import pytest

from ml.draft.as_docx import docx_of
from ml.draft.as_html import html_of
from ml.draft.as_pdf import pdf_of
from ml.draft.as_sheets import csv_of, xlsx_of
from ml.draft.grid import Grid
from ml.draft.paper import MOST_ROWS, Paper, Plates, Table
from tests.ml.draft.conftest import ODD

NOTICE = "Research use only. Not for diagnosis."
GOLDEN = (
    *("A report of <everything>", "Hospital & Sons", "Dr. Ünal", "H 26/17 <A>"),
    *("12.5\u202fmm", "G2 & more", "necrosis; <crush>", "3 February 2026"),
    *("Second line.", "Second paragraph.", "Extent 12.5\u202fmm; 3 classes."),
    *("Snapshot <1>", "Seen at ×20.", "some, “few”", "Only a test.", "kappa 0.81", "Necrosis"),
)


def flat(text: str) -> str:
    """Without line ends and the spaces at them, which pages set as they like."""
    return "".join(text.split())


def pages(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        texts = []
        for page in document:
            text_page = page.get_textpage()
            texts.append(text_page.get_text_bounded())
            text_page.close()
            page.close()
        return texts
    finally:
        document.close()


def test_pdf_holds_the_facts(paper: Paper) -> None:
    texts = pages(pdf_of(paper))
    assert len(texts) >= 3
    assert all(NOTICE in text and "Straße" in text for text in texts)
    assert all(f"Page {n} of {len(texts)}" in text for n, text in enumerate(texts, 1))
    whole = flat("".join(texts))
    for fact in (*GOLDEN, ODD.replace("見", "□")):
        assert flat(fact) in whole, fact


def test_pdf_is_tagged_and_made_to_be_kept(paper: Paper) -> None:
    with pikepdf.open(io.BytesIO(pdf_of(paper))) as pdf:
        root = pdf.Root
        assert root.MarkInfo.Marked
        assert str(root.Lang) == "en"
        assert root.ViewerPreferences.DisplayDocTitle
        assert root.OutputIntents[0].S == "/GTS_PDFA1"
        with pdf.open_metadata() as told:
            assert (told["pdfaid:part"], told["pdfaid:conformance"]) == ("2", "A")
            assert told["pdfuaid:part"] == "1"
            assert told["dc:title"] == paper.title
            assert told["xmp:CreateDate"].startswith("2026-03-01T10:30:00")
        tags = [str(tag.S) for tag in elements(root.StructTreeRoot.K)]
        assert tags.count("/H1") == 1
        assert tags.count("/H2") == sum(type(block).__name__ == "Heading" for block in paper.blocks)
        assert tags.count("/TH") >= sum(len(grid.head) for grid in paper.grids)
        figures = [tag for tag in elements(root.StructTreeRoot.K) if tag.S == "/Figure"]
        plates = [p for block in paper.blocks if isinstance(block, Plates) for p in block.plates]
        assert len(figures) >= len(plates) > 6
        alts = " ".join(str(tag.get("/Alt", "")) for tag in figures)
        assert all(flat(plate.title) in flat(alts) for plate in plates)
        for page in pdf.pages:
            for font in page.Resources.Font.values():
                described = font.DescendantFonts[0].FontDescriptor if "/DescendantFonts" in font else None
                assert described is not None
                assert any(key in described for key in ("/FontFile2", "/FontFile3"))
                assert "DejaVuSans" in str(font.BaseFont)
        assert not any("/JavaScript" in str(name) or "/EmbeddedFiles" in str(name) for name in root)


def elements(node: object) -> list[pikepdf.Dictionary]:
    """All structure elements under a node, in the order of reading."""
    found = []
    if isinstance(node, pikepdf.Array):
        for child in node:
            found += elements(child)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        found.append(node)
        if "/K" in node:
            found += elements(node.K)
    return found


def test_equal_papers_give_equal_files(paper: Paper) -> None:
    assert pdf_of(paper) == pdf_of(paper)
    assert html_of(paper) == html_of(paper)


def test_letter_paper(paper: Paper) -> None:
    with pikepdf.open(io.BytesIO(pdf_of(paper, "us-letter"))) as pdf:
        assert [float(x) for x in pdf.pages[0].MediaBox[2:]] == [612, 792]


class Read(HTMLParser):
    """What an HTML file says, and of what it is made."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._quiet += tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.text.append(data)


def test_html_holds_the_facts_and_fetches_nothing(paper: Paper) -> None:
    page = Read()
    page.feed(html_of(paper))
    said = flat("".join(page.text))
    for fact in (*GOLDEN, ODD, NOTICE):
        assert flat(fact) in said, fact
    names = [tag for tag, _ in page.tags]
    assert not {"script", "link", "iframe", "object", "form"} & set(names)
    assert "b" not in names, "what was typed is text"
    assert names.count("h1") == 1
    assert names.count("main") == 1
    pictures = [about for tag, about in page.tags if tag == "img"]
    assert len(pictures) > 7
    for about in pictures:
        assert about["alt"]
        assert str(about["src"]).startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
    links = [value for _, about in page.tags for key, value in about.items() if key in {"src", "href"}]
    assert len(links) == len(pictures)
    assert ("html", {"lang": "en"}) in page.tags
    heads = [about for tag, about in page.tags if tag == "th"]
    assert all(about.get("scope") in {"row", "col"} for about in heads)
    assert b"PNG" in unquote_to_bytes(str(pictures[0]["src"])) or "iVBOR" in str(pictures[0]["src"])


def test_docx_holds_the_facts(paper: Paper) -> None:
    document = docx.Document(io.BytesIO(docx_of(paper)))
    said = [p.text for p in document.paragraphs]
    for table in document.tables:
        said += [cell.text for row in table.rows for cell in row.cells]
    whole = flat("".join(said))
    for fact in (*GOLDEN, ODD):
        assert flat(fact) in whole, fact
    assert NOTICE in document.sections[0].footer.paragraphs[0].text
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 2"]
    assert headings[:3] == ["Comment", "Synopsis", "Analysis"]
    assert document.core_properties.author == "Dr. Ünal"
    described = [e.get("descr") for e in document.element.body.iter() if e.tag.endswith("}docPr")]
    assert len(described) > 7
    assert all(described)


def test_sheets_hold_the_numbers(paper: Paper) -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(paper)))
    assert book.sheetnames == ["Report", "Classes", "Boxes", "Annotations"]
    first = [[str(cell or "") for cell in row] for row in book["Report"].values]
    assert first[0][0] == NOTICE
    assert ["Synopsis", "Largest extent", "12.5\u202fmm"] in first
    for grid in paper.grids:
        head, *rows = book[grid.title].values
        assert head == tuple(column.title for column in grid.columns)
        for line, wanted in zip(rows, grid.raw(), strict=True):
            assert line == tuple(pytest.approx(c, rel=1e-14) if isinstance(c, float) else c for c in wanted)
        head, *lines = csv.reader(io.StringIO(csv_of(grid)))
        assert head == [column.key for column in grid.columns]
        for line, row in zip(lines, grid.rows, strict=True):
            assert line == ["" if cell is None else str(cell) for cell in row]


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_what_was_typed_is_never_worked_out(paper: Paper, evil: str) -> None:
    grid = next(grid for grid in paper.grids if grid.key == "annotations")
    row = (*grid.rows[0][:1], evil, *grid.rows[0][2:])
    grid = Grid(grid.key, grid.title, grid.columns, (row,))
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(replace(paper, blocks=(Table(grid),)))))
    cell = book["Annotations"]["B2"]
    assert (cell.value, cell.data_type) == (evil, "s")
    assert next(csv.reader(io.StringIO(csv_of(grid).split("\n", 1)[1])))[1] == f"'{evil}"


def test_long_tables_are_cut_on_pages_only(paper: Paper) -> None:
    grid = next(grid for grid in paper.grids if grid.key == "boxes")
    many = Grid(grid.key, grid.title, grid.columns, grid.rows[:1] * (MOST_ROWS + 5))
    long = replace(paper, blocks=(Table(many),))
    assert f"The first {MOST_ROWS:,} of {MOST_ROWS + 5:,} rows" in " ".join(
        "".join(pages(pdf_of(long))).split()
    )
    assert csv_of(many).count("\n") == MOST_ROWS + 6
    book = openpyxl.load_workbook(io.BytesIO(xlsx_of(long)), read_only=True)
    assert sum(1 for _ in book["Boxes"].values) == MOST_ROWS + 6
    book.close()


def test_odd_characters_break_nothing(paper: Paper) -> None:
    odd = "a\x00b\x07c\u202e\ufffe 😀 עברית \u2028"
    strange = replace(paper, title=odd, subject=odd, hospital=odd, author=odd, head=((odd, odd),))
    assert pages(pdf_of(strange))
    assert docx.Document(io.BytesIO(docx_of(strange))).paragraphs
    assert openpyxl.load_workbook(io.BytesIO(xlsx_of(strange))).sheetnames
    assert "😀" in html_of(strange)


def test_nothing_but_the_head_is_a_report_too(paper: Paper, tmp_path: Path) -> None:
    empty = replace(paper, blocks=(), head=(), logo=None, hospital="", author="")
    (text,) = pages(pdf_of(empty))
    assert NOTICE in text
    assert docx_of(empty)
    assert html_of(empty)
    assert openpyxl.load_workbook(io.BytesIO(xlsx_of(empty))).sheetnames == ["Report"]
