"""Learning from what a person says of a model's findings: asks, keeps apart what is made up, trains again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ml.annotation.answers import ANSWER, GIVEN
from ml.errors import Problem
from ml.geometry import Rect
from ml.progress import Step
from ml.report.words import count
from ml.results.analysis import Analysis
from ml.verbs.made_up import Handed, SpreadPatches, spread_patches
from ml.zoo.card import ModelCard
from viewer.actions.command import Bound
from viewer.main_window.parts import Parts
from viewer.main_window.queue_asking import QueueAsking
from viewer.main_window.series_gathering import Marked
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.main_window.training import Training
from viewer.main_window.views import Views
from viewer.state.opened_series import OpenedSeries
from viewer.state.opened_slide import OpenedSlide
from viewer.wizard.added import Begun
from viewer.wizard.answering import answers_of, request_of
from viewer.wizard.made_up_window import MadeUpWindow, made_up_of
from viewer.wizard.queue_window import QueueWindow
from viewer.wizard.retraining import begin_from, question_of
from viewer.work.learning import LearningWork
from viewer.work.told import Found, OnTable, Told, told_in
from viewer.work.told_series import FoundInSeries, SeriesHere, ToldSeries, told_series_in

_SHOWN_MS = 15_000


class Learning(QObject):
    """One window of questions at most; it belongs to the slide that was looked at."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(
        self,
        parts: Parts,
        status: StatusLine,
        views: Views,
        slides: Slides,
        training: Training,
        window: QWidget,
        marked: Marked,
    ) -> None:
        super().__init__(window)
        self._parts, self._status, self._slides = parts, status, slides
        self._training, self._window = training, window
        self.work = LearningWork(self)
        self.asking = QueueAsking(parts, status, views, self.work, window, marked)
        self.asking.retrain_wished.connect(self.retrain)
        self.asking.refused.connect(self._show_problem)
        self.made_up_window: MadeUpWindow | None = None
        self.work.step.connect(self._show_step)
        self.work.failed.connect(self._show_problem)
        training.retrain_wished.connect(self.retrain_model)
        parts.session.closing.connect(self._let_go)

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.training` do on what a person said."""
        return {
            "label_queue": Bound(self.asking.open, lambda: self.asking.possible),
            "made_up": Bound(self.open_made_up, lambda: self._opened is not None),
            "retrain": Bound(self.retrain),
        }

    @property
    def queue_window(self) -> QueueWindow | None:
        """The window of questions."""
        return self.asking.window

    # ------------------------------------------------------------------ made-up labels

    def open_made_up(self) -> None:
        """Show the labels that nobody gave."""
        opened = self._opened
        if opened is None:
            return
        self._close(self.made_up_window)
        window = self.made_up_window = MadeUpWindow(opened, self._window)
        window.hand_on_wished.connect(self.hand_on)
        window.place_wished.connect(self._go)
        window.finished.connect(lambda _: self._forget(window))
        _bring(window)

    def hand_on(self) -> None:
        """Hand the answers of this slide on to patches that look alike."""
        opened, analysis = self._opened, self._analysis
        if opened is None or analysis is None:
            words = "There is no analysis whose patches could be compared."
            self._show_problem(Problem(words, "Analyze a region, and label some of its patches."))
            return
        given = [one for one in answers_of(opened) if one.metadata.get(ANSWER) == GIVEN]
        places = tuple(one.shape.bounds for one in given)
        queue = replace(request_of(opened, analysis), labelled=places)
        job = partial(spread_patches, SpreadPatches(queue, tuple(one.class_name for one in given)))
        done = partial(self._take_handed, opened, len(given), analysis.provenance.model_name)
        self.work.do(job, done, "Handing labels on")

    def _take_handed(self, opened: OpenedSlide, answers: int, model: str, handed: tuple[Handed, ...]) -> None:
        self._status.clearMessage()
        opened.learning.set_made_up(made_up_of(handed, answers, model))

    # ------------------------------------------------------------------ training again

    def retrain(self) -> None:
        """Begin a training from the model whose findings are looked at, or else the chosen one."""
        current = self._parts.session.current
        findings = current.findings if isinstance(current, OpenedSlide | OpenedSeries) else None
        self.retrain_model(findings.card.name if findings is not None else self._parts.settings.model)

    def retrain_model(self, name: str) -> None:
        """Gather what was said, cut it, and show the wizard filled in."""
        if self.work.running:
            return
        self._status.showMessage("Gathering what was said of slides…")
        self.work.do(lambda _: _card_of(name), self._gather, "Finding the model")

    def _gather(self, card: ModelCard) -> None:
        question = question_of(card)
        if card.looks_at_ct:
            answers = {
                one.series.key: SeriesHere(dict(one.learning.answers), _found_in(one))
                for one in self._parts.session.items
                if isinstance(one, OpenedSeries)
            }
            self._parts.keeping.ask(
                lambda library: told_series_in(library, question, answers),
                partial(self._begin_with_series, card),
                self._show_problem,
            )
            return
        here = {
            one.path: OnTable(tuple(one.annotations), one.learning.made_up, _found_on(one))
            for one in self._parts.session.slides
            if not one.is_loading
        }
        self._parts.keeping.ask(
            lambda library: told_in(library, question, here),
            partial(self._cut, card),
            self._show_problem,
        )

    def _cut(self, card: ModelCard, told: Sequence[Told]) -> None:
        self.work.do(lambda progress: begin_from(card, told, progress), self._begin, "Beginning the training")

    def _begin_with_series(self, card: ModelCard, told: Sequence[ToldSeries]) -> None:
        self.work.do(
            lambda progress: begin_from(card, (), progress, told), self._begin, "Beginning the training"
        )

    def _begin(self, begun: Begun) -> None:
        self.asking.close()
        self._training.open_at(begun.folder)
        words = f"{count(begun.added, 'label')} of people since."
        if begun.before:
            words = f"{words[:-1]}, {count(begun.before, 'picture')} from before."
        if begun.made_up:
            words += f" {count(begun.made_up, 'made-up label')}, never in the verdict."
        self._status.showMessage(words, _SHOWN_MS)

    # ------------------------------------------------------------------ the rest

    def close(self) -> None:
        """Close its windows and end its work."""
        self.asking.close()
        self._close(self.made_up_window)
        self.work.close()

    @property
    def _opened(self) -> OpenedSlide | None:
        return self._parts.session.slide

    @property
    def _analysis(self) -> Analysis | None:
        findings = self._opened.findings if self._opened is not None else None
        return findings.analysis if findings is not None else None

    def _go(self, rect: Rect) -> None:
        if self._slides.page is not None:
            self._slides.page.view.show_rect(rect.grown(2 * rect.width))
            self._window.raise_()
            self._window.activateWindow()

    def _show_step(self, step: Step) -> None:
        done = f" {step.done} of {step.total}" if step.total else ""
        self._status.showMessage(f"{step.phase}{done}…")

    def _show_problem(self, problem: Problem) -> None:
        self._status.clearMessage()
        self.refused.emit(problem)

    def _let_go(self, opened: object) -> None:
        if self.made_up_window is not None and self.made_up_window.opened is opened:
            self.made_up_window.close()

    def _forget(self, window: QWidget) -> None:
        if self.made_up_window is window:
            self.made_up_window = None
        window.deleteLater()

    def _close(self, window: QWidget | None) -> None:
        if window is not None:
            window.close()


def _found_on(opened: OpenedSlide) -> Found | None:
    """What the last analysis found, as it stands now."""
    findings = opened.findings
    if findings is None or findings.analysis is None:
        return None
    made = findings.analysis.provenance
    boxes = {box.key: (box.class_index, box.rect) for box in (*findings.accepted, *findings.boxes)}
    found = dict(findings.verdicts), findings.scores.class_names, made.model_name, made.started
    return Found(boxes, *found, findings.analysis.region)


def _found_in(opened: OpenedSeries) -> FoundInSeries | None:
    findings = opened.findings
    if findings is None or findings.analysis is None:
        return None
    made, names = findings.analysis.provenance, findings.scores.class_names
    return FoundInSeries(findings.items, dict(findings.verdicts), names, made.model_name, made.started)


def _card_of(name: str) -> ModelCard:
    from ml.zoo.store import find

    return find(name).card


def _bring(window: QWidget) -> None:
    window.show()
    window.raise_()
    window.activateWindow()
