"""What a model said of a CT series, as it arrives, and what the person decided about it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from ml.results.ct_analysis import CtAnalysis, CtCam
from ml.results.ct_findings import CtFinding, find_ct
from ml.results.ct_scores import CtPart, CtPlanned, CtScores
from ml.volume.series import Series
from ml.zoo.card import ModelCard
from viewer.state.findings import Verdict


class CtFindings(QObject):
    """Answers, findings, maps and verdicts of one analysis of one series."""

    scored = Signal()  # more slices have answers; findings may be others
    explained = Signal(int, int)  # slice and class of a map that is new
    decided = Signal()  # a verdict is another one
    finished = Signal()  # `analysis` is there
    selected = Signal()  # another finding, or another class, is shown

    def __init__(self, planned: CtPlanned, card: ModelCard, series: Series) -> None:
        super().__init__()
        self.card, self.series = card, series
        self.scores = CtScores.empty(planned.count, planned.class_names)
        self.thresholds = card.thresholds or (card.threshold,) * len(planned.class_names)
        self.items: tuple[CtFinding, ...] = ()
        self.cams: dict[tuple[int, int], CtCam] = {}
        self.analysis: CtAnalysis | None = None  # the whole, once the run is over
        self.verdicts: dict[str, Verdict] = {}
        self.shown_class = card.shown_class
        self.selected_key = ""

    def put(self, part: CtPart) -> None:
        """Take answers."""
        self.scores.put(part)
        self.items = find_ct(self.scores, self.thresholds, self.series.uid)
        self.scored.emit()

    def put_cam(self, cam: CtCam) -> None:
        """Take a map."""
        self.cams[cam.slice_number, cam.class_index] = cam
        self.explained.emit(cam.slice_number, cam.class_index)

    def finish(self, analysis: CtAnalysis) -> None:
        """The run is over; what it gives counts."""
        self.analysis = analysis
        self.scores = analysis.scores
        self.items = find_ct(self.scores, self.thresholds, self.series.uid)
        for cam in analysis.cams:
            self.put_cam(cam)
        self.scored.emit()
        self.finished.emit()

    @classmethod
    def of(
        cls, analysis: CtAnalysis, card: ModelCard, series: Series, verdicts: Mapping[str, Verdict]
    ) -> CtFindings:
        """Those of an analysis that was kept, with what was decided about them."""
        scores = analysis.scores
        planned = CtPlanned(np.flatnonzero(scores.scored), len(series), scores.class_names)
        found = cls(planned, card, series)
        found.verdicts = dict(verdicts)
        found.finish(analysis)
        return found

    def verdict(self, finding: CtFinding) -> Verdict:
        """What the person decided; "open" when nothing yet."""
        return self.verdicts.get(finding.key, "open")

    @property
    def selection(self) -> CtFinding | None:
        """The finding that is looked at."""
        return next((item for item in self.items if item.key == self.selected_key), None)

    def select(self, finding: CtFinding | None) -> None:
        """Look at a finding; its class is shown from then on."""
        self.selected_key = "" if finding is None else finding.key
        if finding is not None:
            self.shown_class = finding.class_index
        self.selected.emit()

    def beside(self, slice_number: int, way: int) -> CtFinding | None:
        """The finding after (way 1) or before (-1) that place, slice by slice; after the last the first.

        Of several that peak in one slice each has its turn. Rejected ones are passed over.
        """
        order = [item for item in self.items if self.verdict(item) != "rejected" or item is self.selection]
        order = sorted(order, key=lambda item: item.peak_slice)[::way]
        chosen = self.selection
        if chosen is not None and chosen.peak_slice == slice_number:
            after = order.index(chosen) + 1
        else:
            after = sum((item.peak_slice - slice_number) * way <= 0 for item in order)
        turn = [item for item in order[after:] + order[:after] if self.verdict(item) != "rejected"]
        return turn[0] if turn else None

    def show_class(self, class_index: int) -> None:
        """Show the maps of this class."""
        if class_index != self.shown_class:
            self.shown_class = class_index
            self.selected.emit()


class CtDecision(QUndoCommand):
    """A verdict on one finding, that can be taken back."""

    def __init__(self, findings: CtFindings, finding: CtFinding, verdict: Verdict) -> None:
        super().__init__({"accepted": "Accept finding", "rejected": "Reject finding"}.get(verdict, "Reopen"))
        self._findings, self._key = findings, finding.key
        self._before, self._after = findings.verdict(finding), verdict

    def redo(self) -> None:
        """Decide."""
        self._set(self._after)

    def undo(self) -> None:
        """As it was."""
        self._set(self._before)

    def _set(self, verdict: Verdict) -> None:
        self._findings.verdicts[self._key] = verdict
        self._findings.decided.emit()
