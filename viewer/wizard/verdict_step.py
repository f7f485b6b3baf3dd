"""Step 7: what the model is worth on patients that it had not seen, and where it was wrong."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QPushButton, QTabWidget, QWidget

from ml.errors import Problem
from ml.report.words import count
from ml.zoo.bundle import load_card
from ml.zoo.card import ModelCard
from viewer.panels.pieces import GRID, Text, column, in_order, named, row
from viewer.wizard.answers import Answer, read_answers, read_map
from viewer.wizard.compare_view import CompareView
from viewer.wizard.desk import Desk
from viewer.wizard.example_strip import ExampleStrip
from viewer.wizard.figures_part import FiguresPart, tile_of
from viewer.wizard.judged import Judged, judged, meaning_of
from viewer.wizard.map_view import MapView
from viewer.wizard.mending import mended, next_plan
from viewer.wizard.picture_pane import PicturePane
from viewer.wizard.reliability_view import ReliabilityView
from viewer.wizard.reviewing import Reviewing
from viewer.wizard.step import Step
from viewer.wizard.threshold_view import ThresholdView
from viewer.wizard.training_run import TrainingRun
from viewer.work.model_making import ModelMaking

_MOST = 60  # doubtful labels that are shown
_NOBODY_SAID = (
    "Every picture was judged by a model that had not learned from it. Nobody has said whose a picture is: "
    "where two are of one patient, all figures are too good. In brackets, as a range: where a figure would "
    "lie in 95 of 100 such groups of pictures."
)
_NO_MAP = (
    "Not drawn yet. The map lays pictures that look alike to the model near each other; for it, all pictures "
    "are looked at once more, without learning."
)
_LOOK_BACK = (
    "The map lays pictures that look alike to the model near each other: a picture among those of another "
    "label is worth a look. Far apart means little, and so does the size of a group."
)


class VerdictStep(Step):
    """Reads what the training left; figures, suspects and comparisons are those of `ml.evaluate`."""

    title = "Verdict"
    heading = "What is it worth?"
    meaning = (
        "Every picture was judged by a model that had never seen its patient. In brackets, as a range: where "
        "a figure would lie in 95 of 100 groups of patients like these."
    )
    scrolls = False

    picture_wished = Signal(object, object)  # Path; place on the slide, or None

    def __init__(self, desk: Desk, run: TrainingRun, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.run = run
        self.answers: tuple[Answer, ...] = ()
        self.judged: Judged | None = None
        self.suspects: tuple[Answer, ...] = ()
        self.reviewing = Reviewing(desk, self)
        self.work = ModelMaking(self)
        self.tabs = QTabWidget(self)
        self.tabs.setDocumentMode(True)
        self.figures = FiguresPart(self)
        self.overall, self.confusion, self.strip = (
            self.figures.overall,
            self.figures.confusion,
            self.figures.strip,
        )
        self.doubts = ExampleStrip(160, self, clickable=True)
        self.doubts_told = Text(parent=self)
        self.map = MapView(self)
        self.threshold, self.reliability = ThresholdView(self), ReliabilityView(self)
        self.compare = CompareView(self)
        self.pane = PicturePane(self)
        self.look_back = QPushButton("Look back", self)
        self.look_told = Text(quiet=True, parent=self)
        self.mended_told = Text(parent=self)
        self.again_button = QPushButton("Train again with these labels", self)
        self.undo_button = QPushButton("Take all back", self)
        self._lay_out()
        self._connect()

    def obstacle(self) -> str:
        """Without a finished training there is nothing to judge."""
        return "" if self.run.report() else "Train first."

    def enter(self) -> None:
        """Read what the training left."""
        self.show_plan()

    def show_plan(self) -> None:
        """Figures of the training on the desk."""
        alone = self.plan.data.patients == "each" and self.plan.kind != "scans"
        self.meaning_told.setText(_NOBODY_SAID if alone else self.meaning)
        facts = self.run.report()
        self.answers = read_answers(self.desk.out) if facts else ()
        self.judged = judged(self.answers, several=self.plan.several)
        self.suspects = self.judged.suspects() if self.judged is not None else ()
        self.figures.show_facts(facts, self.answers)
        self.doubts.show_tiles(tuple(map(tile_of, self.suspects[:_MOST])))
        self.doubts_told.say(doubts_in_words(len(self.suspects), self.judged is not None))
        self.threshold.show_answers(self.judged, self._card())
        self.reliability.show_answers(self.judged)
        self.show_review()
        self.show_picture(None)
        self._show_mended()

    def show_review(self) -> None:
        """Map and comparisons, as far as they were made."""
        reviewing = self.reviewing
        fits = self.judged is not None and reviewing.fits
        self.map.show_points(read_map(reviewing.map_file, self.answers) if fits else ())
        self.map.setVisible(fits)
        simple = reviewing.folder / "simple" if fits else None
        self.compare.show_answers(self.judged, self.desk.folder, simple)
        self._show_phase()

    def show_picture(self, answer: Answer | None) -> None:
        """One picture, closely."""
        self.pane.show_answer(answer, self.plan)
        self._show_pane()

    def relabel(self, answer: Answer, label: str | None) -> None:
        """Give a picture another label for the next training; None takes that back."""
        self.desk.change(mended(self.plan, answer, label))
        self._show_mended()

    def train_again(self) -> None:
        """Begin another training on the mended labels; this one stays."""
        self.desk.begin_anew(next_plan(self.plan, self.desk.folder), step=1)

    def open_report(self) -> None:
        """Show the PDF in the system's viewer."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.desk.out / "report.pdf")))

    def close_work(self) -> None:
        """Read and count no more."""
        self.reviewing.close()
        self.work.close()
        for part in (self.strip, self.doubts, self.map, self.pane, self.compare):
            part.close_work()

    def _card(self) -> ModelCard | None:
        try:
            return load_card(self.desk.bundle) if self.judged is not None else None
        except Problem:
            return None

    def _set_threshold(self, name: str, threshold: float, found: object) -> None:
        assert self.judged is not None
        meaning = meaning_of(found, self.judged.slides)  # type: ignore[arg-type]  # a signal carries objects
        self.work.set_threshold(self.desk.bundle, name, threshold, meaning)

    def _thresholded(self) -> None:
        self.threshold.show_card(self._card())
        words = "Written into the model. “Use it” in step 8 hands it on."
        self.threshold.notice.say(words, "done")

    def _show_phase(self) -> None:
        reviewing = self.reviewing
        self.look_back.setEnabled(self.judged is not None and not reviewing.running)
        self.look_back.setVisible(reviewing.running or not reviewing.fits)
        waiting = reviewing.phase or _NO_MAP
        words = _LOOK_BACK if reviewing.fits else waiting
        self.look_told.say(words)
        self.notice.say(reviewing.trouble, "refusal")

    def _show_pane(self) -> None:
        pictures = self.tabs.currentIndex() < 3
        self.pane.setVisible(pictures and self.pane.answer is not None)

    def _show_mended(self) -> None:
        number = len(self.plan.mended)
        self.mended_told.say(f"{count(number, 'label')} changed for the next training." if number else "")
        for button in (self.again_button, self.undo_button):
            button.setVisible(number > 0)

    def _take_back(self) -> None:
        self.desk.change(replace(self.plan, mended={}))
        self.show_picture(self.pane.answer)
        self._show_mended()

    def _lay_out(self) -> None:
        doubts, around_map = QWidget(self), QWidget(self)
        inside = column(doubts, margin=3 * GRID)
        for widget in (self.doubts_told, self.doubts):
            inside.addWidget(widget)
        inside.addStretch(1)
        inside = column(around_map, margin=3 * GRID)
        line = row(self.look_told, self.look_back)
        line.setStretch(0, 1)
        inside.addLayout(line)
        inside.addWidget(self.map, 1)
        inside.addStretch()
        for view in (self.threshold, self.reliability):
            layout = view.layout()
            assert layout is not None
            layout.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        titles = ("Figures", "Doubtful labels", "Map", "Threshold", "Probabilities", "Compared")
        pages = (self.figures, doubts, around_map, self.threshold, self.reliability, self.compare)
        for title, page in zip(titles, pages, strict=True):
            self.tabs.addTab(page, title)
        self.tabs.tabBar().setAccessibleName("Parts of the verdict")
        whole = row(self.tabs, self.pane, gap=3 * GRID)
        whole.setStretch(0, 1)
        self.body.addLayout(whole, 1)
        foot = row(self.mended_told, self.again_button, self.undo_button)
        foot.setStretch(0, 1)
        self.body.addLayout(foot)
        named(self.look_back, "Look back", "Draw the map, and make a simple model to compare with")
        tip = "Begin another training with these labels; this one stays as it is"
        named(self.again_button, "Train again with these labels", tip)
        named(self.undo_button, "Take all back", "Leave all labels as they are")
        for button in (self.look_back, self.again_button, self.undo_button):
            button.setAutoDefault(False)
        in_order(self.look_back, self.map, self.pane.label, self.pane.open_button)

    def _connect(self) -> None:
        self.figures.report_wished.connect(self.open_report)
        for part in (self.figures, self.map):
            part.chosen.connect(self.show_picture)
        self.doubts.chosen.connect(lambda number: self.show_picture(self.suspects[number]))
        self.pane.relabelled.connect(self.relabel)
        self.pane.open_wished.connect(self.picture_wished)
        self.threshold.wished.connect(self._set_threshold)
        self.work.thresholded.connect(lambda _: self._thresholded())
        self.work.failed.connect(lambda problem: self.notice.say(str(problem), "refusal"))
        self.look_back.clicked.connect(self.reviewing.begin)
        self.reviewing.changed.connect(self._show_phase)
        self.reviewing.ended.connect(self.show_review)
        self.again_button.clicked.connect(self.train_again)
        self.undo_button.clicked.connect(self._take_back)
        self.tabs.currentChanged.connect(lambda _: self._show_pane())


def doubts_in_words(number: int, tested: bool) -> str:
    """What is to be done about labels that were contradicted."""
    if not tested:
        return ""
    if not number:
        return "No label was contradicted surely."
    return (
        f"{count(number, 'picture')} whose label it contradicts, as sure as it is of other pictures; the "
        "surest first. Wrong labels are often among them, and so are pictures that are hard: look before "
        "you change one. Click a picture to see it larger and give it another label."
    )
