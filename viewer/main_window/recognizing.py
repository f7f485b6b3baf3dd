"""Says, before a run and after it, when tissue is unlike what the chosen model was trained on."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from ml.annotation.shapes import Shape
from ml.errors import Problem
from ml.geometry import Rect, Spacing
from ml.results.analysis import Analysis
from ml.results.likeness import REMEDY, Likeness
from ml.verbs.analyze import AnalyzeRequest
from ml.zoo.card import ModelCard
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.slides import Slides
from viewer.main_window.viewing import Viewing

_WAIT_MS = 600  # nobody moves the picture for so long: time to look at a few patches
_LEAST = 4  # patches along an edge of what is looked at, however close the person is


class Recognizing(QObject):
    """Looks at a handful of patches in the background, if the model knows its training data, else never."""

    def __init__(self, parts: Parts, frame: Frame, slides: Slides, viewing: Viewing) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._slides = parts, frame, slides
        self._asked: AnalyzeRequest | None = None  # the last one; what it said is shown or will be
        self._unlike: Problem | None = None  # what the banner says of the slide that is looked at
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_WAIT_MS)
        self._soon.timeout.connect(self.look)
        viewing.sharp.connect(self._look_soon)
        viewing.moved.connect(self._put_off)
        frame.analyze.options_changed.connect(self._look_soon)
        slides.page_changed.connect(self._look_soon)
        slides.page_changed.connect(self._take_back)
        parts.analysis.foretasted.connect(self._show)
        parts.analysis.done.connect(self._warn)
        parts.analysis.stopped.connect(self._warn)

    def look(self) -> None:
        """Look at a few patches of the selected region, else of what is in view; nothing is done twice."""
        wanted = self._wanted()
        if wanted is not None and wanted != self._asked and not self._parts.analysis.running:
            self._asked = wanted
            self._parts.analysis.foretaste(wanted)

    def close(self) -> None:
        """Look no more."""
        self._soon.stop()

    def _look_soon(self, _: object = None) -> None:
        wanted, asked = self._wanted(), self._asked
        same = (
            wanted is not None
            and asked is not None
            and (wanted.slide, wanted.model) == (asked.slide, asked.model)
        )
        if not same:  # what was said is about another slide, or by another model
            self._asked = None
            self._frame.analyze.show_likeness(None)
        if wanted is not None and wanted != asked:
            self._soon.start()

    def _put_off(self) -> None:
        if self._soon.isActive():
            self._soon.start()

    def _wanted(self) -> AnalyzeRequest | None:
        """What to look at; None where nothing can be said."""
        page, options = self._slides.page, self._frame.analyze.options
        card = self._frame.analyze.card
        if page is None or card is None or card.familiarity is None or page.opened.spacing is None:
            return None
        opened = page.opened
        region = opened.region
        if region is None and card.preparation is None:  # a whole picture is looked at as a whole
            region = Shape.rectangle(_widened(page.view.camera.visible(), card, page.opened.spacing.spacing))
        return AnalyzeRequest(
            opened.info.path, options.model, region, opened.spacing, options.device, cam="none"
        )

    def _show(self, request: AnalyzeRequest, likeness: Likeness | None) -> None:
        if request == self._asked:
            self._frame.analyze.show_likeness(likeness)

    def _warn(self, analysis: Analysis | None) -> None:
        """A banner, where the slide that was analyzed is still the one that is looked at."""
        opened = self._parts.session.slide
        likeness = None if analysis is None else analysis.scores.likeness
        if likeness is None or not likeness.is_warning or opened is None or opened.findings is None:
            return
        if opened.findings.analysis is analysis:
            self._unlike = Problem(likeness.in_words(), REMEDY)
            self._frame.banner.show_problem(self._unlike)

    def _take_back(self, _: object = None) -> None:
        """Another slide is looked at: what was said of the one before goes."""
        self._frame.banner.take_back(self._unlike)


def _widened(visible: Rect, card: ModelCard, spacing: Spacing) -> Rect:
    """At least a few patches around the middle, on whole pixels."""
    patch = card.size_on(spacing)
    width, height = max(visible.width, _LEAST * patch.width), max(visible.height, _LEAST * patch.height)
    middle = visible.center
    return Rect(middle.x - width / 2, middle.y - height / 2, width, height).rounded()
