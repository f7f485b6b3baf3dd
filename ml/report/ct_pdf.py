"""The report on a CT series as a PDF: sentence, curves over the slices, findings with key images, tables."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, KeepTogether, LongTable

from ml.palette import class_color
from ml.report import sheet as s
from ml.report.blocks import (
    facts_about,
    figures,
    grid,
    pairs,
    reader_comment,
    run_remarks,
    shares,
    signature,
    text,
)
from ml.report.ct_content import CtContent
from ml.report.ct_material import CtMaterial
from ml.report.figure import Picture
from ml.report.font import register_fonts
from ml.report.plot import Line, Plot, drawn
from ml.report.words import count, duration, number, percent

_ABOUT = (
    ("What it says", "summary"),
    ("Meant for", "intended_use"),
    ("Trained on", "training_data"),
    ("How the labels were made", "labels"),
    ("Limits", "limits"),
    ("Licence", "licence"),
)


def build_ct_pdf(
    content: CtContent, material: CtMaterial, pictures: Sequence[Picture], page: s.Page = "A4"
) -> bytes:
    """The whole file in memory. Equal arguments give equal bytes."""
    register_fonts()
    made = datetime.fromisoformat(content.reported)
    target = io.BytesIO()
    document = s.sheet(target, page, f"CT series of {content.slices} slices")
    width = s.PAGES[page][0] - 2 * s.MARGIN
    document.build(_story(content, material, pictures, width), canvasmaker=s.canvas_dated(made))
    return target.getvalue()


def curves(material: CtMaterial) -> Plot:
    """Probability of each class over the slices, one line a class; gaps where no slice was looked at."""
    scores = material.analysis.scores
    lines = []
    for index, name in enumerate(material.card.class_names):
        color = "#{:02x}{:02x}{:02x}".format(*class_color(index, material.card.colors))
        column = scores.values[:, index]
        runs = np.split(np.arange(len(column)), np.flatnonzero(np.diff(np.isnan(column))) + 1)
        known = [run for run in runs if not np.isnan(column[run[0]])]
        for first, run in enumerate(known):
            points = [(float(n + 1), float(column[n])) for n in run]
            lines.append(Line("" if first else name, points, color, width=1.3))
    return Plot(
        "Probability over the slices",
        "Slices from the lower to the higher position along the scan.",
        "Slice",
        "Probability",
        tuple(lines),
        x_range=(1, max(2, len(scores.values))),
        whole_x=True,
    )


def _story(content: CtContent, material: CtMaterial, pictures: Sequence[Picture], width: float) -> list[Any]:
    when = datetime.fromisoformat(content.reported)
    whose = content.patient or "Patient's name hidden"
    story: list[Any] = [
        text("Parfocal — CT analysis report", s.TITLE),
        text(whose, s.LEAD),
        text(f"Reported {when:%d %B %Y, %H:%M} (UTC{when:%z})", s.SMALL),
        text("Findings", s.SECTION),
        text(content.headline, s.LEAD),
    ]
    story += run_remarks(content.notes, width, complete=content.complete)
    plot = curves(material)
    story.append(KeepTogether([drawn(plot, width, 150), text(plot.caption, s.CAPTION)]))
    story += [*_classes(content, width), *_findings(content, width)]
    if pictures:
        story += [CondPageBreak(120 * mm), text("Key images", s.SECTION), *figures(pictures, width)]
    story += [*_measurements(content, width), *reader_comment(content.comment), *_model(content.model)]
    return [*story, *_provenance(content, width)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> LongTable:
    cells = [[text(h, s.HEAD) for h in head]]
    cells += [[text(value, s.CELL) for value in row] for row in rows]
    return LongTable(cells, widths, repeatRows=1, style=grid())


def _classes(content: CtContent, width: float) -> list[Any]:
    head = [
        "Class",
        "Highest",
        "Slice",
        "Mean of the 5 likeliest",
        "Threshold",
        "Slices at or above",
        "Spread",
    ]
    rows = [
        [
            row.name,
            percent(row.highest),
            str(row.slice_number) if row.slice_number else "–",
            percent(row.top_mean),
            percent(row.threshold),
            f"{row.slices:,}",
            percent(row.spread),
        ]
        for row in content.classes
    ]
    note = "Spread: how far the members of the ensemble lie apart in that slice."
    table = _table(head, rows, shares(width, 24, 11, 8, 17, 12, 16, 12))
    return [KeepTogether([text("The whole series", s.SECTION), table, text(note, s.CAPTION)])]


def _findings(content: CtContent, width: float) -> list[Any]:
    story: list[Any] = [text("Findings by slices", s.SECTION)]
    if not content.findings:
        return [*story, text("No slice is at or above its threshold.")]
    head = ["No.", "Class", "Verdict", "Slices", "Position, mm", "Peak slice", "Peak", "Mean"]
    rows = [
        [
            str(row.number),
            row.class_name,
            row.verdict,
            f"{row.first}–{row.last}" if row.last > row.first else str(row.first),
            _positions(row.from_mm, row.to_mm),
            str(row.peak_slice),
            percent(row.peak),
            percent(row.mean),
        ]
        for row in content.findings
    ]
    verdicts = ("accepted", "open", "rejected")
    counts = ", ".join(f"{sum(row.verdict == v for row in content.findings)} {v}" for v in verdicts)
    table = _table(head, rows, shares(width, 6, 22, 12, 12, 18, 11, 10, 9))
    return [*story, text(f"{count(len(rows), 'finding')}: {counts}."), table]


def _positions(first: float | None, last: float | None) -> str:
    if first is None or last is None:
        return "–"
    return number(first, 1) if first == last else f"{number(first, 1)} to {number(last, 1)}"


def _measurements(content: CtContent, width: float) -> list[Any]:
    if not content.measurements:
        return []
    rows = [[kind, str(slice_ or "–"), words] for kind, slice_, words in content.measurements]
    table = _table(["What", "Slice", "Measured"], rows, shares(width, 25, 10, 65))
    return [text("Measurements", s.SECTION), text("Made by the reader.", s.SMALL), table]


def _model(model: Mapping[str, object]) -> list[Any]:
    name = f"{model['title'] or model['name']} {model['version']}"
    story: list[Any] = [text("The model", s.SECTION), text(f"{name} looks at one slice after the other.")]
    return [*story, *facts_about({about: model[key] for about, key in _ABOUT})]


def _provenance(content: CtContent, width: float) -> list[Any]:
    run, model = content.run, content.model
    parameters, versions = run["parameters"], run["versions"]
    assert isinstance(parameters, Mapping)
    assert isinstance(versions, Mapping)
    rows = [
        ("Series", content.series_uid),
        ("SHA-256 of its files", content.series_sha256),
        (
            "Slices",
            f"{content.slices} of {content.columns} × {content.rows} px, {content.looked_at} looked at",
        ),
        ("Distance of slices", f"{content.distance_mm:g} mm" if content.distance_mm else "not known"),
        ("Window of the key images", content.window),
        (
            "Model",
            f"{model['name']} {model['version']} ({model['architecture']}, {model['members']} networks)",
        ),
        ("SHA-256 of the weights", model["weights_sha256"]),
        ("Device", run["device"]),
        ("Analysis began", run["started"]),
        ("It took", duration(float(str(run["seconds"])))),
        *((f"Parameter: {name.replace('_', ' ')}", value) for name, value in parameters.items()),
        *((f"Version of {name}", value) for name, value in versions.items()),
        *signature(content.signed_by),
    ]
    return [text("Where the numbers come from", s.SECTION), pairs(rows, width)]
