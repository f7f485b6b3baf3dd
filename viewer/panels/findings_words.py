"""What was found, in a sentence or two."""

from __future__ import annotations

import numpy as np

from ml.report.sentence import picture_in_words
from ml.report.words import area, count, duration, number, percent
from ml.results.boxes import covered_mm2
from ml.results.likeness import REMEDY
from viewer.state.findings import Findings


def found_in_words(findings: Findings) -> str:
    """The slide as a whole, if that was answered; areas, or that there is nothing, and the highest score."""
    if findings.card.preparation is not None and findings.scores.scored.any():
        return picture_in_words(findings.scores)
    whole = None if findings.analysis is None else findings.analysis.slide_answer
    areas = _areas(findings)
    return areas if whole is None else f"{whole.in_words()} {areas}"


def _areas(findings: Findings) -> str:
    name = findings.scores.class_names[findings.rule.class_index]
    kept = [box for box in findings.boxes if findings.verdict(box.key) != "rejected"]
    rejected = len(findings.boxes) - len(kept)
    running = findings.analysis is None
    if kept:
        so_far = " so far" if running else ""
        whole = area(covered_mm2(findings.scores, kept, findings.spacing))
        together = f", {whole} together" if len(kept) > 1 else f", {whole}"
        more = f"; {count(rejected, 'more', 'more')} rejected by you" if rejected else ""
        return f"{count(len(kept), 'area')} of “{name}”{so_far}{together}{more}."
    if rejected:
        return f"{count(rejected, 'area')} of “{name}”, all rejected by you."
    return _nothing(findings, name, running)


def _nothing(findings: Findings, name: str, running: bool) -> str:
    values = findings.scores.values[findings.scores.scored]
    if findings.scores.grid.count == 0:
        return "Nothing was analyzed: the region holds no tissue."
    if not len(values):
        return "Nothing scored yet." if running else "Nothing was scored."
    highest = number(float(np.nanmax(values[:, findings.rule.class_index])))
    threshold = number(findings.rule.threshold)
    if running:
        return f"No area of “{name}” so far (highest score {highest}, threshold {threshold})."
    if float(highest) >= findings.rule.threshold:
        return f"Nothing found: single patches reach {highest}, but no group is large enough for a box."
    return (
        f"Nothing found: no patch reached {threshold} for “{name}”. The highest score is {highest}. "
        "Lower the threshold in Layers to see weaker areas."
    )


def unlike_in_words(findings: Findings) -> str:
    """That much of it is unlike what the model was trained on; empty where it is not, or nobody knows."""
    likeness = findings.scores.likeness
    if likeness is None or not likeness.is_warning:
        return ""
    return f"{likeness.in_words()} {REMEDY}"


def run_in_words(findings: Findings) -> str:
    """How many patches, what was skipped, how long, which model on what device."""
    grid, analysis = findings.scores.grid, findings.analysis
    scored = int(findings.scores.scored.sum())
    whole = findings.card.preparation is not None
    parts = [] if whole else [f"{count(scored, 'patch', 'patches')} scored"]
    if not whole and analysis is not None and not analysis.complete:
        parts = [
            f"Stopped: {scored:,} of {count(grid.count, 'patch', 'patches')} scored, the rest is unknown"
        ]
    if grid.skipped_share > 0:
        parts.append(f"{percent(grid.skipped_share)} of the region skipped as background")
    if analysis is not None:
        parts.append(duration(analysis.provenance.seconds))
    likeness = findings.scores.likeness
    if analysis is not None and likeness is not None and not likeness.is_warning:
        unlike = f"{percent(likeness.share)} of the patches unlike"
        parts.append(f"{'like' if whole else unlike} the model’s training data")
    card = findings.card
    model = f"model {card.title or card.name} {card.version}"
    parts.append(f"{model} on {analysis.provenance.device}" if analysis else model)
    return ", ".join(parts) + "."


def verdicts_in_words(findings: Findings) -> str:
    """How many of each verdict: "3 accepted, 1 rejected, 10 open"."""
    verdicts = [findings.verdict(box.key) for box in findings.boxes]
    parts = [f"{verdicts.count(v):,} {v}" for v in ("accepted", "rejected", "open") if verdicts.count(v)]
    return ", ".join(parts)
