"""Reading CT: what its commands do, and the panels and the status line that go with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog

from ml.geometry import Point
from viewer.actions.command import Bound
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.ct_page import CtPage
from viewer.main_window.ct_windows import Ask, CtWindows, Do, always, bound_to
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.links import Links
from viewer.panels.series_panel import measurements_as_table
from viewer.state.measurements import Measurement

_FASTER = 1.5
_STEPS = {
    "next_slice": 1,
    "previous_slice": -1,
    "slices_on": 10,
    "slices_back": -10,
    "first_slice": -(10**6),
    "last_slice": 10**6,
}


class CtViewing(QObject):
    """Follows the series that is looked at."""

    changed = Signal()  # a command may be possible now that was not, or the other way round
    menu_wanted = Signal(object, object)  # Point in mm of the plane, QPoint on the screen
    private_changed = Signal(bool)  # names are hidden, or shown again

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, opening: CtOpening) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._opening = parts, frame, status, opening
        self._links = Links()
        opening.page_changed.connect(self._follow)
        status.goto_wished.connect(self.ask_slice)
        opening.changed.connect(self.changed)
        self.windows = CtWindows(parts, frame, status, opening)
        self.windows.changed.connect(self.changed)
        frame.series.go_wished.connect(lambda m: self._page().go_to(m))
        frame.series.copy_wished.connect(self.copy_measurements)
        frame.series.set_private(parts.settings.private)

    @property
    def page(self) -> CtPage | None:
        """What is looked at, where it is CT."""
        return self._opening.page

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.ct` do."""
        bounds: dict[str, Bound] = {}
        for name, step in _STEPS.items():
            bounds[name] = self._bound(partial(_step, steps=step), _has_many)
        for tool in ("window_tool", "crosshair"):
            bounds[tool] = self._bound(
                partial(_take, tool=tool), partial(_offers, tool=tool), partial(_holds, tool=tool)
            )
        return bounds | self.windows.bounds() | self._other_bounds()

    def _other_bounds(self) -> dict[str, Bound]:
        return {
            "next_mark": self._bound(partial(_go_mark, way=1), _has_marks),
            "previous_mark": self._bound(partial(_go_mark, way=-1), _has_marks),
            "cine": self._bound(lambda page: page.cine.toggle(), _has_many, lambda page: page.cine.running),
            "faster": self._bound(
                lambda page: page.cine.set_speed(round(page.cine.speed * _FASTER)), _has_many
            ),
            "slower": self._bound(
                lambda page: page.cine.set_speed(round(page.cine.speed / _FASTER)), _has_many
            ),
            "three_planes": self._bound(
                lambda page: page.set_three(not page.reading.three),
                lambda page: page.opened.known and _has_many(page),
                lambda page: page.reading.three,
            ),
            "measures": self._bound(
                lambda page: page.show_measures(not page.measures_shown),
                checked=lambda page: page.measures_shown,
            ),
            "privacy": Bound(self.toggle_private, checked=lambda: self._parts.settings.private),
            "left_out": Bound(self._opening.show_left_out, lambda: bool(self._opening.left_out)),
        }

    @property
    def measurement(self) -> Measurement | None:
        """The selected measurement of what is looked at."""
        if self.page is None:
            return None
        measurements = self.page.opened.measurements
        return measurements.find(measurements.selected_id)

    def delete(self) -> None:
        """Delete the selected measurement."""
        if self.page is not None and self.measurement is not None:
            self.page.opened.delete(self.measurement)

    def ask_slice(self) -> None:
        """Let the person type a slice's number."""
        page = self.page
        if page is None:
            return
        number, accepted = QInputDialog.getInt(
            self._frame,
            "Go to slice",
            f"Slice, 1 to {page.reading.count}:",
            page.reading.slice_ + 1,
            1,
            page.reading.count,
        )
        if accepted:
            page.reading.go(number - 1)

    def toggle_private(self) -> None:
        """Hide or show patients' names, everywhere."""
        private = not self._parts.settings.private
        self._parts.settings.private = private
        for cell in self._frame.grid.cells:
            for page in cell.pages.values():
                if isinstance(page, CtPage):
                    page.view.strip.set_private(private)
        self._frame.series.set_private(private)
        self.private_changed.emit(private)
        self.changed.emit()

    def copy(self) -> None:
        """Put the plane that is looked at, with what is written on it, on the clipboard."""
        page = self._page()
        view = next((view for view in page.pictures if view.hasFocus()), page.pictures[0])
        QGuiApplication.clipboard().setImage(view.grab_figure())
        self._status.showMessage("The picture is on the clipboard, without the patient's name.", 5000)

    def copy_measurements(self) -> None:
        """Put all measurements on the clipboard, one a line."""
        if self.page is not None:
            opened = self.page.opened
            table = measurements_as_table(opened.measurements.items, sized=opened.sized)
            QGuiApplication.clipboard().setText(table)
            self._status.showMessage("The measurements are on the clipboard.", 5000)

    # ------------------------------------------------------------------ inside

    def _bound(self, run: Do, possible: Ask = always, checked: Ask | None = None) -> Bound:
        return bound_to(lambda: self.page, run, possible, checked)

    def _follow(self, page: CtPage | None) -> None:
        self._links.drop()
        self._frame.window_.set_reading(None if page is None else page.reading)
        self._frame.series.set_series(None if page is None else page.opened)
        if page is not None:
            opened, reading = page.opened, page.reading
            for signal in (
                page.tool_changed,
                page.cine.changed,
                reading.look_changed,
                reading.planes_changed,
                opened.marks_changed,
                opened.measurements.selected,
                opened.measurements.changed,
                opened.undo.indexChanged,
            ):
                self._links.follow(signal, self._tell)
            self._links.follow(page.probed, self._probe)
            self._links.follow(page.menu_wanted, self._want_menu)
            self._links.follow(page.view.strip.privacy_wished, self.toggle_private)
        self._probe()
        self.changed.emit()

    def _probe(self) -> None:
        if self.page is not None:
            self._status.show_words(self.page.probe())

    def _want_menu(self, point: Point, place: QPoint) -> None:
        self.menu_wanted.emit(point, place)

    def _tell(self, _: object = None) -> None:
        self.changed.emit()

    def _page(self) -> CtPage:
        assert self.page is not None
        return self.page


def _step(page: CtPage, steps: int) -> None:
    page.reading.step(steps)


def _take(page: CtPage, tool: str) -> None:
    page.take(tool)


def _offers(page: CtPage, tool: str) -> bool:
    return tool in page.tools


def _holds(page: CtPage, tool: str) -> bool:
    return page.tool == tool


def _has_many(page: CtPage) -> bool:
    return page.reading.count > 1


def _has_marks(page: CtPage) -> bool:
    return bool(page.opened.marks)


def _go_mark(page: CtPage, way: int) -> None:
    """To the nearest marked slice on that side; from the last one to the first.

    A finding that peaks there is selected: what is accepted next is what one looks at.
    """
    findings, here = page.opened.findings, page.reading.slice_
    beside = None if findings is None else findings.beside(here, way)
    if findings is not None and beside is not None:
        findings.select(beside)
        page.reading.go(beside.peak_slice)
        return
    marks = sorted({mark.slice_ for mark in page.opened.marks})
    beyond = [slice_ for slice_ in marks if (slice_ - here) * way > 0]
    page.reading.go((beyond or marks)[0 if way > 0 else -1])
