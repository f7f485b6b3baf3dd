"""What a report on a CT series says, as plain facts: PDF, JSON and tables take their numbers from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ml.report.ct_material import CtMaterial
from ml.report.words import count, percent, without_folders
from ml.results.ct_findings import CtFinding
from ml.results.ct_scores import CtScores
from ml.volume.window import Window


@dataclass(frozen=True)
class CtClassFacts:
    """One class over the whole series. NaN and 0 where no slice was looked at."""

    name: str
    threshold: float
    highest: float
    slice_number: int  # from 1, of the highest
    top_mean: float
    slices: int  # at or above the threshold
    spread: float  # of the ensemble's members in that slice


@dataclass(frozen=True)
class CtFindingFacts:
    """One run of slices. Numbers from 1."""

    number: int
    key: str
    class_name: str
    verdict: str
    first: int
    last: int
    peak_slice: int
    peak: float
    mean: float
    from_mm: float | None  # positions of the first and last slice along the normal
    to_mm: float | None


@dataclass(frozen=True)
class CtContent:
    """All facts of one report. Holds no folder names, and the patient's only where it is to be shown."""

    reported: str  # ISO 8601 with time zone
    headline: str
    complete: bool
    patient: str
    series_uid: str
    series_sha256: str
    slices: int
    looked_at: int
    rows: int
    columns: int
    distance_mm: float
    window: str
    classes: tuple[CtClassFacts, ...]
    findings: tuple[CtFindingFacts, ...]
    measurements: tuple[tuple[str, int | None, str], ...]  # kind, slice from 1 or none, words
    model: Mapping[str, object]
    run: Mapping[str, object]
    notes: tuple[str, ...]
    comment: str
    signed_by: str = ""  # fingerprint of the key that signs the record beside the report


def window_in_words(window: Window) -> str:
    """ "level 40 HU, width 80 HU"."""
    return f"level {window.level:g} HU, width {window.width:g} HU"


def gather_ct(material: CtMaterial, now: datetime | None = None) -> CtContent:
    """The facts as they stand; `now` is the report's date."""
    analysis, series = material.analysis, material.series
    made = analysis.provenance
    return CtContent(
        reported=(now or datetime.now().astimezone()).isoformat(timespec="seconds"),
        headline=headline(analysis.scores, material.kept),
        complete=analysis.complete,
        patient=material.patient,
        series_uid=made.series_uid,
        series_sha256=made.series_sha256,
        slices=len(series),
        looked_at=int(analysis.scores.scored.sum()),
        rows=made.size[0],
        columns=made.size[1],
        distance_mm=series.distance,
        window=window_in_words(material.window),
        classes=tuple(_class(material, index) for index in range(len(material.card.class_names))),
        findings=_findings(material),
        measurements=tuple((m.kind, m.from_one, m.words) for m in material.measurements),
        model=_model(material),
        run={
            "device": made.device,
            "started": made.started,
            "seconds": made.seconds,
            "parameters": dict(made.parameters),
            "versions": dict(made.versions),
        },
        notes=tuple(without_folders(note) for note in (*series.remarks, *analysis.notes)),
        comment=material.comment,
    )


def _model(material: CtMaterial) -> dict[str, object]:
    """The card, without what only a program needs."""
    card = material.card
    names = ("name", "title", "version", "architecture", "members", "summary", "intended_use")
    kept = (*names, "training_data", "labels", "limits", "licence")
    return {key: getattr(card, key) for key in kept} | {
        "weights_sha256": material.analysis.provenance.model_sha256
    }


def headline(scores: CtScores, kept: Sequence[CtFinding]) -> str:
    """What was found, in one sentence; `kept` are the findings that nobody rejected."""
    names, looked_at = scores.class_names, int(scores.scored.sum())
    if not looked_at:
        return "No slice was looked at."
    of = f"{count(looked_at, 'slice')} looked at"
    if not kept:
        highest, class_index = scores.most_suspicious()
        value = float(scores.values[highest, class_index])
        return (
            f"Nothing above its threshold in {of}; highest: {names[class_index]} {percent(value)} in slice "
            f"{highest + 1}."
        )
    top = max(kept, key=lambda finding: finding.peak)
    classes = ", ".join(dict.fromkeys(names[finding.class_index] for finding in kept))
    return (
        f"{count(len(kept), 'finding')} ({classes}) in {of}; highest: {names[top.class_index]} "
        f"{percent(top.peak)} in slice {top.peak_slice + 1}."
    )


def _class(material: CtMaterial, index: int) -> CtClassFacts:
    scores, threshold = material.analysis.scores, material.analysis.thresholds[index]
    summary = scores.summary(index)
    known = summary.slice_number >= 0
    return CtClassFacts(
        name=material.card.class_names[index],
        threshold=threshold,
        highest=summary.highest,
        slice_number=summary.slice_number + 1,
        top_mean=summary.top_mean,
        slices=int((scores.values[:, index] >= threshold).sum()),
        spread=float(scores.spread[summary.slice_number, index]) if known else float("nan"),
    )


def _findings(material: CtMaterial) -> tuple[CtFindingFacts, ...]:
    slices = material.series.slices
    return tuple(
        CtFindingFacts(
            number=number,
            key=finding.key,
            class_name=material.card.class_names[finding.class_index],
            verdict=material.verdict(finding),
            first=finding.first + 1,
            last=finding.last + 1,
            peak_slice=finding.peak_slice + 1,
            peak=finding.peak,
            mean=finding.mean,
            from_mm=slices[finding.first].position,
            to_mm=slices[finding.last].position,
        )
        for number, finding in enumerate(material.findings, start=1)
    )
