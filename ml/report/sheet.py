"""The paper of the report: page sizes, type styles, running head and foot, page x of y."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

from reportlab.lib import colors, pagesizes
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

from ml.report.facts import NOTICE
from ml.report.font import BOLD, REGULAR, printable

Page = Literal["A4", "letter"]
PAGES: dict[Page, tuple[float, float]] = {"A4": pagesizes.A4, "letter": pagesizes.LETTER}
MARGIN = 18 * mm
INK = colors.HexColor("#181c22")
QUIET = colors.HexColor("#5b6470")
LINE = colors.HexColor("#c9ced6")
SHADE = colors.HexColor("#f1f3f6")

BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=9, leading=13, textColor=INK, spaceAfter=4)
LEAD = ParagraphStyle("lead", BODY, fontSize=11, leading=16, spaceBefore=2, spaceAfter=8)
SMALL = ParagraphStyle("small", BODY, fontSize=7.5, leading=10.5, textColor=QUIET, spaceAfter=6)
CAPTION = ParagraphStyle("caption", SMALL, spaceBefore=3)
CELL = ParagraphStyle("cell", BODY, fontSize=8, leading=10.5, spaceAfter=0)
CELL_RIGHT = ParagraphStyle("cell right", CELL, alignment=TA_RIGHT)
LABEL = ParagraphStyle("label", CELL, textColor=QUIET)
HEAD = ParagraphStyle("head", CELL, fontName=BOLD)
HEAD_RIGHT = ParagraphStyle("head right", HEAD, alignment=TA_RIGHT)
TITLE = ParagraphStyle("title", BODY, fontName=BOLD, fontSize=16, leading=20, spaceAfter=2)
SECTION = ParagraphStyle(
    "section", BODY, fontName=BOLD, fontSize=11.5, leading=15, spaceBefore=10, spaceAfter=4, keepWithNext=1
)
FIGURE = ParagraphStyle("figure", BODY, fontName=BOLD, fontSize=9, leading=12, spaceBefore=6, spaceAfter=2)


class Sheet(BaseDocTemplate):  # type: ignore[misc]  # ReportLab has no types
    """The document: one frame a page, an entry in the reader's side bar for every section."""

    def afterFlowable(self, flowable: Any) -> None:  # noqa: N802 - ReportLab calls it
        """Note where a section begins."""
        if isinstance(flowable, Paragraph) and flowable.style.name == SECTION.name:
            title = flowable.getPlainText()
            key = f"section-{self.seq.nextf('section')}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(title, key, 0)


class _CountedCanvas(Canvas):  # type: ignore[misc]
    """Holds pages back until their number is known, then writes the foot of each."""

    def __init__(self, *arguments: Any, made: datetime, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._pages: list[dict[str, Any]] = []
        _set_date(self, made)

    def showPage(self) -> None:  # noqa: N802
        """Keep this page."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages."""
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            self.setFont(REGULAR, 7.5)
            self.setFillColor(QUIET)
            text = f"Page {number} of {len(self._pages)}"
            self.drawRightString(self._pagesize[0] - MARGIN, 10 * mm, text)
            super().showPage()
        super().save()


def sheet(target: Any, page: Page, name: str, kind: str = "Analysis report") -> Sheet:
    """An empty report on this paper; `name` (of slide or model) stands in title and foot of every page."""
    width, height = PAGES[page]
    shown = printable(name)[0]
    document = Sheet(
        target,
        pagesize=(width, height),
        title=f"{kind}: {shown}",
        author="Parfocal",
        subject=NOTICE,
        creator="Parfocal",
        producer="Parfocal",
        lang="en",
        initialFontName=REGULAR,  # otherwise an unembedded Helvetica comes along
        invariant=1,  # equal facts give equal bytes
    )
    frame = Frame(MARGIN, 18 * mm, width - 2 * MARGIN, height - 18 * mm - 14 * mm, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate("page", [frame], onPage=_foot(shown)))
    return document


def canvas_dated(made: datetime) -> Callable[..., Canvas]:
    """What makes the canvas of a document with this date."""

    def make(*arguments: Any, **options: Any) -> Canvas:
        return _CountedCanvas(*arguments, made=made, **options)

    return make


def _foot(name: str) -> Callable[[Canvas, Sheet], None]:
    def draw(canvas: Canvas, document: Sheet) -> None:
        width = document.pagesize[0]
        canvas.saveState()
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.5)
        canvas.line(MARGIN, 14.5 * mm, width - MARGIN, 14.5 * mm)
        canvas.setFont(BOLD, 7.5)
        canvas.setFillColor(INK)
        canvas.drawString(MARGIN, 10 * mm, NOTICE)
        canvas.setFont(REGULAR, 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawCentredString(width / 2 + 8 * mm, 10 * mm, name if len(name) <= 48 else name[:47] + "…")
        canvas.restoreState()

    return draw


def _set_date(canvas: Canvas, made: datetime) -> None:
    """ReportLab's reproducible mode dates everything to the year 2000; this is the report's own date."""
    stamp = canvas._doc._timeStamp
    utc = made.astimezone(UTC)
    stamp.t = utc.timestamp()
    stamp.lt = utc.timetuple()
    stamp.YMDhms = tuple(utc.timetuple())[:6]
    stamp.dhh = stamp.dmm = 0
