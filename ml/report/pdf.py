"""The report as a PDF to hand on: A4 or letter, fonts embedded, nothing in it but the facts and the pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.units import mm
from reportlab.platypus import (
    CondPageBreak,
    Image,
    KeepTogether,
    LongTable,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from ml.report import sheet as s
from ml.report.atomic import whole_file
from ml.report.content import BoxFacts, ReportContent
from ml.report.figure import Picture
from ml.report.font import REGULAR, printable, register_fonts
from ml.report.words import area, count, duration, number, percent

MOST_ROWS = 2000
"""Boxes listed in the PDF; whatever goes beyond is counted there and listed in `boxes.csv`."""

_TALLEST = 178 * mm  # of a picture, so that title, picture and caption stay on one page


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


def text(value: object, style: Any = s.BODY) -> Paragraph:
    """A paragraph of somebody's words: markup in them is shown, not obeyed; line ends stay."""
    return Paragraph(escape(printable(str(value))[0]).replace("\n", "<br/>"), style)


def _story(
    content: ReportContent, pictures: Sequence[Picture], width: float, pictures_note: str
) -> list[Any]:
    large = [picture for picture in pictures if not picture.name.startswith("box ")]
    crops = [picture for picture in pictures if picture.name.startswith("box ")]
    story = [*_title(content), *_findings(content, width)]
    story += _first_page_picture(large[:1], width)
    story += _comment(content)
    story += _classes(content, width)
    story += [CondPageBreak(120 * mm), text("Pictures", s.SECTION)] if large[1:] else []
    for picture in large[1:]:
        story.append(_figure(picture, width, _TALLEST))
    story += _box_table(content, width, crops, pictures_note)
    story += _model(content)
    story += _provenance(content, width)
    return story


def _title(content: ReportContent) -> list[Any]:
    when = datetime.fromisoformat(content.reported)
    kind = f" · {content.slide.kind}" if content.slide.kind else ""
    made = f"Reported {when:%d %B %Y, %H:%M} (UTC{when:%z})"
    return [
        text("Parfocal — analysis report", s.TITLE),
        text(content.slide.name, s.LEAD),
        text(made + kind, s.SMALL),
    ]


def _findings(content: ReportContent, width: float) -> list[Any]:
    region, patches, slide = content.region, content.patches, content.slide
    where = "The whole slide" if region.whole_slide else (
        f"{number(region.width_mm)} × {number(region.height_mm)} mm at "
        f"({number(region.x_mm)}, {number(region.y_mm)}) mm from the slide's top left corner; "
        f"px {region.x_px:.0f}, {region.y_px:.0f}, {region.width_px:.0f} × {region.height_px:.0f}"
    )
    objective = f", objective ×{slide.objective:g}" if slide.objective else ""
    rows = [
        ("Region", f"{where}. Area {area(region.area_mm2)}."),
        (
            "Patches",
            f"{patches.scored:,} of {count(patches.in_region, 'patch', 'patches')} in the region scored; "
            f"{percent(patches.skipped_share)} skipped as background. One patch is "
            f"{number(patches.width_um, 0)} × {number(patches.height_um, 0)} µm "
            f"({patches.width_px} × {patches.height_px} px).",
        ),
        (
            "Slide",
            f"{slide.width_px:,} × {slide.height_px:,} px, {number(slide.width_mm)} × "
            f"{number(slide.height_mm)} mm{objective}",
        ),
        ("Pixel size", f"{_spacing(content)}, from: {slide.spacing_source}"),
        ("Model", f"{content.model.title or content.model.name} {content.model.version}: {content.model.summary}"),
    ]
    if not content.complete:
        rows.insert(0, ("Stopped", "The analysis was stopped before its end. What is reported here is right, but not all."))
    rows += [("Note", note) for note in content.notes]
    return [text("Findings", s.SECTION), text(content.headline, s.LEAD), _pairs(rows, width)]


def _spacing(content: ReportContent) -> str:
    x, y = content.slide.spacing_x_um, content.slide.spacing_y_um
    return f"{x:.4g} µm/px" if x == y else f"{x:.4g} × {y:.4g} µm/px"


def _first_page_picture(pictures: Sequence[Picture], width: float) -> list[Any]:
    return [Spacer(1, 6), *(_figure(picture, width, 92 * mm) for picture in pictures)]


def _figure(picture: Picture, width: float, tallest: float) -> KeepTogether:
    parts = [text(picture.title, s.FIGURE), _image(picture, width, tallest), text(picture.caption, s.SMALL)]
    return KeepTogether(parts)


def _image(picture: Picture, width: float, tallest: float) -> Image:
    data = io.BytesIO()
    picture.image.save(data, "JPEG", quality=90, subsampling=0, dpi=(240, 240))
    data.seek(0)
    scale = min(width / picture.image.width, tallest / picture.image.height)
    image = Image(data, picture.image.width * scale, picture.image.height * scale)
    image.hAlign = "LEFT"
    return image


def _comment(content: ReportContent) -> list[Any]:
    if not content.comment.strip():
        return []
    parts = [text("Comment", s.SECTION), *(text(line) for line in content.comment.strip().split("\n\n"))]
    missing = printable(content.comment)[1]
    if missing:
        characters = count(missing, "character")
        note = f"{characters} of the comment cannot be shown here and appear as □. report.json holds the words as typed."
        parts.append(text(note, s.SMALL))
    return parts


