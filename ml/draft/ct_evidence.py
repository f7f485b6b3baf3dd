"""What there is to report on a CT series: its analysis where there is one, and what was measured in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ml import __version__
from ml.draft.ct_figures import drawn_of_ct
from ml.draft.evidence import CtSource, Evidence
from ml.draft.grid import Column, Grid
from ml.progress import Progress
from ml.report.ct_content import CtContent, gather_ct
from ml.report.ct_material import CtMaterial, Measurement
from ml.report.figure import Picture
from ml.report.words import count, duration, without_folders
from ml.volume.series import Series

if TYPE_CHECKING:
    from ml.export.measured import Measured, MeasuredAcross

_MODEL = (
    ("What it says", "summary"),
    ("Meant for", "intended_use"),
    ("Trained on", "training_data"),
    ("How the labels were made", "labels"),
    ("Limits", "limits"),
    ("Licence", "licence"),
)


def evidence_of_ct(material: CtMaterial, measured: tuple[Measured | MeasuredAcross, ...] = ()) -> Evidence:
    """Of an analyzed series."""
    content = gather_ct(material)

    def draw(progress: Progress) -> Mapping[str, tuple[Picture, ...]]:
        return drawn_of_ct(material, progress)

    figures = {"curves": "Probability over the slices"}
    if material.kept:
        figures["key slices"] = "Key slices"
    grids = (_classes(content), _findings(content), _measurements(material.measurements))
    verdicts = tuple(sorted(material.verdicts.items()))
    return Evidence(
        "ct",
        material.series.description,
        content.headline,
        CtSource(material.series, material, measured),
        _facts(content),
        {grid.key: grid for grid in grids},
        figures,
        draw,
        (material.analysis, material.window, verdicts),
        tuple(_provenance(content)),
        tuple(_remarks(content)),
        {title: str(content.model[key]) for title, key in _MODEL if content.model[key]},
    )


def evidence_of_series(
    series: Series,
    measurements: tuple[Measurement, ...] = (),
    measured: tuple[Measured | MeasuredAcross, ...] = (),
) -> Evidence:
    """Of a series that was only looked at and measured."""
    size = series.slices[0].size
    rows = [
        ("Series", series.uid),
        ("Slices", f"{count(len(series), 'slice')} of {size[1]} × {size[0]} px"),
        ("Distance of slices", f"{series.distance:g} mm" if series.distance else "not known"),
        ("Version of Parfocal", __version__),
    ]
    facts = {"name": series.description, "analyzed": False, "complete": True, "summary": "", "classes": []}
    facts |= {"findings": [], "measurements": [dataclasses.asdict(m) for m in measurements], "model": None}

    def draw(progress: Progress) -> Mapping[str, tuple[Picture, ...]]:
        progress.check()
        return {}

    return Evidence(
        "ct",
        series.description,
        "",
        CtSource(series, None, measured),
        facts,
        {"measurements": _measurements(measurements)},
        {},
        draw,
        series.uid,
        tuple(rows),
        tuple(("Note", without_folders(note)) for note in series.remarks),
    )


def _facts(content: CtContent) -> dict[str, Any]:
    return {
        "name": "",
        "analyzed": True,
        "complete": content.complete,
        "summary": content.headline,
        "classes": [dataclasses.asdict(row) for row in content.classes],
        "findings": [dataclasses.asdict(row) for row in content.findings],
        "measurements": [
            {"kind": kind, "slice_number": number, "words": words}
            for kind, number, words in content.measurements
        ],
        "model": {
            "title": content.model["title"] or content.model["name"],
            "version": content.model["version"],
        },
        "slices": content.slices,
        "looked_at": content.looked_at,
        "window": content.window,
    }


def _remarks(content: CtContent) -> list[tuple[str, str]]:
    stopped = "The analysis was stopped before its end. What is reported here is right, but not all."
    rows = [] if content.complete else [("Stopped", stopped)]
    return [*rows, *(("Note", note) for note in content.notes)]


def _classes(content: CtContent) -> Grid:
    columns = (
        Column("Class", "class", weight=2.4),
        Column("Highest", "highest", "share"),
        Column("Slice", "slice", "whole", weight=0.8),
        Column("Mean of the 5 likeliest", "top_mean", "share", weight=1.6),
        Column("Threshold", "threshold", "share", weight=1.2),
        Column("Slices at or above", "slices", "whole", weight=1.5),
        Column("Spread", "spread", "share"),
    )
    rows = (
        (r.name, r.highest, r.slice_number or None, r.top_mean, r.threshold, r.slices, r.spread)
        for r in content.classes
    )
    note = "Spread: how far the members of the ensemble lie apart in that slice."
    return Grid("classes", "The whole series", columns, tuple(rows), note)


def _findings(content: CtContent) -> Grid:
    columns = (
        Column("No.", "number", "whole", weight=0.6),
        Column("Class", "class", weight=2.2),
        Column("Verdict", "verdict", weight=1.2),
        Column("First slice", "first_slice", "whole"),
        Column("Last slice", "last_slice", "whole"),
        Column("From, mm", "from_mm", "decimal", 1),
        Column("To, mm", "to_mm", "decimal", 1),
        Column("Peak slice", "peak_slice", "whole"),
        Column("Peak", "peak", "share", weight=0.9),
        Column("Mean", "mean", "share", weight=0.9),
    )
    rows = (
        (r.number, r.class_name, r.verdict, r.first, r.last, r.from_mm, r.to_mm, r.peak_slice, r.peak, r.mean)
        for r in content.findings
    )
    verdicts = ("accepted", "open", "rejected")
    counts = ", ".join(f"{sum(row.verdict == v for row in content.findings)} {v}" for v in verdicts)
    note = f"{count(len(content.findings), 'finding')}: {counts}." if content.findings else ""
    empty = "No slice is at or above its threshold."
    return Grid("findings", "Findings by slices", columns, tuple(rows), note, empty)


def _measurements(items: tuple[Measurement, ...]) -> Grid:
    columns = (
        Column("What", "what", weight=2.5),
        Column("Slice", "slice", "whole"),
        Column("Measured", "measured", weight=6.5),
    )
    rows = tuple((m.kind, m.from_one, m.words) for m in items)
    note = "Made by the reader." if rows else ""
    return Grid("measurements", "Measurements", columns, rows, note, "Nothing was measured.")


def _provenance(content: CtContent) -> list[tuple[str, str]]:
    run, model = content.run, content.model
    parameters, versions = run["parameters"], run["versions"]
    assert isinstance(parameters, Mapping)
    assert isinstance(versions, Mapping)
    size = f"{content.columns} × {content.rows} px"
    return [
        ("Series", content.series_uid),
        ("SHA-256 of its files", content.series_sha256),
        ("Slices", f"{content.slices} of {size}, {content.looked_at} looked at"),
        ("Distance of slices", f"{content.distance_mm:g} mm" if content.distance_mm else "not known"),
        ("Window of the key slices", content.window),
        (
            "Model",
            f"{model['name']} {model['version']} ({model['architecture']}, {model['members']} networks)",
        ),
        ("SHA-256 of the weights", str(model["weights_sha256"])),
        ("Device", str(run["device"])),
        ("Analysis began", str(run["started"])),
        ("It took", duration(float(str(run["seconds"])))),
        *((f"Parameter: {name.replace('_', ' ')}", str(value)) for name, value in parameters.items()),
        *((f"Version of {name}", str(value)) for name, value in versions.items()),
    ]
