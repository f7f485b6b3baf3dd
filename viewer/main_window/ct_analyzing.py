"""From *Analyze series* to answers: asks what is missing, runs, and tells how it went."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from ml.progress import Step
from ml.report.ct_content import headline
from ml.results.ct_analysis import CtAnalysis, CtCam
from ml.results.ct_scores import CtPart, CtPlanned
from ml.verbs.analyze_ct import AnalyzeCtRequest
from ml.zoo.store import ModelEntry
from viewer.actions.command import Bound
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.ct_page import CtPage
from viewer.main_window.ct_windows import bound_to
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.run_view import Ending
from viewer.state.ct_findings import CtFindings
from viewer.state.opened import Opened
from viewer.state.opened_series import Mark, OpenedSeries


class CtAnalyzing(QObject):
    """One run at a time, on the series where it was wished for, whichever is looked at meanwhile."""

    changed = Signal()
    refused = Signal(object)  # Problem
    ended = Signal(object)  # OpenedSeries with findings, finished or stopped

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, opening: CtOpening) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._opening = parts, frame, status, opening
        self._run: tuple[OpenedSeries, AnalyzeCtRequest] | None = None
        self._asked: dict[OpenedSeries, AnalyzeCtRequest] = {}
        work, analyze = parts.ct_analysis, frame.ct_analyze
        for signal, slot in (
            (work.planned, self._plan),
            (work.scored, self._put),
            (work.explained, self._put_cam),
            (work.step, self._tell),
            (work.done, self._end),
            (work.stopped, self._end),
            (work.failed, self._fail),
            (parts.models.listed, self._list_models),
            (parts.session.closing, self._forget),
            (analyze.analyze_wished, self.analyze),
            (analyze.stop_wished, self.stop),
            (analyze.here_wished, self._choose_here),
            (status.stop_wished, self.stop),
            (opening.page_changed, self._follow),
        ):
            signal.connect(slot)

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._parts.ct_analysis.running

    def asked(self, opened: OpenedSeries) -> AnalyzeCtRequest | None:
        """What the last run on a series was asked for."""
        return self._asked.get(opened)

    def bounds(self) -> dict[str, Bound]:
        """What its command does."""
        analyze = bound_to(lambda: self._opening.page, lambda _: self.analyze(), lambda _: not self.running)
        return {"analyze_series": analyze}

    def analyze(self) -> None:
        """Let the chosen model look at the wished slices."""
        page, card = self._opening.page, self._frame.ct_analyze.card
        if page is None:
            return
        if self.running or self._parts.analysis.running:
            self.refused.emit(Problem("A run is under way.", "Wait for it, or stop it first (Esc)."))
        elif card is None:
            self.refused.emit(Problem("No model of CT is chosen.", "Choose one in the Analyze panel."))
        else:
            first, last = self._frame.ct_analyze.range
            device = self._frame.analyze.options.device
            request = AnalyzeCtRequest(page.opened.series, card.name, first, last, device)
            self._run = page.opened, request
            self._parts.settings.ct_model = card.name
            self._asked[page.opened] = request
            self._frame.banner.dismiss()
            self._frame.ct_analyze.run_started()
            self._parts.ct_analysis.start(request)
            self._tell(Step("Starting", 0, 0))
            self.changed.emit()

    def resume(self, opened: OpenedSeries) -> None:
        """Findings that were kept are shown again: slices of theirs can be explained, as after the run."""
        findings = opened.findings
        if findings is not None and findings.analysis is not None:
            device = self._frame.analyze.options.device
            self._asked[opened] = AnalyzeCtRequest(opened.series, findings.card.name, device=device)

    def stop(self) -> None:
        """End the run within one batch, keeping what is there."""
        self._parts.ct_analysis.stop()

    def _choose_here(self) -> None:
        page = self._opening.page
        if page is not None:
            self._frame.ct_analyze.set_range(page.reading.slice_, page.reading.slice_)

    def _plan(self, planned: CtPlanned) -> None:
        card = self._frame.ct_analyze.card
        if self._run is not None and card is not None:
            opened = self._run[0]
            opened.set_findings(CtFindings(planned, card, opened.series))

    def _put(self, part: CtPart) -> None:
        if self._run is not None and self._run[0].findings is not None:
            self._run[0].findings.put(part)
            mark(self._run[0])

    def _put_cam(self, cam: CtCam) -> None:
        if self._run is not None and self._run[0].findings is not None:
            self._run[0].findings.put_cam(cam)

    def _tell(self, step: Step) -> None:
        if self._run is not None:
            self._frame.ct_analyze.show_step(step)
            self._status.show_step(step)

    def _end(self, analysis: CtAnalysis | None) -> None:
        run, self._run = self._run, None
        if run is None:
            self._close_run("Stopped; the series was closed.", "stopped")
            return
        opened, findings = run[0], run[0].findings
        if analysis is None or findings is None:
            self._close_run("Stopped before the first slice was looked at.", "stopped")
            return
        findings.finish(analysis)
        mark(opened)
        found = headline(findings.scores, findings.items)
        opened.outcome = found if analysis.complete else f"Stopped. {found}"
        ending: Ending = "stopped" if not analysis.complete else "finished" if findings.items else "nothing"
        self._close_run(opened.outcome, ending, opened)
        self.ended.emit(opened)
        for note in analysis.notes[:1]:
            self.refused.emit(Problem(note, " ".join(analysis.notes[1:3])))

    def _fail(self, problem: Problem) -> None:
        run, self._run = self._run, None
        self._close_run(str(problem), "failed" if "trace" in problem.facts else "refused")
        if run is not None:
            self.refused.emit(problem)

    def _close_run(self, text: str, kind: Ending, opened: OpenedSeries | None = None) -> None:
        self._frame.ct_analyze.run_ended(text, kind)
        self._status.end_work(text, opened)
        self.changed.emit()

    def _forget(self, opened: Opened) -> None:
        if isinstance(opened, OpenedSeries):
            self._asked.pop(opened, None)
        if self._run is not None and self._run[0] is opened:
            self._run = None
            self.stop()

    def _list_models(self, entries: tuple[ModelEntry, ...]) -> None:
        self._frame.ct_analyze.set_models(
            tuple(e for e in entries if e.card is not None and e.card.looks_at_ct)
        )
        self._frame.ct_analyze.model.choose(self._parts.settings.ct_model)

    def _follow(self, page: CtPage | None) -> None:
        self._frame.ct_analyze.set_series(None if page is None else page.opened)


def mark(opened: OpenedSeries) -> None:
    """Peaks of findings that were not rejected, on the slider."""
    findings = opened.findings
    assert findings is not None
    names = findings.scores.class_names
    opened.set_marks(
        tuple(
            Mark(item.peak_slice, f"{names[item.class_index]} {item.peak:.0%}", item.peak)
            for item in findings.items
            if findings.verdict(item) != "rejected"
        )
    )
