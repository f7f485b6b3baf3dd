"""Choose a model, a region, and let it run."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from ml.annotation.shapes import Shape
from ml.geometry import Spacing
from ml.progress import Step
from ml.report.words import count
from ml.results.likeness import REMEDY, Likeness
from ml.results.scores import Planned
from ml.zoo.card import ModelCard
from ml.zoo.store import ModelEntry
from viewer.panels.links import Links
from viewer.panels.model_view import ModelView
from viewer.panels.pieces import GRID, Heading, Notice, Page, PrimaryButton, Text, column, named, row, rule
from viewer.panels.quantities import extent
from viewer.panels.run_options import AnalyzeOptions, RunOptions
from viewer.panels.run_view import Ending, RunView
from viewer.panels.slide_facts import physical_size
from viewer.state.annotated import MOST_AREAS
from viewer.state.opened_slide import OpenedSlide


@dataclass(frozen=True)
class _Asked:
    """What a result depends on: when it is no longer what is set, the result is stale."""

    model: str
    cam: str
    region: Shape | None  # None: the whole slide
    spacing: Spacing | None


@dataclass
class _Run:
    """The run that goes on, or the last one, on one slide."""

    opened: OpenedSlide | None
    asked: _Asked
    drawn: dict[str, Shape]  # the annotations that were its region, by id
    text: str = ""
    kind: Ending | None = None  # None while it runs


class AnalyzePanel(QWidget):
    """Model and its card, options, region, the button, progress and result."""

    analyze_region_wished = Signal()
    analyze_slide_wished = Signal()
    stop_wished = Signal()
    options_changed = Signal(object)  # AnalyzeOptions

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opened: OpenedSlide | None = None
        self._links = Links()
        self._run: _Run | None = None
        self._whole_slide = False
        self.model = ModelView(self)
        self.run_options = RunOptions(self)
        self.region_text = Text(parent=self)
        self.spacing_notice = Notice(parent=self)
        self.likeness_notice = Notice(parent=self)
        self.region_button = PrimaryButton("Analyze region", self)
        named(self.region_button, "Analyze region", "Let the model look at the selected region (A)")
        self.slide_button = QPushButton("Analyze whole slide", self)
        named(self.slide_button, "Analyze whole slide", "Let the model look at all tissue of the slide")
        self.run_view = RunView(self)
        self._lay_out()
        self.model.changed.connect(self._changed)
        self.run_options.changed.connect(self._changed)
        self.region_button.clicked.connect(self._wish_region)
        self.slide_button.clicked.connect(self._wish_slide)
        self.run_view.stop_wished.connect(self.stop_wished)
        self.run_view.again_wished.connect(self._wish_again)
        self.set_slide(None)

    def _lay_out(self) -> None:
        page = Page(self)
        page.column.addWidget(Heading("Model", self))
        page.column.addWidget(self.model)
        page.column.addWidget(rule())
        page.column.addWidget(self.run_options)
        page.column.addStretch(1)
        foot = column(margin=3 * GRID)
        foot.addWidget(self.region_text)
        foot.addWidget(self.spacing_notice)
        foot.addWidget(self.likeness_notice)
        foot.addLayout(row(self.region_button, self.slide_button))
        foot.addWidget(self.run_view)
        layout = column(self, gap=0)
        layout.addWidget(page, 1)
        layout.addWidget(rule())
        layout.addLayout(foot)

    def set_models(self, entries: tuple[ModelEntry, ...]) -> None:
        """Offer these models."""
        self.model.set_models(entries)

    def choose_model(self, name: str) -> None:
        """Choose a model by its name, if it is there."""
        self.model.choose(name)

    @property
    def options(self) -> AnalyzeOptions:
        """What is chosen now; the model's name is empty while there is none that can run."""
        return self.run_options.options(self.card.name if self.card else "")

    def show_device(self, text: str) -> None:
        """Say where it will run, and why not on a graphics card."""
        self.run_options.device_text.say(text)

    def show_likeness(self, likeness: Likeness | None) -> None:
        """Warn that tissue is unlike the model's training data; where it is like them, say nothing."""
        words = ""
        if likeness is not None and likeness.is_warning:
            words = f"{likeness.of_a_few_in_words()} {REMEDY}"
        self.likeness_notice.say(words, "warning")

    @property
    def card(self) -> ModelCard | None:
        """The card of the chosen model."""
        return self.model.entry.card if self.model.entry else None

    def set_slide(self, opened: OpenedSlide | None) -> None:
        """Look at another slide, or at none."""
        self._links.drop()
        self._opened = opened
        if opened is not None:
            for signal in (opened.selection_changed, opened.annotations_changed, opened.spacing_changed):
                self._links.follow(signal, self._changed)
        run = self._run
        if run is not None and run.kind is not None:  # a result is shown beside its own slide only
            self.run_view.clear()
            if run.opened is opened and opened is not None:
                self.run_view.end(run.text, run.kind)
        self._changed()

    def run_started(self, *, whole_slide: bool | None = None) -> None:
        """A run begins on the slide that is looked at. `whole_slide` None: as the person last wished here."""
        region = self._region
        whole = self._whole_slide if whole_slide is None else whole_slide
        self._whole_slide = False
        asked = self._asked(None if whole else region)
        chosen = () if whole or self._opened is None else self._opened.selected_all
        self._run = _Run(self._opened, asked, {one.id: one.shape for one in chosen})
        self.run_view.start("")
        self._changed()

    def show_planned(self, planned: Planned) -> None:
        """Say how many patches there are and what share is skipped."""
        if self.card is None or self.card.preparation is None:  # else it is one picture
            self.run_view.plan(planned)

    def show_step(self, step: Step) -> None:
        """Say how far the run is."""
        self.run_view.step(step)

    def run_ended(self, text: str, kind: Ending) -> None:
        """The run is over: say how."""
        if self._run is not None:
            self._run.text, self._run.kind = text, kind
        here = self._run is None or self._run.opened is self._opened
        self.run_view.end(text if here else "", kind)
        if not here:
            self.run_view.clear()
        self._changed()

    @property
    def is_running(self) -> bool:
        """Whether a run goes on, on whichever slide."""
        return self._run is not None and self._run.kind is None

    @property
    def _region(self) -> Shape | None:
        return self._opened.region if self._opened else None

    def _asked(self, region: Shape | None) -> _Asked:
        known = self._opened.spacing if self._opened else None
        now = self.options
        return _Asked(now.model, now.cam, region, known.spacing if known else None)

    def _changed(self, _: object = None) -> None:
        """Something that a run depends on is different now."""
        opened, card = self._opened, self.card
        self.region_text.setText(region_in_words(opened, self._region, card))
        missing = opened is not None and opened.spacing is None
        self.spacing_notice.say(
            "This file does not say how large a pixel is: you will be asked before the analysis."
            if missing
            else "",
            "warning",
        )
        ready = opened is not None and card is not None and not self.is_running
        self.region_button.setEnabled(ready and self._region is not None)
        self.slide_button.setEnabled(ready)
        for part in (self.model, self.run_options):
            part.setEnabled(not self.is_running)
        self.run_view.say_stale(self._what_is_stale())
        self.options_changed.emit(self.options)

    def _what_is_stale(self) -> str:
        run = self._run
        if run is None or run.kind in {None, "refused", "failed"} or run.opened is not self._opened:
            return ""
        then, now = run.asked, self._asked(self._region)
        changes = [
            word
            for word, differs in (
                ("model", now.model != then.model),
                ("Grad-CAM choice", now.cam != then.cam),
                ("region", now.region != then.region and self._is_redrawn(run)),
                ("pixel size", now.spacing != then.spacing),
            )
            if differs
        ]
        return f"The {' and the '.join(changes)} changed since this result." if changes else ""

    def _is_redrawn(self, run: _Run) -> bool:
        """Whether what was analyzed is drawn otherwise now; not where something else is drawn or selected."""
        if self._opened is None or self._region is None:
            return False
        there = self._opened.annotations
        return any(one not in there or there[one].shape != shape for one, shape in run.drawn.items())

    def _wish_region(self) -> None:
        self._whole_slide = False
        self.analyze_region_wished.emit()

    def _wish_slide(self) -> None:
        self._whole_slide = True
        self.analyze_slide_wished.emit()

    def _wish_again(self) -> None:
        whole = self._run is not None and self._run.asked.region is None
        (self._wish_slide if whole else self._wish_region)()


