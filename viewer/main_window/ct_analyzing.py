"""From *Analyze series* to curves, findings and maps: runs, tells how it went, hands on a report."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog

from ml.ct_about import patient_in_words
from ml.errors import Problem
from ml.progress import Step
from ml.report.ct_content import headline
from ml.report.ct_material import CtMaterial
from ml.report.ct_material import Measurement as Measured
from ml.results.ct_analysis import CtAnalysis, CtCam
from ml.results.ct_findings import CtFinding, map_boxes
from ml.results.ct_scores import CtPart, CtPlanned
from ml.verbs.analyze_ct import AnalyzeCtRequest
from ml.zoo.store import ModelEntry
from viewer.actions.command import Bound
from viewer.ct.finding_layer import FindingLayer
from viewer.ct.value_layer import ValueLayer
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.ct_page import CtPage
from viewer.main_window.ct_windows import bound_to
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.reporting import Reporting
from viewer.main_window.status_line import StatusLine
from viewer.panels.links import Links
from viewer.panels.run_view import Ending
from viewer.panels.series_panel import in_words
from viewer.state.ct_findings import CtDecision, CtFindings
from viewer.state.findings import Verdict
from viewer.state.opened import Opened
from viewer.state.opened_series import Mark, OpenedSeries

_SETTLED_MS = 250  # on one slice for so long: its map is wanted


class CtAnalyzing(QObject):
    """One run at a time, on the series where it was wished for, whichever is looked at meanwhile."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(
        self, parts: Parts, frame: Frame, status: StatusLine, opening: CtOpening, reporting: Reporting
    ) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status = parts, frame, status
        self._opening, self._reporting = opening, reporting
        self._run: tuple[OpenedSeries, AnalyzeCtRequest] | None = None
        self._asked: dict[OpenedSeries, AnalyzeCtRequest] = {}
        self._under_way: tuple[OpenedSeries, int, int] | None = None  # a single slice that is explained
        self._links = Links()
        self._opacity = 0.6
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._explain_here)
        work, analyze, findings = parts.ct_analysis, frame.ct_analyze, frame.ct_findings
        for signal, slot in (
            (work.planned, self._plan),
            (work.scored, self._put),
            (work.explained, self._put_cam),
            (work.step, self._tell),
            (work.done, self._end),
            (work.stopped, self._end),
            (work.failed, self._fail),
            (work.slice_explained, self._put_single),
            (work.not_explained, self._not_explained),
            (work.written, self._show_report),
            (work.not_written, self.refused.emit),
            (parts.models.listed, self._list_models),
            (parts.session.closing, self._forget),
            (analyze.analyze_wished, self.analyze),
            (analyze.stop_wished, self.stop),
            (status.stop_wished, self.stop),
            (findings.go_wished, self._go),
            (findings.accept_wished, lambda: self.decide("accepted")),
            (findings.reject_wished, lambda: self.decide("rejected")),
            (findings.export_wished, self.export),
            (findings.maps_wished, self._show_maps),
            (findings.opacity_wished, self._set_opacity),
            (opening.page_changed, self._follow),
        ):
            signal.connect(slot)

    @property
    def page(self) -> CtPage | None:
        """What is looked at, where it is CT."""
        return self._opening.page

    @property
    def findings(self) -> CtFindings | None:
        """Those of the series that is looked at."""
        return None if self.page is None else self.page.opened.findings

    @property
    def selection(self) -> CtFinding | None:
        """The finding that is selected there."""
        return None if self.findings is None else self.findings.selection

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._parts.ct_analysis.running

    def bounds(self) -> dict[str, Bound]:
        """What its commands do."""

        def has(_: CtPage) -> bool:
            return self.findings is not None

        def chosen(_: CtPage) -> bool:
            return self.selection is not None

        def page() -> CtPage | None:
            return self.page

        maps = self._frame.ct_findings.maps
        return {
            "analyze_series": bound_to(page, lambda _: self.analyze(), lambda _: not self.running),
            "ct_cam": bound_to(page, lambda _: maps.toggle(), has, lambda _: maps.isChecked()),
            "accept_finding": bound_to(page, lambda _: self.decide("accepted"), chosen),
            "most_suspicious": bound_to(page, lambda _: self._go_highest(), has),
        }

    def analyze(self) -> None:
        """Let the chosen model look at the wished slices."""
        page, card = self.page, self._frame.ct_analyze.card
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
            self._asked[page.opened] = request
            self._frame.banner.dismiss()
            self._frame.ct_analyze.run_started()
            self._parts.ct_analysis.start(request)
            self._tell(Step("Starting", 0, 0))
            self.changed.emit()

    def stop(self) -> None:
        """End the run within one batch, keeping what is there."""
        self._parts.ct_analysis.stop()

    def decide(self, verdict: Verdict) -> None:
        """Accept or reject the selected finding; once more takes it back."""
        findings, finding = self.findings, self.selection
        if self.page is not None and findings is not None and finding is not None:
            wanted: Verdict = "open" if findings.verdict(finding) == verdict else verdict
            self.page.opened.undo.push(CtDecision(findings, finding, wanted))

    def export(self) -> None:
        """Ask where to, and write the report."""
        page = self.page
        if page is None or not self.can_report:
            self.refused.emit(Problem("There is nothing to report yet.", "Analyze the series first (A)."))
            return
        start = self._parts.settings.last_folder or str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self._frame, "Folder for the report and its tables", start)
        if chosen:
            self._parts.settings.last_folder = chosen
            self.export_into(Path(chosen) / "CT report")

    def export_into(self, folder: Path) -> None:
        """Write the report of what is looked at into this folder."""
        page = self.page
        material = None if page is None else material_of(page, private=self._parts.settings.private)
        if material is not None:
            self._status.showMessage("Writing the report …")
            self._parts.ct_analysis.export(material, folder)

    # ------------------------------------------------------------------ the run

    def _plan(self, planned: CtPlanned) -> None:
        card = self._frame.ct_analyze.card
        if self._run is not None and card is not None:
            opened = self._run[0]
            opened.set_findings(CtFindings(planned, card, opened.series))

    def _put(self, part: CtPart) -> None:
        if self._run is not None and self._run[0].findings is not None:
            self._run[0].findings.put(part)
            _mark(self._run[0])

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
        _mark(opened)
        found = headline(findings.scores, findings.items)
        opened.outcome = found if analysis.complete else f"Stopped. {found}"
        ending: Ending = "stopped" if not analysis.complete else "finished" if findings.items else "nothing"
        self._close_run(opened.outcome, ending)
        if opened is self._parts.session.current:
            self._frame.inspector.setCurrentWidget(self._frame.ct_findings)
            if findings.items:
                findings.select(findings.items[0])
                self._go(findings.items[0].peak_slice)
        for note in analysis.notes[:1]:
            self.refused.emit(Problem(note, " ".join(analysis.notes[1:3])))

    def _fail(self, problem: Problem) -> None:
        run, self._run = self._run, None
        self._close_run(str(problem), "failed" if "trace" in problem.facts else "refused")
        if run is not None:
            self.refused.emit(problem)

    def _close_run(self, text: str, kind: Ending) -> None:
        self._frame.ct_analyze.run_ended(text, kind)
        self._status.end_work(text)
        self.changed.emit()

    def _forget(self, opened: Opened) -> None:
        if isinstance(opened, OpenedSeries):
            self._asked.pop(opened, None)
        if self._run is not None and self._run[0] is opened:
            self._run = None
            self.stop()

    # ------------------------------------------------------------------ what is shown

    def _list_models(self, entries: tuple[ModelEntry, ...]) -> None:
        self._frame.ct_analyze.set_models(tuple(entry for entry in entries if looks_at_ct(entry)))

    def _follow(self, page: CtPage | None) -> None:
        self._links.drop()
        self._frame.ct_analyze.set_series(None if page is None else page.opened)
        if page is not None:
            self._links.follow(page.opened.findings_changed, self._follow_findings)
            self._links.follow(page.reading.place_changed, self._settled.start)
        self._follow_findings()

    def _follow_findings(self) -> None:
        page, findings = self.page, self.findings
        self._frame.ct_findings.set_findings(findings)
        if page is not None:
            page.view.bar.curves.set_findings(findings)
            if findings is not None:
                self._links.follow(findings.explained, self._lay_soon)
                self._links.follow(findings.selected, self._lay)
                self._links.follow(findings.decided, lambda: _mark(page.opened))
                self._links.follow(findings.decided, self.changed.emit)
                self._links.follow(findings.scored, self.changed.emit)
            self._lay()
        self.changed.emit()

    def _lay_soon(self, _: int, class_index: int) -> None:
        if self.findings is not None and class_index == self.findings.shown_class:
            self._lay()

    def _lay(self) -> None:
        """Maps and boxes of the shown class over the slices."""
        page, findings = self.page, self.findings
        if page is None:
            return
        if findings is None or not self._frame.ct_findings.maps.isChecked():
            page.set_overlays(())
            return
        shown = {n: cam for (n, c), cam in findings.cams.items() if c == findings.shown_class}
        values = ValueLayer({n: cam.shown() for n, cam in shown.items()}, "inferno")
        values.set_opacity(self._opacity)
        boxes = FindingLayer(page.opened.series.slices[0].size)
        boxes.set_boxes({n: tuple(rect for rect, _ in map_boxes(cam.values)) for n, cam in shown.items()})
        page.set_overlays((values, boxes))
        self._settled.start()
        self.changed.emit()

    def _show_maps(self, _: bool) -> None:
        self._lay()
        self.changed.emit()

    def _set_opacity(self, opacity: float) -> None:
        self._opacity = opacity
        self._lay()

    def _go(self, slice_number: int) -> None:
        if self.page is not None:
            self.page.reading.go(slice_number)

    def _go_highest(self) -> None:
        findings = self.findings
        if findings is not None:
            slice_number, class_index = findings.scores.most_suspicious()
            if slice_number >= 0:
                findings.show_class(class_index)
                self._go(slice_number)

    def _explain_here(self) -> None:
        """The map of the slice that is looked at, where it has answers and no map yet; one after another."""
        page, findings = self.page, self.findings
        if page is None or findings is None or self.running or self._under_way is not None:
            return
        slice_number, class_index = page.reading.slice_, findings.shown_class
        request = self._asked.get(page.opened)
        wanted = self._frame.ct_findings.maps.isChecked() and findings.scores.scored[slice_number]
        if request is not None and wanted and (slice_number, class_index) not in findings.cams:
            self._under_way = page.opened, slice_number, class_index
            self._parts.ct_analysis.explain(request, slice_number, class_index)

    def _put_single(self, cam: CtCam) -> None:
        asked, self._under_way = self._under_way, None
        if asked is not None and asked[0].findings is not None:
            asked[0].findings.put_cam(cam)
        self._settled.start()

    def _not_explained(self, problem: Problem) -> None:
        self._under_way = None
        self._status.showMessage(str(problem), 8000)

    def _show_report(self, pdf: Path) -> None:
        self._status.showMessage(f"Report written: {pdf.name}", 10_000)
        self._reporting.show(pdf)

    @property
    def can_report(self) -> bool:
        """Whether there is a finished (or stopped) analysis of what is looked at."""
        return self.findings is not None and self.findings.analysis is not None


def looks_at_ct(entry: ModelEntry) -> bool:
    """Whether a model looks at slices of CT."""
    card = entry.card
    return card is not None and card.preparation is not None and bool(card.preparation.windows)


def material_of(page: CtPage, *, private: bool) -> CtMaterial | None:
    """What a report of this page is made from, as things stand now; None without a finished analysis."""
    opened, findings = page.opened, page.opened.findings
    if findings is None or findings.analysis is None:
        return None
    measured = tuple(
        Measured(m.kind, m.slice_, in_words(m, sized=opened.sized))
        for m in opened.measurements.items
        if m.slice_ is not None
    )
    return CtMaterial(
        opened.series,
        findings.analysis,
        findings.card,
        page.reading.look.window,
        dict(findings.verdicts),
        measured,
        patient="" if private else patient_in_words(opened.about, hidden=False),
    )


def _mark(opened: OpenedSeries) -> None:
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