def _classes(content: ReportContent, width: float) -> list[Any]:
    found = "likeliest in" if content.shown.counted == "most likely" else "at or above threshold"
    head = ["Class", "Mean probability", "Highest", f"Patches ({found})", "Share of scored", "Area, mm²"]
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
        rows.append([name, *(text(figure, s.CELL_RIGHT) for figure in figures)])
    table = Table(rows, _shares(width, 30, 15, 12, 18, 13, 12), repeatRows=1, style=_grid())
    return [KeepTogether([text("Classes", s.SECTION), table])]


def _box_table(
    content: ReportContent, width: float, crops: Sequence[Picture], pictures_note: str
) -> list[Any]:
    story: list[Any] = [text("Boxes", s.SECTION)]
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
    story.append(text("Score: mean probability of the box's patches. Area: of these patches. Centre: from the slide's top left corner.", s.SMALL))
    return story


def _rows(boxes: Sequence[BoxFacts], width: float) -> LongTable:
    head = ["No.", "Class", "Verdict", "Score", "Peak", "Area, mm²", "Centre x, y, mm", "x, y, width, height, px"]
    right = {0, 3, 4, 5, 6, 7}
    rows: list[list[Any]] = [
        [text(title, s.HEAD_RIGHT if column in right else s.HEAD) for column, title in enumerate(head)]
    ]
    for box in boxes:
        rows.append(
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
        )
    style = TableStyle(
        [
            *_grid().getCommands(),
            ("FONT", (0, 1), (-1, -1), REGULAR, 8, 10.5),
            ("TEXTCOLOR", (0, 1), (-1, -1), s.INK),
            *(("ALIGN", (column, 0), (column, -1), "RIGHT") for column in right),
        ]
    )
    return LongTable(rows, _shares(width, 6, 18, 11, 8, 8, 11, 15, 23), repeatRows=1, style=style)


def _crops(crops: Sequence[Picture], width: float, pictures_note: str) -> list[Any]:
    if not crops:
        return []
    across = 4
    edge = width / across - 3 * mm
    cells = [[_image(c, edge, edge), text(c.caption, s.SMALL)] for c in crops]
    cells += [[] for _ in range(-len(cells) % across)]
    rows = [cells[start : start + across] for start in range(0, len(cells), across)]
    table = Table(rows, [width / across] * across)
    table.setStyle([("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return [*([text(pictures_note, s.SMALL)] if pictures_note else []), table]


def _model(content: ReportContent) -> list[Any]:
    model = content.model
    story: list[Any] = [
        text("The model", s.SECTION),
        text(
            f"{model.title or model.name} {model.version} looks at squares of {model.patch_px} px at "
            f"{model.spacing_um:g} µm/px ({model.patch_px * model.spacing_um:g} µm) and gives each a probability for: "
            f"{', '.join(model.class_names)}."
        ),
    ]
    parts = {
        "What it says": model.summary,
        "Meant for": model.intended_use,
        "Stain": model.stain,
        "Trained on": model.training_data,
        "How the labels were made": model.labels,
        "Limits": model.limits or "The card names none. That does not mean that there are none.",
        "Licence": model.licence,
        "Held-out figures": ", ".join(f"{k} {_metric(v)}" for k, v in model.metrics.items() if _is_short(v)),
    }
    for title, words in parts.items():
        if words:
            story.append(Paragraph(f"<b>{title}.</b> {escape(printable(words)[0])}", s.BODY))
    return story


def _is_short(value: object) -> bool:
    return isinstance(value, str | int | float)


def _metric(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _provenance(content: ReportContent, width: float) -> list[Any]:
    run, slide = content.run, content.slide
    rows = [
        ("Slide", slide.name),
        ("SHA-256 of the slide", slide.sha256),
        ("Pixel size", f"{_spacing(content)}, from: {slide.spacing_source}"),
        ("Model", f"{content.model.name} {content.model.version} ({content.model.architecture})"),
        ("SHA-256 of the weights", run.model_sha256),
        ("Device", run.device),
        ("Analysis began", run.started),
        ("It took", duration(run.seconds)),
        ("Shown", _shown(content)),
        *((f"Parameter: {name}", value) for name, value in run.parameters.items()),
        *((f"Version of {name}", value) for name, value in run.versions.items()),
    ]
    return [text("Where the numbers come from", s.SECTION), _pairs(rows, width)]


def _shown(content: ReportContent) -> str:
    shown = content.shown
    return (
        f"class “{shown.class_name}”, threshold {number(shown.threshold)}, colours {shown.colormap}, "
        f"opacity {percent(shown.opacity)}"
    )


def _pairs(rows: Sequence[tuple[str, object]], width: float) -> Table:
    cells = [[text(label, s.LABEL), text(value, s.CELL)] for label, value in rows]
    table = Table(cells, _shares(width, 23, 77), splitInRow=1)
    table.setStyle(
        [
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, s.LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    return table


def _grid() -> TableStyle:
    return TableStyle(
        [
            ("BACKGROUND", (0, 0), (-1, 0), s.SHADE),
            ("LINEBELOW", (0, 0), (-1, 0), 0.8, s.INK),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, s.LINE),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 2.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ]
    )


def _shares(width: float, *shares: float) -> list[float]:
    return [width * share / sum(shares) for share in shares]
