"""Reading CT: what its commands do, and the panels and the status line that go with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog

from ml.ct_about import NamedWindow
from ml.geometry import Point
from ml.volume.window import Window
from viewer.actions.command import Bound
from viewer.ct.look import PRESETS, in_words
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.ct_page import CtPage
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.links import Links
from viewer.panels.series_panel import in_words as measurement_in_words
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

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, opening: CtOpening) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._opening = parts, frame, status, opening
        self._links = Links()
        opening.page_changed.connect(self._follow)
        opening.changed.connect(self.changed)
        frame.window_.save_wished.connect(self.save_window)
        frame.window_.forget_wished.connect(self._forget_window)
        frame.window_.set_saved(self.saved)
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
        for key, _, window in PRESETS:
            bounds[f"window_{key}"] = self._bound(
                partial(_set_window, window=window), checked=partial(_has_window, window=window)
            )
        for name, step in _STEPS.items():
            bounds[name] = self._bound(partial(_step, steps=step), _has_many)
        for tool in ("window_tool", "ellipse", "angle", "crosshair"):
            bounds[tool] = self._bound(
                partial(_take, tool=tool), partial(_offers, tool=tool), partial(_holds, tool=tool)
            )
        return bounds | self._look_bounds() | self._other_bounds()

    def _look_bounds(self) -> dict[str, Bound]:
        return {
            "window_own": self._bound(
                lambda page: self._next_window(page, page.opened.windows),
                lambda page: bool(page.opened.windows),
            ),
            "window_saved": self._bound(
                lambda page: self._next_window(page, self.saved), lambda _: bool(self.saved)
            ),
            "save_window": self._bound(lambda _: self.save_window()),
            "invert": self._bound(_invert, checked=lambda page: page.reading.look.inverted),
            "smooth": self._bound(self._toggle_smooth, checked=lambda page: page.reading.look.smooth),
        }

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
    def saved(self) -> tuple[NamedWindow, ...]:
        """Windows that the person has kept."""
        return tuple(found for text in self._parts.settings.saved_windows if (found := _parsed(text)))

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

    def save_window(self) -> None:
        """Ask for a name, and keep the window under it."""
        page = self.page
        if page is None:
            return
        window = page.reading.look.window
        name, accepted = QInputDialog.getText(
            self._frame, "Save this window", f"Name of {in_words(window)}:", text=page.reading.look.name
        )
        name = " ".join(name.replace("|", " ").split())
        if accepted and name:
            others = [one for one in self.saved if one.name != name]
            self._keep((*others, NamedWindow(name, window)))

    def toggle_private(self) -> None:
        """Hide or show patients' names, everywhere."""
        private = not self._parts.settings.private
        self._parts.settings.private = private
        for cell in self._frame.grid.cells:
            for page in cell.pages.values():
                if isinstance(page, CtPage):
                    page.view.strip.set_private(private)
        self._frame.series.set_private(private)
        self.changed.emit()

    def copy(self) -> None:
        """Put the plane that is looked at, with what is written on it, on the clipboard."""
        seen = self._page().view.seen
        view = next((view for view in seen if view.hasFocus()), seen[0])
        QGuiApplication.clipboard().setImage(view.grab_figure())
        self._status.showMessage("The picture is on the clipboard, without the patient's name.", 5000)

    def copy_measurements(self) -> None:
        """Put all measurements on the clipboard, one a line."""
        if self.page is not None:
            opened = self.page.opened
            lines = [measurement_in_words(m, sized=opened.sized) for m in opened.measurements.items]
            QGuiApplication.clipboard().setText("\n".join(lines))
            self._status.showMessage("The measurements are on the clipboard.", 5000)

    # ------------------------------------------------------------------ inside

    def _bound(
        self,
        run: Callable[[CtPage], object],
        possible: Callable[[CtPage], bool] = lambda _: True,
        checked: Callable[[CtPage], bool] | None = None,
    ) -> Bound:
        """What is done on the page that is looked at; impossible where it is no CT."""
        return Bound(
            lambda: run(self._page()),
            lambda: self.page is not None and possible(self.page),
            None if checked is None else lambda: self.page is not None and checked(self.page),
        )

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
        self._probe()
        self.changed.emit()

    def _probe(self) -> None:
        if self.page is not None:
            self._status.show_words(self.page.probe())

    def _want_menu(self, point: Point, place: QPoint) -> None:
        self.menu_wanted.emit(point, place)

    def _next_window(self, page: CtPage, windows: tuple[NamedWindow, ...]) -> None:
        chosen = page.reading.next_window(windows)
        if chosen is not None:
            self._status.showMessage(f"{chosen.name}: {in_words(chosen.window)}", 5000)

    def _toggle_smooth(self, page: CtPage) -> None:
        smooth = not page.reading.look.smooth
        self._parts.settings.smooth = smooth
        page.reading.set_look(replace(page.reading.look, smooth=smooth))

    def _forget_window(self, gone: NamedWindow) -> None:
        self._keep(tuple(one for one in self.saved if one != gone))

    def _keep(self, windows: tuple[NamedWindow, ...]) -> None:
        self._parts.settings.saved_windows = tuple(
            f"{one.name}|{one.window.width:g}|{one.window.level:g}" for one in windows
        )
        self._frame.window_.set_saved(self.saved)
        self.changed.emit()

    def _tell(self, _: object = None) -> None:
        self.changed.emit()

    def _page(self) -> CtPage:
        assert self.page is not None
        return self.page


def _set_window(page: CtPage, window: Window) -> None:
    page.reading.set_window(window)


def _has_window(page: CtPage, window: Window) -> bool:
    return page.reading.look.window == window


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
    """To the nearest marked slice on that side; from the last one to the first."""
    marks = sorted({mark.slice_ for mark in page.opened.marks})
    beyond = [slice_ for slice_ in marks if (slice_ - page.reading.slice_) * way > 0]
    chosen = (beyond or marks)[0 if way > 0 else -1]
    page.reading.go(chosen)


def _invert(page: CtPage) -> None:
    page.reading.set_look(replace(page.reading.look, inverted=not page.reading.look.inverted))


def _parsed(text: str) -> NamedWindow | None:
    """A saved window out of the settings; None where the text is none."""
    name, *numbers = text.split("|")
    try:
        width, level = map(float, numbers)
    except ValueError:
        return None
    return NamedWindow(name, Window(level, width)) if name and width >= 1 else None
