"""What people said of CT series in the case library, for a training; for the library's own thread."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.results.ct_analysis import CtAnalysis
from ml.results.ct_findings import CtFinding, find_ct
from ml.train.corrected import CORRECTION, QUEUE, REJECTION, Question
from viewer.cases.values import AnalysisRow, Item
from viewer.state.kept import readable
from viewer.state.learning import SliceAnswer, read_slice_notes

if TYPE_CHECKING:
    from viewer.cases.library import Library


@dataclass(frozen=True)
class SliceSaid:
    """A slice with the classes that it shows, as a person answered."""

    uid: str
    held: tuple[str, ...]
    source: str
    by: str
    at: str
    model: str
    worth: str
    run: str


@dataclass(frozen=True)
class RunSaid:
    """Slices of a finding that was accepted or rejected, `first` and `last` inside."""

    first: int
    last: int
    says: Mapping[str, bool]  # of which classes it says that slices show them, or do not; of others nothing
    source: str
    by: str
    at: str
    model: str
    run: str


@dataclass(frozen=True)
class FoundInSeries:
    """What an analysis found in a series, and verdicts on it by key."""

    items: tuple[CtFinding, ...]
    verdicts: Mapping[str, str]
    class_names: tuple[str, ...]
    model: str
    run: str  # when it began


@dataclass(frozen=True)
class SeriesHere:
    """Of a series that is open: what is there now, whether or not it is written yet."""

    answers: Mapping[str, SliceAnswer]
    found: FoundInSeries | None = None


@dataclass(frozen=True)
class ToldSeries:
    """A series with what people said. `series` tells it from others of its folder: see `Series.key`."""

    path: Path
    series: str
    answered: tuple[SliceSaid, ...]
    decided: tuple[RunSaid, ...] = ()


def told_series_in(
    library: Library, question: Question, open_series: Mapping[str, SeriesHere]
) -> tuple[ToldSeries, ...]:
    """Every series that something was said of, and whose files are there. `open_series` is by key."""
    found = (
        _told(library, item, question, open_series.get(str(item.facts.get("series", ""))))
        for row in library.cases()
        for item in library.items(row.id)
        if item.kind == "ct" and item.path.exists()
    )
    return tuple(one for one in found if one.answered or one.decided)


def _told(library: Library, item: Item, question: Question, here: SeriesHere | None) -> ToldSeries:
    notes = readable(library.state(item.id, "learning"), read_slice_notes)
    answers = here.answers if here is not None else notes[1] if notes is not None else {}
    said = tuple(one for one in (_said(answer, question) for answer in answers.values()) if one is not None)
    return ToldSeries(
        item.path, str(item.facts.get("series", "")), said, _decided(library, item, question, here)
    )


def _said(answer: SliceAnswer, question: Question) -> SliceSaid | None:
    """None: not sure, or of other classes."""
    labels = question.labels_in(answer.label) if answer.label else None
    if labels is None:
        return None
    held = tuple(labels.split(";")) if labels else ()
    return SliceSaid(answer.uid, held, QUEUE, answer.by, answer.at, answer.model, answer.worth, answer.run)


def _decided(
    library: Library, item: Item, question: Question, here: SeriesHere | None
) -> tuple[RunSaid, ...]:
    """Findings of the last analysis with a verdict."""
    last = max(library.analyses(item.id), key=lambda row: row.id, default=None)
    found = here.found if here is not None else None
    if found is None and last is not None and last.verdicts:
        found = _found(library, last)
    if found is None:
        return ()
    kept = last is not None and last.summary.get("started") == found.run
    decided = library.decided(last.id) if last is not None and kept else {}
    now, said = time.strftime("%Y-%m-%dT%H:%M:%S%z"), []
    for one in found.items:
        verdict, written = found.verdicts.get(one.key, "open"), decided.get(one.key)
        says = _says(found.class_names[one.class_index], verdict, question)
        if not says:
            continue
        source = CORRECTION if verdict == "accepted" else REJECTION
        by, at = (library.author, now) if written is None else (written.author, written.at)
        said.append(RunSaid(one.first, one.last, says, source, by, at, found.model, found.run))
    return tuple(said)


def _says(name: str, verdict: str, question: Question) -> Mapping[str, bool]:
    """Of which classes a verdict says anything. Where one alone can hold, an accepted one is it."""
    if verdict == "open" or name not in question.classes:
        return {}
    if verdict == "accepted" and not question.several:
        return {other: other == name for other in question.classes}
    return {name: verdict == "accepted"}


def _found(library: Library, last: AnalysisRow) -> FoundInSeries | None:
    """The same of a series that is closed."""
    analysis = library.analysis(last.id)
    if not isinstance(analysis, CtAnalysis):
        return None
    made, scores = analysis.provenance, analysis.scores
    items = find_ct(scores, analysis.thresholds, made.series_uid)
    return FoundInSeries(items, last.verdicts, scores.class_names, made.model_name, made.started)
