"""After a kill or a power cut: what was open is opened again, and said in one sentence."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from viewer.main_window.casework import Casework
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.slides import Slides
from viewer.panels.banner import Action
from viewer.state.last_open import LastOpen, OpenItem
from viewer.state.opened import Opened
from viewer.state.opened_series import OpenedSeries

_SAVED = "Everything that was said to be saved is there."


class Reopening(QObject):
    """Notes what is open while it is. A window that ended while it reopened something asks the next time."""

    report_wished = Signal()

    def __init__(self, parts: Parts, frame: Frame, slides: Slides, ct: CtOpening, casework: Casework) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._slides, self._ct = parts, frame, slides, ct
        self._last = LastOpen()
        self._wanted: tuple[OpenItem, ...] = ()
        self._back: list[OpenItem] = []  # of those, what is open again with all that was kept
        parts.session.opened.connect(self._note)
        parts.session.closing.connect(self._note_without)
        parts.opening.failed.connect(self._miss)
        casework.taken_up.connect(self._count)

    def look(self) -> None:
        """Open what a window that never closed had open; at the start, once."""
        left = self._last.left_behind()
        if not left.items:
            if self._parts.care.left:
                problem = Problem("Parfocal ended unexpectedly; nothing was open.", _SAVED)
                self._frame.banner.show_problem(problem, action=self._report())
            return
        if not left.reopening:
            self.open(left.items)
            return
        names = _names(left.items)
        self._frame.banner.show_problem(
            Problem(f"Parfocal ended twice while {names} was open.", f"It may be that file. {_SAVED}"),
            action=("Open again", lambda: self._open_asked(left.items)),
            other=self._report(),
        )

    def open(self, items: tuple[OpenItem, ...]) -> None:
        """Open these again."""
        self._wanted, self._back = items, []
        self._note()
        for item in items:
            path = Path(item.path)
            if item.series:
                self._ct.expect(path, item.series)
        for path in dict.fromkeys(Path(item.path) for item in items):
            self._slides.open(path)

    def close(self) -> None:
        """The window closes as it should."""
        self._last.forget()

    # ------------------------------------------------------------------ inside

    def _report(self) -> Action | None:
        """What to read about it; a window of an earlier version has left nothing."""
        return ("Read the report", self.report_wished.emit) if self._parts.care.left else None

    def _open_asked(self, items: tuple[OpenItem, ...]) -> None:
        self._frame.banner.dismiss()
        self.open(items)

    def _note(self, _: object = None) -> None:
        here = tuple(map(_item_of, self._parts.session.items))
        waiting = tuple(item for item in self._wanted if item not in here)
        self._last.note((*here, *waiting), reopening=bool(self._wanted))

    def _note_without(self, closing: Opened) -> None:
        here = (_item_of(opened) for opened in self._parts.session.items if opened is not closing)
        self._last.note(here, reopening=bool(self._wanted))

    def _count(self, opened: Opened) -> None:
        item = _item_of(opened)
        if item in self._wanted and item not in self._back:
            self._back.append(item)
            self._tell_when_all()

    def _miss(self, _: Problem, path: Path) -> None:
        """One of them cannot be opened any more: that was said; the others count."""
        self._wanted = tuple(item for item in self._wanted if Path(item.path) != path)
        self._tell_when_all()

    def _tell_when_all(self) -> None:
        if self._back and set(self._back) >= set(self._wanted):
            names, verb = _names(tuple(self._back)), "is" if len(self._back) == 1 else "are"
            self._wanted, self._back = (), []
            self._note()
            what = f"Parfocal ended unexpectedly; {names} {verb} open again."
            self._frame.banner.show_problem(Problem(what, _SAVED), action=self._report())


def _item_of(opened: Opened) -> OpenItem:
    series = opened.series.key if isinstance(opened, OpenedSeries) else ""
    return OpenItem(str(opened.path.absolute()), opened.title, series)


def _names(items: tuple[OpenItem, ...]) -> str:
    """ "S12.svs, S13.svs and CT head"."""
    names = [item.name for item in items]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
