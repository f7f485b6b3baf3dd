"""Open CT series that are asked about together: what is looked for, and what was kept of the questions."""

from __future__ import annotations

from collections.abc import Sequence

from ml.verbs.slice_queue import AnalyzedSeries, SliceQueueRequest
from viewer.state.opened_series import OpenedSeries
from viewer.wizard.slice_answering import Asks

_ALONE, _TOGETHER = (20, 120), (40, 240)
"""Slices that are asked about, and that are compared: of one series, of several."""


def model_of(opened: OpenedSeries) -> str:
    """Which model has analyzed it to the end: the hash of its weights; empty: none."""
    findings = opened.findings
    if findings is None or findings.analysis is None:
        return ""
    return findings.analysis.provenance.model_sha256


def request_for(together: Sequence[OpenedSeries]) -> SliceQueueRequest:
    """What is looked for in series that the same model has analyzed."""
    series, name, sha256 = [], "", ""
    for opened in together:
        analysis = opened.findings.analysis if opened.findings is not None else None
        if analysis is None:
            continue
        name, sha256 = analysis.provenance.model_name, analysis.provenance.model_sha256
        known = opened.learning.answers
        labelled = tuple(n for n, slice_ in enumerate(opened.series.slices) if slice_.uid in known)
        series.append(AnalyzedSeries(opened.series, analysis.scores, labelled))
    count, looked_at = _ALONE if len(series) == 1 else _TOGETHER
    return SliceQueueRequest(tuple(series), name, count, looked_at, sha256=sha256)


def asks_kept(together: Sequence[OpenedSeries]) -> list[Asks]:
    """The questions that were kept; none where a series has none of its last analysis: then all ask anew."""
    found: list[Asks] = []
    for opened in together:
        analysis = opened.findings.analysis if opened.findings is not None else None
        queue = opened.learning.queue
        if analysis is None or queue is None or queue.run != analysis.provenance.started:
            return []
        found.append((opened, queue))
    return found
