"""The report at once and the report that somebody wrote: over one analysis they say the same."""

from __future__ import annotations

import re

import pytest

from ml.draft.as_pdf import pdf_of
from ml.draft.grid import Grid
from ml.draft.paper import Paper
from ml.draft.slide_evidence import evidence_of_material
from ml.report.figure import crops_in_words, draw_pictures
from ml.report.findings import gather
from ml.report.material import Material
from ml.report.pdf import build_pdf
from tests.ml.draft.conftest import MADE
from tests.ml.draft.test_outputs import NOTICE, flat, pages


@pytest.fixture
def at_once(material: Material) -> list[str]:
    """The pages of the report that nobody edits."""
    content = gather(material, MADE)
    return pages(build_pdf(content, draw_pictures(material), pictures_note=crops_in_words(material)))


@pytest.fixture
def written(paper: Paper) -> list[str]:
    """The pages of the report of the editor, with every kind of section."""
    return pages(pdf_of(paper))


def printed(grid: Grid) -> str:
    """The cells of a table as a page has them."""
    cells = (
        c.shown(cell) for row in grid.rows for c, cell in zip(grid.columns, row, strict=True) if c.on_page
    )
    return " ".join(cells)


def numbers(text: str) -> set[str]:
    """All that is written in figures, without the thin spaces and commas between thousands."""
    return set(re.findall(r"\d+(?:\.\d+)?", text.replace("\u202f", "").replace(",", "")))


def test_the_notice_stands_on_every_page(at_once: list[str], written: list[str]) -> None:
    assert all(NOTICE in page for page in (*at_once, *written))


def test_the_first_sentence_is_the_same(material: Material, at_once: list[str], written: list[str]) -> None:
    headline = flat(gather(material, MADE).headline)
    assert headline
    assert headline in flat("".join(at_once))
    assert headline in flat("".join(written))


@pytest.mark.parametrize("key", ["classes", "boxes", "annotations"])
def test_tables_hold_the_same_numbers(
    material: Material, at_once: list[str], written: list[str], key: str
) -> None:
    """Every number that the editor's table prints stands in the other report, too, digit by digit."""
    grid = evidence_of_material(material).grids[key]
    told = numbers(printed(grid))
    assert told
    assert told <= numbers(" ".join(written))
    assert told <= numbers(" ".join(at_once)), key


def test_where_the_numbers_come_from(material: Material, at_once: list[str], written: list[str]) -> None:
    for title, said in evidence_of_material(material).provenance:
        words = flat(said).replace("見", "□")  # the fonts of the reports do not have it
        assert words in flat("".join(written)), title
        if "SHA-256" in title:
            assert words in flat("".join(at_once)), title
