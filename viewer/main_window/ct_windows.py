"""Windows of CT in the person's hands: presets, the file's own, saved ones, inverted, smooth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog

from ml.ct_about import NamedWindow
from ml.volume.window import Window
from viewer.actions.command import Bound
from viewer.ct.look import PRESETS, in_words
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.ct_page import CtPage
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine

Do = Callable[[CtPage], object]
Ask = Callable[[CtPage], bool]


def always(_: CtPage) -> bool:
    """It can be done on any page."""
    return True


def bound_to(
    page: Callable[[], CtPage | None], run: Do, possible: Ask = always, checked: Ask | None = None
) -> Bound:
    """What is done on the page that is looked at; impossible where it is no CT."""

    def ask(question: Ask) -> bool:
        shown = page()
        return shown is not None and question(shown)

    def do() -> None:
        shown = page()
        if shown is not None:
            run(shown)

    return Bound(do, partial(ask, possible), None if checked is None else partial(ask, checked))


class CtWindows(QObject):
    """The window of the series that is looked at, and those that the person has kept."""

    changed = Signal()

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, opening: CtOpening) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._opening = parts, frame, status, opening
        frame.window_.save_wished.connect(self.save)
        frame.window_.forget_wished.connect(self._forget)
        frame.window_.set_saved(self.saved)

    @property
    def saved(self) -> tuple[NamedWindow, ...]:
        """Windows that the person has kept."""
        return tuple(found for text in self._parts.settings.saved_windows if (found := _parsed(text)))

    def bounds(self) -> dict[str, Bound]:
        """What the commands about windows do."""
        bounds = {
            f"window_{key}": self._bound(
                partial(_set_window, window=window), checked=partial(_has_window, window=window)
            )
            for key, _, window in PRESETS
        }
        return bounds | {
            "window_own": self._bound(
                lambda page: self._next(page, page.opened.windows), lambda page: bool(page.opened.windows)
            ),
            "window_saved": self._bound(
                lambda page: self._next(page, self.saved), lambda _: bool(self.saved)
            ),
            "save_window": self._bound(lambda _: self.save()),
            "invert": self._bound(_invert, checked=lambda page: page.reading.look.inverted),
            "smooth": self._bound(self._toggle_smooth, checked=lambda page: page.reading.look.smooth),
        }

    def save(self) -> None:
        """Ask for a name, and keep the window under it."""
        page = self._opening.page
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

    def _bound(self, run: Do, possible: Ask = always, checked: Ask | None = None) -> Bound:
        return bound_to(lambda: self._opening.page, run, possible, checked)

    def _next(self, page: CtPage, windows: tuple[NamedWindow, ...]) -> None:
        chosen = page.reading.next_window(windows)
        if chosen is not None:
            self._status.showMessage(f"{chosen.name}: {in_words(chosen.window)}", 3000)

    def _toggle_smooth(self, page: CtPage) -> None:
        smooth = not page.reading.look.smooth
        self._parts.settings.smooth = smooth
        page.reading.set_look(replace(page.reading.look, smooth=smooth))

    def _forget(self, gone: NamedWindow) -> None:
        self._keep(tuple(one for one in self.saved if one != gone))

    def _keep(self, windows: tuple[NamedWindow, ...]) -> None:
        self._parts.settings.saved_windows = tuple(
            f"{one.name}|{one.window.width:g}|{one.window.level:g}" for one in windows
        )
        self._frame.window_.set_saved(self.saved)
        self.changed.emit()


def _set_window(page: CtPage, window: Window) -> None:
    page.reading.set_window(window)


def _has_window(page: CtPage, window: Window) -> bool:
    return page.reading.look.window == window


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
