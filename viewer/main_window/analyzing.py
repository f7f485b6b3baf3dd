"""From *Analyze region* to layers that grow: asks what is missing, runs, and tells how it went."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Point
from ml.progress import Step
from ml.results.analysis import Analysis, BrokenOff
from ml.results.boxes import rule_of
from ml.results.cam import CamMap, CamPart
from ml.results.scores import Planned, ScorePart
from ml.verbs.analyze import AnalyzeRequest
from ml.zoo.card import ModelCard
from ml.zoo.store import ModelEntry
from viewer.main_window.found_line import FoundLine
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.run import Run, part_of
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.panels.run_options import AnalyzeOptions
from viewer.panels.run_view import Ending
from viewer.state.findings import Findings
from viewer.state.opened import Opened
from viewer.state.opened_slide import OpenedSlide


class Analyzing(QObject):
    """One run at a time, on the slide where it was wished for, whichever is looked at meanwhile."""

    changed = Signal()  # a run began or ended
    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, slides: Slides) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._slides = parts, frame, status, slides
        self._cards: dict[str, ModelCard] = {}
        self._run: Run | None = None
        self._last: dict[OpenedSlide, AnalyzeRequest] = {}
        self._found = FoundLine(status)
        self._no_region: Problem | None = None  # said by the banner until there is one
        work = parts.analysis
        for signal, slot in (
            (work.planned, self._plan),
            (work.scored, self._put),
            (work.cam_started, self._start_cam),
            (work.explained, self._put_cam),
            (work.step, self._tell),
            (work.note, lambda sentence: status.showMessage(sentence, 20_000)),
            (work.done, self._end),
            (work.stopped, self._end),
            (work.failed, self._fail),
            (work.patch_explained, self._put_single),
            (work.not_explained, self.refused.emit),
            (work.device_known, self._show_device),
            (parts.models.listed, self._list_models),
            (parts.models.failed, self.refused.emit),
            (parts.session.closing, self._forget),
            (frame.analyze.analyze_region_wished, self.analyze_region),
            (frame.analyze.analyze_slide_wished, self.analyze_slide),
            (frame.analyze.stop_wished, self.stop),
            (frame.analyze.options_changed, self._take_back_no_region),
            (status.stop_wished, self.stop),
        ):
            signal.connect(slot)

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._parts.analysis.running

    def analyze_region(self) -> None:
        """Analyze what is selected as one region; with nothing, ask for one and hand over the pencil."""
        opened, page = self._parts.session.slide, self._slides.page
        if opened is None or page is None:
            return
        drawn = list(opened.annotations)
        if opened.region is None and len(drawn) == 1:
            opened.select(drawn[0].id)
        region = opened.region
        if region is None:
            remedy = "Click the region to analyze." if drawn else "Draw one now: drag over the tissue."
            self._no_region = Problem("No region is selected.", remedy)
            self.refused.emit(self._no_region)
            if not drawn:
                page.take("rectangle")
            return
        self._start(opened, region)

    def analyze_slide(self) -> None:
        """Analyze all tissue of the slide."""
        if self._parts.session.slide is not None:
            self._start(self._parts.session.slide, None)

    def resume(self, opened: OpenedSlide) -> None:
        """Findings that were kept are shown again: patches of theirs can be explained, as after the run."""
        request = _again(opened, self._frame.analyze.options.device)
        if request is not None and request.model in self._cards:
            self._last[opened] = request
            self._frame.analyze.choose_model(request.model)

    def _take_back_no_region(self, _: object = None) -> None:
        opened = self._parts.session.slide
        if opened is None or opened.region is not None:
            self._frame.banner.take_back(self._no_region)

    def stop(self) -> None:
        """End the run within one batch, keeping what is there."""
        self._parts.analysis.stop()

    def warm(self) -> None:
        """Load libraries and the chosen model, when nobody is waiting."""
        options = self._frame.analyze.options
        self._parts.analysis.warm(options.model or None, options.device)

    @property
    def can_explain(self) -> bool:
        """Whether single patches can be explained: there is a result on this slide, and no run."""
        return self._parts.session.slide in self._last and not self.running

    def explain(self, point: Point) -> None:
        """Grad-CAM of the patch under a place, if it was analyzed and has none yet."""
        opened = self._parts.session.slide
        if opened is None or opened.findings is None or not self.can_explain:
            return
        cell = opened.findings.scores.grid.at(point)
        if cell is not None and opened.findings.scores.scored[cell]:
            self._parts.analysis.explain(self._last[opened], *cell)

    def _start(self, opened: OpenedSlide, region: Shape | None) -> None:
        options = self._frame.analyze.options
        card = self._cards.get(options.model)
        if self.running:
            self.refused.emit(Problem("A run is under way.", "Wait for it, or stop it first (Esc)."))
        elif card is None:
            self.refused.emit(Problem("No model is chosen.", "Choose one in the Analyze panel."))
        elif opened.spacing is not None or self._slides.ask_spacing(_why_spacing(card)):
            request = self._last[opened] = _request(opened, region, options)
            self._run = Run(opened, card)
            self._parts.settings.model = options.model
            self._frame.banner.dismiss()
            self._frame.analyze.run_started(whole_slide=region is None)
            self._parts.analysis.start(request)
            self._tell(Step("Starting", 0, 0))
            self.changed.emit()

    def _plan(self, planned: Planned) -> None:
        self._frame.analyze.show_planned(planned)
        run = self._run
        if run is not None and run.opened.spacing is not None:
            run.findings = Findings(planned, run.card, run.opened.spacing.spacing, rule_of(run.card))
            run.opened.set_findings(run.findings)

    def _put(self, part: ScorePart) -> None:
        if self._run is not None and self._run.findings is not None:
            self._run.findings.put(part)

    def _start_cam(self, cam: CamMap) -> None:
        if self._run is not None and self._run.findings is not None:
            self._run.findings.start_cam(cam)

    def _put_cam(self, part: CamPart) -> None:
        if self._run is not None and self._run.findings is not None:
            self._run.findings.put_cam(part)

    def _put_single(self, cam: CamMap) -> None:
        opened = self._parts.session.slide
        if opened is None or opened.findings is None:
            return
        findings = opened.findings
        if findings.cam is None or findings.cam.class_index != cam.class_index:
            findings.start_cam(CamMap.empty(cam.grid, cam.class_index, cam.cells))
        findings.put_cam(part_of(cam))

    def _tell(self, step: Step) -> None:
        if self._run is not None:
            self._frame.analyze.show_step(step)
            self._status.show_step(step)

    def _end(self, analysis: Analysis | None) -> None:
        run, self._run = self._run, None
        if run is None:
            self._close_run("Stopped; the slide was closed.", "stopped")
        elif analysis is None or run.findings is None:
            self._close_run("Stopped before the first patch was scored.", "stopped")
        else:
            run.finish(analysis)
            found = self._found.follow(run.findings)
            if analysis.complete:
                answered = run.findings.boxes or run.card.preparation is not None
                self._close_run(found, "finished" if answered else "nothing", run)
            else:
                self._close_run(f"Stopped. {found}", "stopped", run)

    def _fail(self, problem: Problem) -> None:
        run, self._run = self._run, None
        bug = "trace" in problem.facts
        if run is not None and run.findings is not None and isinstance(problem, BrokenOff):
            run.findings.finish(problem.analysis)  # what was scored until then can be reported
        self._close_run(str(problem), "failed" if bug else "refused")
        if run is not None:
            self.refused.emit(problem)

    def _close_run(self, text: str, kind: Ending, run: Run | None = None) -> None:
        self._frame.analyze.run_ended(text, kind)
        self._status.end_work(text, None if run is None else run.opened)
        self.changed.emit()

    def _forget(self, opened: Opened) -> None:
        self._found.drop()
        if isinstance(opened, OpenedSlide):
            self._last.pop(opened, None)
        if self._run is not None and self._run.opened is opened:
            self._run = None
            self.stop()

    def _list_models(self, entries: tuple[ModelEntry, ...]) -> None:
        self._cards = {entry.name: entry.card for entry in entries if entry.card is not None}
        self._frame.analyze.set_models(tuple(e for e in entries if e.card is None or not e.card.looks_at_ct))
        if self._parts.settings.model in self._cards:
            self._frame.analyze.choose_model(self._parts.settings.model)

    def _show_device(self, text: str) -> None:
        self._frame.analyze.show_device(text)
        self._status.show_device(text)


def _why_spacing(card: ModelCard) -> str:
    """What the size of a pixel is for, where the model does without."""
    whole = "The model looks at the whole picture and needs no size; the scale bar and the report go by it."
    return whole if card.preparation is not None else ""


def _request(opened: OpenedSlide, region: Shape | None, options: AnalyzeOptions) -> AnalyzeRequest:
    """What the choices in the panel ask for."""
    return AnalyzeRequest(
        slide=opened.info.path,
        model=options.model,
        region=region,
        spacing=opened.spacing,
        device=options.device,
        batch=options.batch,
        cam=options.cam,
    )


def _again(opened: OpenedSlide, device: str) -> AnalyzeRequest | None:
    """What the findings of a slide were asked for with; None where it has none."""
    findings = opened.findings
    if findings is None or findings.analysis is None:
        return None
    made = findings.analysis
    return AnalyzeRequest(
        slide=opened.info.path,
        model=findings.card.name,
        region=made.region,
        spacing=made.provenance.spacing,
        device=device,
    )