def region_in_words(opened: OpenedSlide | None, region: Shape | None, card: ModelCard | None) -> str:
    """The region's size ("2.1 × 1.8 mm, about 410 patches"), or what to do to get one."""
    if opened is None:
        return "Open a slide first."
    if region is None and len(opened.selection) > MOST_AREAS:
        return f"{len(opened.selection):,} annotations are selected; {MOST_AREAS} at most make a region."
    if region is None:
        whole = physical_size(opened)
        size = f" The whole slide is {whole}{_patches(opened, None, card)}." if whole else ""
        what = "selected: click one, or" if len(opened.annotations) else "drawn:"
        return f"No region {what} press R and drag.{size}"
    if opened.spacing is None:
        size = f"{region.bounds.width:,.0f} × {region.bounds.height:,.0f} px"
        return f"Region: {size}{_patches(opened, region, card)}"
    spacing = opened.spacing.spacing
    size = extent(region.bounds.width * spacing.x, region.bounds.height * spacing.y)
    return f"Region: {size}{_patches(opened, region, card)}"


def _patches(opened: OpenedSlide, region: Shape | None, card: ModelCard | None) -> str:
    """How many patches there would be without the background; two figures are all that is known."""
    if card is not None and card.preparation is not None:
        return ", looked at as one picture"
    if card is None or opened.spacing is None:
        return ""
    whole = opened.info.bounds
    if region is None:
        area = whole.area
    else:  # the part that hangs over the edge holds no patches
        inside = region.bounds.intersection(whole).area / max(region.bounds.area, 1e-9)
        area = region.area * inside
    number = max(1, round(area / card.cell_on(opened.spacing.spacing).area))
    rounded = number if number < 100 else round(number, 1 - len(str(number)) + 1)
    return f", about {count(rounded, 'patch', 'patches')}"
