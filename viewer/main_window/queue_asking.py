"""Asks about what is worth a label: patches of an analyzed slide, slices of an analyzed CT series."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ml.errors import Problem
from ml.geometry import Rect
from ml.results.analysis import Analysis
from ml.results.ct_analysis import CtAnalysis
from ml.verbs.label_queue import Asked, label_queue, not_asked_yet
from ml.verbs.slice_queue import AskedSlice, SliceQueueRequest, require_single, slice_queue
from ml.volume.window import Window
from ml.zoo.card import ModelCard
from viewer.main_window.ct_page import CtPage
from viewer.main_window.parts import Parts
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.status_line import StatusLine
from viewer.main_window.views import Views
from viewer.state.learning import LabelQueue, SliceQueue
from viewer.state.opened_series import OpenedSeries
from viewer.state.opened_slide import OpenedSlide
from viewer.wizard.answering import Answering, answers_of, request_of
from viewer.wizard.patch_view import PatchView
from viewer.wizard.questions import Questions
from viewer.wizard.queue_window import QueueWindow
from viewer.wizard.slice_answering import SliceAnswering
from viewer.wizard.slice_picture import SlicePicture
from viewer.work.learning import LearningWork


class QueueAsking(QObject):
    """One window of questions at most; it belongs to what was looked at when it was opened."""

    retrain_wished = Signal()
    refused = Signal(object)  # Problem

    def __init__(
        self, parts: Parts, status: StatusLine, views: Views, work: LearningWork, window: QWidget
    ) -> None:
        super().__init__(window)
        self._parts, self._status, self._views = parts, status, views
        self._work, self._window = work, window
        self.window: QueueWindow | None = None
        parts.session.closing.connect(self._let_go)

    @property
    def possible(self) -> bool:
        """Whether an analysis is looked at that has come to its end."""
        return _analysis_of(self._parts.session.current) is not None

    def open(self) -> None:
        """Go on with the questions about this analysis, or look for what is worth some."""
        opened = self._parts.session.current
        analysis = _analysis_of(opened)
        if not isinstance(opened, OpenedSlide | OpenedSeries) or analysis is None:
            return
        queue = opened.learning.queue
        if queue is not None and queue.run == analysis.provenance.started and _has_open(opened):
            self._show(opened, queue)
        else:
            self.ask()

    def ask(self) -> None:
        """Look for what is worth a label; the questions follow."""
        opened = self._parts.session.current
        analysis = _analysis_of(opened)
        if self._work.running:
            return
        if isinstance(opened, OpenedSlide) and isinstance(analysis, Analysis):
            self._status.showMessage("Looking for patches worth a label…")
            request = request_of(opened, analysis)
            job = partial(label_queue, request)
            self._work.do(job, partial(self._take_patches, opened), "Looking for patches worth a label")
        elif isinstance(opened, OpenedSeries) and isinstance(analysis, CtAnalysis):
            self._ask_about_slices(opened, analysis)

    def close(self) -> None:
        """Close the window of questions."""
        if self.window is not None:
            self.window.close()

    # ------------------------------------------------------------------ inside

    def _ask_about_slices(self, opened: OpenedSeries, analysis: CtAnalysis) -> None:
        try:
            require_single(opened.series)
        except Problem as problem:
            self.refused.emit(problem)
            return
        self._status.showMessage("Looking for slices worth a label…")
        made, known = analysis.provenance, opened.learning.answers
        labelled = tuple(n for n, slice_ in enumerate(opened.series.slices) if slice_.uid in known)
        request = SliceQueueRequest(
            opened.series, made.model_name, analysis.scores, labelled, sha256=made.model_sha256
        )
        job = partial(slice_queue, request)
        self._work.do(job, partial(self._take_slices, opened), "Looking for slices worth a label")

    def _take_patches(self, opened: OpenedSlide, asked: tuple[Asked, ...]) -> None:
        origin, findings = self._origin(opened), opened.findings
        if origin is None or findings is None:
            return
        queue = LabelQueue(*origin, asked, several=findings.card.output == "sigmoid")
        opened.learning.set_queue(queue)
        self._show(opened, queue)

    def _take_slices(self, opened: OpenedSeries, asked: tuple[AskedSlice, ...]) -> None:
        origin = self._origin(opened)
        if origin is None:
            return
        queue = SliceQueue(*origin, asked)
        opened.learning.set_queue(queue)
        self._show(opened, queue)

    def _origin(
        self, opened: OpenedSlide | OpenedSeries
    ) -> tuple[str, str, str, str, tuple[str, ...]] | None:
        """The model, its version and hash, the run and its classes; None where it is looked at no more."""
        self._status.clearMessage()
        findings = opened.findings
        if opened not in self._parts.session.items or findings is None or findings.analysis is None:
            return None
        made, names = findings.analysis.provenance, findings.scores.class_names
        return made.model_name, made.model_version, made.model_sha256, made.started, names

    def _show(self, opened: OpenedSlide | OpenedSeries, queue: LabelQueue | SliceQueue) -> None:
        from viewer.cases.library import whoever

        self.close()
        questions: Questions
        view: PatchView | SlicePicture
        card = opened.findings.card if opened.findings is not None else None
        if isinstance(opened, OpenedSlide):
            assert isinstance(queue, LabelQueue)
            colors = dict(zip(queue.class_names, card.colors, strict=False)) if card is not None else {}
            questions, view = Answering(opened, queue, colors.get, whoever()), PatchView(opened.path)
        else:
            assert isinstance(queue, SliceQueue)
            questions, view = SliceAnswering(opened, queue, whoever()), SlicePicture(opened, _window_of(card))
        window = self.window = QueueWindow(questions, opened, view, self._window)
        window.retrain_wished.connect(self.retrain_wished)
        window.more_wished.connect(self.ask)
        window.place_wished.connect(self._go)
        window.finished.connect(lambda _: self._forget(window))
        window.show()
        window.raise_()
        window.activateWindow()

    def _go(self, asked: Asked | AskedSlice) -> None:
        """Where it lies, in the window behind."""
        page = self._views.page
        if isinstance(page, SlidePage) and isinstance(asked, Asked):
            page.view.show_rect(asked.rect.grown(2 * asked.rect.width))
        elif isinstance(page, CtPage) and isinstance(asked, AskedSlice):
            page.reading.go(asked.number)
        self._window.raise_()
        self._window.activateWindow()

    def _forget(self, window: QueueWindow) -> None:
        if self.window is window:
            self.window = None
        window.deleteLater()

    def _let_go(self, opened: object) -> None:
        if self.window is not None and self.window.opened is opened:
            self.window.close()


def _analysis_of(opened: object) -> Analysis | CtAnalysis | None:
    if not isinstance(opened, OpenedSlide | OpenedSeries) or opened.findings is None:
        return None
    return opened.findings.analysis


def _has_open(opened: OpenedSlide | OpenedSeries) -> bool:
    """Whether a question has no answer yet."""
    if isinstance(opened, OpenedSlide):
        queue = opened.learning.queue
        return queue is not None and bool(not_asked_yet(queue.asked, _places(opened)))
    slices = opened.learning.queue
    return slices is not None and any(one.uid not in opened.learning.answers for one in slices.asked)


def _places(opened: OpenedSlide) -> tuple[Rect, ...]:
    return tuple(one.shape.bounds for one in answers_of(opened))


def _window_of(card: ModelCard | None) -> Window:
    """How the model looks at slices first: what it sees is what is asked about."""
    windows = card.preparation.windows if card is not None and card.preparation is not None else ()
    return Window(*windows[0]) if windows else Window(40, 80)
