"""Opens CT series: finds them, lets the person choose, reads their slices while one looks at them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from ml.ct_about import patient_in_words, study_in_words
from ml.errors import Problem
from ml.progress import Step
from ml.report.words import count
from ml.volume.rescale import HOUNSFIELD
from ml.volume.slice import Hounsfield
from ml.volume.window import Window
from viewer.ct.look import BRAIN, CtLook
from viewer.main_window.ct_page import CtPage
from viewer.main_window.frame import Frame
from viewer.main_window.page import Page
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.main_window.views import Views
from viewer.panels.series_chooser import Choice, SeriesChooser
from viewer.panels.series_facts import remarks
from viewer.state.opened import Opened
from viewer.state.opened_series import OpenedSeries
from viewer.work.ct_finding import FoundCt, FoundSeries, small_picture


class CtOpening(QObject):
    """The series on the table. `page` is the one that is looked at."""

    page_changed = Signal(object)  # CtPage, or None
    refused = Signal(object)  # Problem
    changed = Signal()

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, views: Views) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status = parts, frame, status
        self.page: CtPage | None = None
        self.left_out: tuple[tuple[str, str], ...] = ()  # of what was opened last
        self._left_name = ""
        self._odd: Problem | None = None  # what the banner says of the series that is looked at
        self._expected: dict[Path, set[str]] = {}  # series that are wanted of a path, without asking
        parts.opening.is_ct.connect(parts.ct_finding.find)
        parts.ct_finding.step.connect(self._tell)
        parts.ct_finding.found.connect(self._offer)
        parts.ct_finding.stopped.connect(lambda: status.end_work("Stopped; nothing was opened."))
        parts.ct_finding.failed.connect(self._fail)
        parts.ct_loading.failed.connect(self.refused)
        status.stop_wished.connect(parts.ct_finding.stop)
        parts.session.opened.connect(self._begin)
        parts.session.closing.connect(self._let_go)
        views.make_with(self._new_page)
        views.page_changed.connect(self._follow)

    def expect(self, path: Path, key: str) -> None:
        """Of what is found there next, this series is wanted: nobody has to choose."""
        if key:
            self._expected.setdefault(path.absolute(), set()).add(key)

    def show_left_out(self) -> None:
        """List what was found beside the series that were opened last, each file with its reason."""
        dialog = SeriesChooser(self._left_name, (), self.left_out, self._frame)
        dialog.exec()
        dialog.deleteLater()

    def _tell(self, step: Step) -> None:
        self._status.show_step(step)

    def _fail(self, problem: Problem) -> None:
        self._status.end_work("")
        self.refused.emit(problem)

    def _offer(self, found: FoundCt) -> None:
        self._status.end_work("")
        self._status.clearMessage()
        self._left_name = found.path.name
        self.left_out = tuple((left.path.name, left.reason) for left in found.left_out)
        self.changed.emit()
        if not found.series:
            self._refuse(found)
            return
        for number in self._chosen(found):
            self._open(found.series[number], found.path)
        self._say_left_out(found)

    def _refuse(self, found: FoundCt) -> None:
        left = count(len(self.left_out), "file")
        what = f"There is no CT series in {found.path.name}."
        remedy = f"{left} cannot be shown as CT." if self.left_out else "Choose a folder of DICOM files."
        if len(self.left_out) == 1:
            remedy = self.left_out[0][1]
        reasons = dict(self.left_out[:20])
        action = ("Show which…", self.show_left_out) if self.left_out else None
        self._frame.banner.show_problem(Problem(what, remedy, **reasons), "warning", action)

    def _say_left_out(self, found: FoundCt) -> None:
        """Broken files are said at once; scouts and other kinds can be looked up."""
        if found.broken:
            what = f"{count(found.broken, 'file')} of {found.path.name} cannot be shown."
            problem = Problem(what, "The rest is open.", **dict(self.left_out[:20]))
            self._frame.banner.show_problem(problem, "warning", ("Show which…", self.show_left_out))

    def _chosen(self, found: FoundCt) -> list[int]:
        expected = self._expected.pop(found.path.absolute(), set())
        wanted = [n for n, one in enumerate(found.series) if one.series.key in expected]
        if wanted or len(found.series) == 1:
            return wanted or [0]
        choices = [_choice(one, self._parts.settings.private) for one in found.series]
        dialog = SeriesChooser(found.path.name, choices, self.left_out, self._frame)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        chosen = dialog.chosen if accepted else []
        dialog.deleteLater()
        return chosen

    def _open(self, found: FoundSeries, path: Path) -> None:
        """Open a series, or go to it when the same slices are open already."""
        slices = {(slice_.uid, slice_.frame) for slice_ in found.series.slices}
        for opened in self._parts.session.items:
            if isinstance(opened, OpenedSeries) and slices == opened.frames:
                self._parts.session.make_current(opened)
                return
        try:
            self._parts.session.put(OpenedSeries(found.series, path))
        except Problem as problem:  # memory does not suffice
            self.refused.emit(problem)

    def _begin(self, opened: Opened) -> None:
        if not isinstance(opened, OpenedSeries):
            return
        self._parts.recent.add(opened.path)
        opened.arrived.connect(lambda number: self._picture(opened, number))
        opened.complete.connect(lambda: self._finish(opened))
        self._parts.ct_loading.load(opened)

    def _picture(self, opened: OpenedSeries, number: int) -> None:
        if number != opened.middle or not opened.volume.arrived[number]:
            return
        values = opened.volume.hounsfield(number)
        window = first_look(opened, smooth=True).window
        if not opened.windows and opened.volume.unit != HOUNSFIELD:
            window = spanning(values)
            self._show_whole(opened, window)
        self._frame.slides.set_thumbnail(opened, small_picture(values, window, 256))

    def _show_whole(self, opened: OpenedSeries, window: Window) -> None:
        """Nobody knows a window for values in another unit: all of them."""
        for cell in self._frame.grid.cells:
            for page in cell.pages.values():
                if isinstance(page, CtPage) and page.opened is opened:
                    page.reading.set_window(window)

    def _finish(self, opened: OpenedSeries) -> None:
        """Say what is odd: at once where nothing else is being said, and by a sign over the picture."""
        odd = remarks(opened)
        for cell in self._frame.grid.cells:
            for page in cell.pages.values():
                if isinstance(page, CtPage) and page.opened is opened:
                    page.view.strip.set_odd(odd)
        if self._frame.banner.problem is None and opened is self._parts.session.current:
            self._say_odd(opened)

    def _say_odd(self, opened: OpenedSeries) -> None:
        odd = remarks(opened)
        if odd:
            self._odd = Problem(odd[0], " ".join(odd[1:]))
            self.refused.emit(self._odd)

    def _let_go(self, opened: Opened) -> None:
        if isinstance(opened, OpenedSeries):
            self._parts.ct_loading.forget(opened)

    def _new_page(self, opened: Opened) -> CtPage | None:
        if not isinstance(opened, OpenedSeries):
            return None
        look = first_look(opened, smooth=self._parts.settings.smooth)
        page = CtPage(opened, self._parts.reformatting, look)
        page.view.strip.set_private(self._parts.settings.private)
        page.view.strip.set_odd(remarks(opened))
        page.view.strip.odd_wished.connect(lambda: self._say_odd(opened))
        return page

    def _follow(self, shown: Page | None) -> None:
        self.page = shown if isinstance(shown, CtPage) else None
        self._frame.banner.take_back(self._odd)  # it was about what was looked at before
        self.page_changed.emit(self.page)


def first_look(opened: OpenedSeries, *, smooth: bool) -> CtLook:
    """What a series is shown with at first: the file's own window, else brain."""
    window = opened.windows[0].window if opened.windows else BRAIN.window
    return CtLook(window, opened.series.slices[0].is_inverted, smooth)


def spanning(values: Hounsfield) -> Window:
    """The window from the least to the greatest value."""
    low, high = float(values.min()), float(values.max())
    return Window((low + high) / 2, max(high - low, 1.0))


def _choice(found: FoundSeries, private: bool) -> Choice:
    series, about = found.series, found.series.about
    parts = [count(len(series), "slice")]
    if series.distance:
        parts.append(f"{series.distance:.3g} mm")
    parts += series.remarks
    who = patient_in_words(about, hidden=private)
    study = study_in_words(about)
    group = f"{who} · {study}" if study else who
    return Choice(series.description, " · ".join(parts), found.picture, group)
