"""Asks about what is worth a label: patches of an analyzed slide, slices of an analyzed CT series."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ml.errors import Problem
from ml.results.analysis import Analysis
from ml.results.ct_analysis import CtAnalysis
from ml.verbs.label_queue import Asked, label_queue, not_asked_yet
from ml.verbs.slice_queue import AskedSlice, is_single, require_single, slice_queue
from ml.volume.window import Window
from ml.zoo.card import ModelCard
from viewer.main_window.ct_page import CtPage
from viewer.main_window.parts import Parts
from viewer.main_window.series_gathering import Marked, SeriesGathering
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.status_line import StatusLine
from viewer.main_window.views import Views
from viewer.state.learning import LabelQueue, SliceQueue
from viewer.state.opened import Opened
from viewer.state.opened_series import OpenedSeries
from viewer.state.opened_slide import OpenedSlide
from viewer.wizard.answering import Answering, answers_of, request_of
from viewer.wizard.patch_view import PatchView
from viewer.wizard.questions import Questions
from viewer.wizard.queue_window import QueueWindow
from viewer.wizard.slice_answering import Asks, SliceAnswering
from viewer.wizard.slice_picture import SlicePicture
from viewer.wizard.slice_questions import asks_kept, model_of, request_for
from viewer.work.learning import LearningWork


class QueueAsking(QObject):
    """One window of questions at most; it belongs to what was looked at when it was opened."""

    retrain_wished = Signal()
    refused = Signal(object)  # Problem

    def __init__(
        self,
        parts: Parts,
        status: StatusLine,
        views: Views,
        work: LearningWork,
        window: QWidget,
        marked: Marked,
    ) -> None:
        """`marked`: cases whose series are asked about, too."""
        super().__init__(window)
        self._parts, self._status, self._views = parts, status, views
        self._work, self._window = work, window
        self._gathering = SeriesGathering(parts, status, work, marked, self)
        self._gathering.refused.connect(self.refused)
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
        if isinstance(opened, OpenedSeries):
            self._gathering.gather(model_of(opened), partial(self._open_slices, opened))
            return
        if isinstance(opened, OpenedSlide) and analysis is not None:
            queue = opened.learning.queue
            if queue is not None and queue.run == analysis.provenance.started and _has_open(opened):
                self._show_patches(opened, queue)
                return
        self.ask()

    def _open_slices(self, opened: OpenedSeries) -> None:
        """The same of slices, with all series that are open by now."""
        if opened not in self._parts.session.items:  # closed while others were opened
            return
        kept = asks_kept(self._together(opened))
        if any(one.uid not in series.learning.answers for series, queue in kept for one in queue.asked):
            self._show_slices(opened, kept)
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
            self._ask_about_slices(opened)

    def close(self) -> None:
        """Close the window of questions."""
        if self.window is not None:
            self.window.close()

    # ------------------------------------------------------------------ inside

    def _together(self, opened: OpenedSeries) -> list[OpenedSeries]:
        """The series that is looked at, and all that are open and were analyzed by the same model."""
        model = model_of(opened)
        others = (one for one in self._parts.session.items if isinstance(one, OpenedSeries))
        same = [
            one for one in others if one is not opened and is_single(one.series) and model_of(one) == model
        ]
        return [opened, *same] if model else [opened]

    def _ask_about_slices(self, opened: OpenedSeries) -> None:
        try:
            require_single(opened.series)
        except Problem as problem:
            self.refused.emit(problem)
            return
        self._status.showMessage("Looking for slices worth a label…")
        together = self._together(opened)
        job = partial(slice_queue, request_for(together))
        self._work.do(job, partial(self._take_slices, together), "Looking for slices worth a label")

    def _take_patches(self, opened: OpenedSlide, asked: tuple[Asked, ...]) -> None:
        origin, findings = self._origin(opened), opened.findings
        if origin is None or findings is None:
            return
        queue = LabelQueue(*origin, asked, several=findings.card.output == "sigmoid")
        opened.learning.set_queue(queue)
        self._show_patches(opened, queue)

    def _take_slices(self, together: list[OpenedSeries], asked: tuple[AskedSlice, ...]) -> None:
        """Each series keeps what is asked about it; those closed meanwhile are not asked about."""
        asks: list[Asks] = []
        for opened in together:
            origin = self._origin(opened)
            if origin is not None:
                queue = SliceQueue(*origin, tuple(one for one in asked if one.series == opened.series.key))
                opened.learning.set_queue(queue)
                asks.append((opened, queue))
        if asks:
            self._show_slices(asks[0][0], asks)

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

    def _show_patches(self, opened: OpenedSlide, queue: LabelQueue) -> None:
        from viewer.cases.library import whoever

        card = opened.findings.card if opened.findings is not None else None
        colors = dict(zip(queue.class_names, card.colors, strict=False)) if card is not None else {}
        questions = Answering(opened, queue, colors.get, whoever())
        self._show(questions, opened, PatchView(opened.path))

    def _show_slices(self, opened: OpenedSeries, asks: Sequence[Asks]) -> None:
        from viewer.cases.library import whoever

        card = opened.findings.card if opened.findings is not None else None
        questions = SliceAnswering(asks, whoever(), hidden=self._parts.settings.private)
        self._show(questions, opened, SlicePicture(questions.series, _window_of(card)))

    def _show(self, questions: Questions, opened: Opened, view: PatchView | SlicePicture) -> None:
        self.close()
        window = self.window = QueueWindow(questions, opened, view, self._window)
        window.retrain_wished.connect(self.retrain_wished)
        window.more_wished.connect(self.ask)
        window.place_wished.connect(self._go)
        window.finished.connect(lambda _: self._forget(window))
        window.show()
        window.raise_()
        window.activateWindow()

    def _go(self, asked: Asked | AskedSlice) -> None:
        """Where it lies, in the window behind; another series is brought there first."""
        questions = self.window.answering if self.window is not None else None
        if isinstance(questions, SliceAnswering):
            self._parts.session.make_current(questions.opened_at(questions.position))
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
        if self.window is None:
            return
        questions = self.window.answering
        series = questions.series if isinstance(questions, SliceAnswering) else ()
        if self.window.opened is opened or opened in series:
            self.window.close()


def _analysis_of(opened: object) -> Analysis | CtAnalysis | None:
    if not isinstance(opened, OpenedSlide | OpenedSeries) or opened.findings is None:
        return None
    return opened.findings.analysis


def _has_open(opened: OpenedSlide) -> bool:
    """Whether a question has no answer yet."""
    queue = opened.learning.queue
    places = tuple(one.shape.bounds for one in answers_of(opened))
    return queue is not None and bool(not_asked_yet(queue.asked, places))


def _window_of(card: ModelCard | None) -> Window:
    """How the model looks at slices first: what it sees is what is asked about."""
    windows = card.preparation.windows if card is not None and card.preparation is not None else ()
    return Window(*windows[0]) if windows else Window(40, 80)
