"""Tables of a CT analysis for other programs: one row a slice, one row a finding."""

from __future__ import annotations

from pathlib import Path

from ml.report.ct_content import CtContent
from ml.report.ct_material import CtMaterial
from ml.report.table import write_rows

FINDING_COLUMNS = (
    "number",
    "class",
    "verdict",
    "first_slice",
    "last_slice",
    "peak_slice",
    "peak",
    "mean",
    "from_mm",
    "to_mm",
    "key",
)


def write_slices(material: CtMaterial, path: Path) -> None:
    """`slice,sop_instance_uid,position_mm,prob_<class>…,spread_<class>…`, one row a slice that was looked at.

    Slices are numbered from 1. Raises `Problem` when it cannot be written.
    """
    scores = material.analysis.scores
    names = scores.class_names
    head = ["slice", "sop_instance_uid", "position_mm", *(f"prob_{n}" for n in names)]
    rows = (
        [
            number + 1,
            slice_.uid,
            "" if slice_.position is None else f"{slice_.position:g}",
            *map(str, scores.values[number]),
            *map(str, scores.spread[number]),
        ]
        for number, slice_ in enumerate(material.series.slices)
        if scores.scored[number]
    )
    write_rows(path, [*head, *(f"spread_{n}" for n in names)], rows)


def write_findings(content: CtContent, path: Path) -> None:
    """The findings of the report with their numbers and verdicts. Raises `Problem`."""
    rows = (
        [
            row.number,
            row.class_name,
            row.verdict,
            row.first,
            row.last,
            row.peak_slice,
            f"{row.peak:.6f}",
            f"{row.mean:.6f}",
            "" if row.from_mm is None else f"{row.from_mm:g}",
            "" if row.to_mm is None else f"{row.to_mm:g}",
            row.key,
        ]
        for row in content.findings
    )
    write_rows(path, FINDING_COLUMNS, rows)
