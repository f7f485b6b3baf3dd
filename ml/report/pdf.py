"""The report as a PDF to hand on: A4 or letter, fonts embedded, nothing in it but facts and pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, KeepTogether, LongTable, Paragraph, Spacer, Table, TableStyle

from ml.report import sheet as s
from ml.report.atomic import whole_file
from ml.report.blocks import (
    FONT,
    facts_about,
    figures,
    grid,
    image,
    pairs,
    reader_comment,
    shares,
    signature,
    text,
)
from ml.report.content import BoxFacts, ReportContent
from ml.report.figure import Picture
from ml.report.font import printable, register_fonts
from ml.report.held_out import held_out_in_words
from ml.report.overview import findings, spacing, title
from ml.report.words import count, duration, number, percent

MOST_ROWS = 2000
"""Boxes listed in the PDF; whatever goes beyond is counted there and listed in `boxes.csv`."""


def build_pdf(
    content: ReportContent, pictures: Sequence[Picture], page: s.Page = "A4", pictures_note: str = ""
) -> bytes:
    """The whole file in memory: for the preview. Equal arguments give equal bytes."""
    register_fonts()
    made = datetime.fromisoformat(content.reported)
    target = io.BytesIO()
    document = s.sheet(target, page, content.slide.name)
    width = s.PAGES[page][0] - 2 * s.MARGIN
    document.build(_story(content, pictures, width, pictures_note), canvasmaker=s.canvas_dated(made))
    return target.getvalue()


def write_pdf(
    content: ReportContent,
    pictures: Sequence[Picture],
    path: Path,
    page: s.Page = "A4",
    pictures_note: str = "",
) -> None:
    """Write `report.pdf`, whole or not at all. Raises `Problem` when it cannot be written."""
    data = build_pdf(content, pictures, page, pictures_note)
    with whole_file(path) as part:
        part.write_bytes(data)


def _story(
    content: ReportContent, pictures: Sequence[Picture], width: float, pictures_note: str
) -> list[Any]:
    large = [picture for picture in pictures if not picture.name.startswith("box ")]
    crops = [picture for picture in pictures if picture.name.startswith("box ")]
    story = [*title(content), *findings(content, large[:1], width)]
    story += reader_comment(content.comment)
    story += _classes(content, width)
    story += [CondPageBreak(120 * mm), text("Pictures", s.SECTION)] if large[1:] else []
    story += figures(large[1:], width)
    story += _box_table(content, width, crops, pictures_note)
    story += _annotations(content, width)
    story += _model(content)
    story += _provenance(content, width)
    return story


def _classes(content: ReportContent, width: float) -> list[Any]:
    found = "likeliest in" if content.shown.counted == "most likely" else "at or above threshold"
    head = ["Class", "Mean probability", "Highest", f"Patches ({found})", "Share of scored", "Area, mm²"]
    if content.model.whole_picture:
        head = ["Class", "Probability"]
    rows: list[list[Any]] = [[text(h, s.HEAD if i == 0 else s.HEAD_RIGHT) for i, h in enumerate(head)]]
    for row in content.classes:
        red, green, blue = row.color
        swatch = f'<font color="#{red:02x}{green:02x}{blue:02x}">■</font> '
        name = Paragraph(swatch + escape(printable(row.name)[0]), s.CELL)
        figures = [
            number(row.mean, 3),
            number(row.highest, 3),
            f"{row.patches:,}",
            percent(row.share),
            number(row.area_mm2, 4),
        ]
        rows.append([name, *(text(figure, s.CELL_RIGHT) for figure in figures[: len(head) - 1])])
    table = Table(rows, shares(width, *(30, 15, 12, 18, 13, 12)[: len(head)]), repeatRows=1, style=grid())
    return [KeepTogether([text("Classes", s.SECTION), table])]


def _box_table(
    content: ReportContent, width: float, crops: Sequence[Picture], pictures_note: str
) -> list[Any]:
    room = 75 * mm if crops else 30 * mm  # heading and pictures stay together
    story: list[Any] = [CondPageBreak(room), text("Boxes", s.SECTION)]
    if not content.boxes:
        return [*story, text("No boxes were found, accepted or rejected.")]
    total = count(len(content.boxes), "box", "boxes")
    counts = ", ".join(f"{content.count(v):,} {v}" for v in ("accepted", "open", "rejected"))
    rules = list(dict.fromkeys(box.rule for box in content.boxes))
    story.append(text(f"{total}: {counts}. Rule: {'; or '.join(rules)}."))
    if len(content.boxes) > MOST_ROWS:
        rest = len(content.boxes) - MOST_ROWS
        story.append(text(f"The first {MOST_ROWS:,} are listed here; {rest:,} more are in boxes.csv."))
    story += _crops(crops, width, pictures_note)
    story.append(Spacer(1, 6))
    story.append(_rows(content.boxes[:MOST_ROWS], width))
    story.append(Spacer(1, 3))
    about = (
        "The whole picture is one box: its model looks at it as one."
        if content.model.whole_picture
        else "Patches that touch, also at a corner, are one box. Score: mean probability of the box's "
        "patches. Area: of these patches. Centre: from the slide's top left corner."
    )
    return [*story, text(about, s.SMALL)]


def _rows(boxes: Sequence[BoxFacts], width: float) -> LongTable:
    head = [
        "No.",
        "Class",
        "Verdict",
        "Score",
        "Peak",
        "Area, mm²",
        "Centre x, y, mm",
        "x, y, width, height, px",
    ]
    right = {0, 3, 4, 5, 6, 7}
    rows: list[list[Any]] = [
        [text(title, s.HEAD_RIGHT if column in right else s.HEAD) for column, title in enumerate(head)]
    ]
    rows += [
        [
            str(box.number),
            text(box.class_name, s.CELL),
            box.verdict,
            number(box.score),
            number(box.peak),
            number(box.area_mm2, 4),
            f"{number(box.center_x_mm)}, {number(box.center_y_mm)}",
            f"{box.x_px:.0f}, {box.y_px:.0f}, {box.width_px:.0f}, {box.height_px:.0f}",
        ]
        for box in boxes
    ]
    style = TableStyle(
        [
            *grid().getCommands(),
            ("TEXTCOLOR", (0, 1), (-1, -1), s.INK),
            *(("ALIGN", (column, 0), (column, -1), "RIGHT") for column in right),
        ]
    )
    return LongTable(rows, shares(width, 6, 18, 11, 8, 8, 11, 15, 23), repeatRows=1, style=style)


def _crops(crops: Sequence[Picture], width: float, pictures_note: str) -> list[Any]:
    if not crops:
        return []
    across = 4
    edge = width / across - 3 * mm
    cells = [[image(c, edge, edge), text(c.caption, s.CAPTION)] for c in crops]
    cells += [[] for _ in range(-len(cells) % across)]
    rows = [cells[start : start + across] for start in range(0, len(cells), across)]
    table = Table(rows, [width / across] * across)
    table.setStyle([FONT, ("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return [*([text(pictures_note, s.SMALL)] if pictures_note else []), table]


def _annotations(content: ReportContent, width: float) -> list[Any]:
    if not content.annotations:
        return []
    head = ["No.", "Name", "Class", "Area, mm²", "Centre x, y, mm", "x, y, width, height, px"]
    rows: list[list[Any]] = [[text(h, s.HEAD if 0 < i < 3 else s.HEAD_RIGHT) for i, h in enumerate(head)]]
    for drawn in content.annotations[:MOST_ROWS]:
        figures = [
            number(drawn.area_mm2, 4),
            f"{number(drawn.center_x_mm)}, {number(drawn.center_y_mm)}",
            f"{drawn.x_px:.0f}, {drawn.y_px:.0f}, {drawn.width_px:.0f}, {drawn.height_px:.0f}",
        ]
        words = (text(drawn.name or "–", s.CELL), text(drawn.class_name or "–", s.CELL))
        rows.append(
            [text(f"A{drawn.number}", s.CELL_RIGHT), *words, *(text(f, s.CELL_RIGHT) for f in figures)]
        )
    table = LongTable(rows, shares(width, 7, 24, 20, 11, 15, 23), repeatRows=1, style=grid())
    story = [text("Annotations", s.SECTION), text("Drawn or accepted by the reader.", s.SMALL), table]
    if len(content.annotations) > MOST_ROWS:
        story.append(text(f"The first {MOST_ROWS:,}; annotations.geojson has them all.", s.SMALL))
    return story


def _model(content: ReportContent) -> list[Any]:
    model = content.model
    looks = (
        "looks at a picture as a whole and gives it a probability for: "
        if model.whole_picture
        else f"looks at squares of {model.patch_px} px at {model.spacing_um:g} µm/px "
        f"({model.patch_px * model.spacing_um:g} µm) and gives each a probability for: "
    )
    said = f"{model.title or model.name} {model.version} {looks}{', '.join(model.class_names)}."
    story: list[Any] = [text("The model", s.SECTION), text(said)]
    parts = {
        "What it says": model.summary,
        "Meant for": model.intended_use,
        "Stain": model.stain,
        "Trained on": model.training_data,
        "How the labels were made": model.labels,
        "Limits": model.limits or "The card names none. That does not mean that there are none.",
        "Licence": model.licence,
        "Held-out figures": held_out_in_words(model.metrics),
    }
    return [*story, *facts_about(parts)]


def _provenance(content: ReportContent, width: float) -> list[Any]:
    run, slide = content.run, content.slide
    rows = [
        ("Slide", slide.name),
        ("SHA-256 of the slide", slide.sha256),
        ("Pixel size", f"{spacing(content)}, from: {slide.spacing_source}"),
        ("Model", f"{content.model.name} {content.model.version} ({content.model.architecture})"),
        ("SHA-256 of the weights", run.model_sha256),
        ("Device", run.device),
        ("Analysis began", run.started),
        ("It took", duration(run.seconds)),
        ("Shown", _shown(content)),
        *((f"Parameter: {name.replace('_', ' ')}", value) for name, value in run.parameters.items()),
        *((f"Version of {name}", value) for name, value in run.versions.items()),
        *signature(content.signed_by),
    ]
    return [text("Where the numbers come from", s.SECTION), pairs(rows, width)]


def _shown(content: ReportContent) -> str:
    shown = content.shown
    return (
        f"class “{shown.class_name}”, threshold {number(shown.threshold)}, colours {shown.colormap}, "
        f"opacity {percent(shown.opacity)}"
    )
