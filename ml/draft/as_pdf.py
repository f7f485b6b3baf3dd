"""A paper as PDF: tagged (PDF/UA-1) and made to be kept (PDF/A-2a), set by Typst in the program's fonts."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst

from ml import paths
from ml.draft.paper import MOST_ROWS, Block, Heading, Pairs, Paper, Plate, Plates, Table, Words
from ml.errors import Problem
from ml.report.font import printable

Page = Literal["a4", "us-letter"]
STANDARDS: Any = ["a-2a", "ua-1"]
_FOOT = 48  # characters of a name in the foot of every page
_TALLEST, _WIDTH = 178.0, 174.0  # mm: a picture leaves room for its words; width between the margins
_COARSEST = 90 / 25.4  # px a mm: a small picture is not blown up beyond it


def pdf_of(paper: Paper, page: Page = "a4") -> bytes:
    """The whole file. Equal papers give equal bytes. Raises `Problem` where no folder can be written to."""
    layout = (paths.resources() / "report" / "layout" / "report.typ").read_text(encoding="utf-8")
    try:
        with tempfile.TemporaryDirectory(prefix="parfocal-") as name:
            folder = Path(name)
            (folder / "report.typ").write_text(layout, encoding="utf-8")
            told = json.dumps(_told(paper, page, folder), ensure_ascii=False)
            (folder / "data.json").write_text(told, encoding="utf-8")
            compiler = typst.Compiler(folder / "report.typ", root=folder, font_paths=_fonts())
            made = compiler.compile(
                format="pdf", pdf_standards=STANDARDS, timestamp=int(paper.made.timestamp())
            )
    except OSError as error:
        raise Problem(
            "The report cannot be set: no room for its pictures.",
            "Make room on the disk.",
            reason=error.strerror,
        ) from error
    assert isinstance(made, bytes)
    return made


@cache
def _fonts() -> typst.Fonts:
    """Those that ship with the program, and no others: a report looks alike everywhere."""
    folder = paths.resources() / "report" / "fonts"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])


def _told(paper: Paper, page: Page, folder: Path) -> dict[str, Any]:
    made, subject = paper.made, printable(paper.subject)[0]
    files = _Files(folder)
    return {
        "page": page,
        "title": _shown(paper.title),
        "subject": subject,
        "foot": subject if len(subject) <= _FOOT else f"{subject[: _FOOT - 1]}…",
        "hospital": _shown(paper.hospital),
        "author": _shown(paper.author) or "Parfocal",
        "notice": paper.notice,
        "standing": _shown(paper.standing),
        "reported": _shown(paper.reported),
        "made": {
            **{name: getattr(made, name) for name in ("year", "month", "day", "hour", "minute", "second")},
        },
        "logo": None if paper.logo is None else files.plate(paper.logo, 1.0),
        "head": _pairs(paper.head),
        "blocks": [_block(block, files) for block in paper.blocks],
    }


class _Files:
    """Pictures beside the layout, numbered."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0

    def plate(self, plate: Plate, share: float) -> dict[str, Any]:
        """A picture as the layout knows it; `share` is how much of the page's width it may take."""
        self._count += 1
        name = f"{self._count}{plate.suffix}"
        (self._folder / name).write_bytes(plate.data)
        height = _WIDTH * share * plate.height / plate.width
        return {
            "file": name,
            "title": _shown(plate.title),
            "caption": _shown(plate.caption),
            "alt": _shown(plate.alt),
            "share": share,
            "width": min(1.0, _TALLEST / height, plate.width / _COARSEST / (_WIDTH * share)),
        }


def _block(block: Block, files: _Files) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"kind": "heading", "text": _shown(block.text)}
    if isinstance(block, Words):
        return {
            "kind": "words",
            "lead": block.lead,
            "paragraphs": [_shown(part) for part in block.paragraphs],
        }
    if isinstance(block, Pairs):
        return {"kind": "pairs", "rows": _pairs(block.rows)}
    if isinstance(block, Table):
        return _table(block)
    assert isinstance(block, Plates)
    rows = [[files.plate(plate, _share(row)) for plate in row] for row in block.rows()]
    return {"kind": "plates", "rows": rows}


def _share(row: tuple[Plate, ...]) -> float:
    return 0.25 if row[0].small else 0.5 if row[0].half else 1.0


def _table(block: Table) -> dict[str, Any]:
    columns = [column for column in block.grid.columns if column.on_page]
    return {
        "kind": "table",
        "note": _shown(block.grid.note),
        "cut": block.cut,
        "head": [_shown(column.title) for column in columns],
        "weights": [column.weight for column in columns],
        "right": [column.right for column in columns],
        "rows": [[_shown(cell) for cell in row] for row in block.grid.lines(MOST_ROWS)],
    }


def _pairs(rows: tuple[tuple[str, str], ...]) -> list[list[str]]:
    return [[_shown(label), _shown(value)] for label, value in rows]


def _shown(text: str) -> str:
    """As the fonts can show it; what they lack stands as □."""
    return printable(text)[0]
