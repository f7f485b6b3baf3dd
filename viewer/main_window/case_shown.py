"""Shows the case that is looked at, and the list of all, as the library has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from ml.errors import Problem
from viewer.cases.values import Case, CaseRow, Item
from viewer.main_window.casework import Casework
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.panels.case_lines import CaseAbout, CaseLine, CaseQuery, ItemLine, Where
from viewer.panels.cases_panel import ALL
from viewer.state.opened import Opened
from viewer.work.background import Background

if TYPE_CHECKING:
    from viewer.cases.library import Library

_PICTURED = 200  # cases of the list that have a picture: further down they are found by name


@dataclass(frozen=True)
class _Read:
    """What the library says now."""

    case: Case | None
    items: tuple[Item, ...]
    lines: tuple[ItemLine, ...]
    all: tuple[CaseLine, ...] | None  # None: nobody looks at the list
    tags: tuple[str, ...]


class CaseShown(QObject):
    """Reads in the background whenever something is another; several wishes at once are one reading."""

    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame, casework: Casework) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._casework = parts, frame, casework
        self.items: tuple[Item, ...] = ()  # of the case that is looked at
        self._lines: tuple[ItemLine, ...] = ()
        self._files = Background("files of the case", self)  # a dead share may not answer at all
        self._reading = self._once_more = False
        self._private = parts.settings.private
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._read)
        panel = frame.slides
        casework.case_changed.connect(self.refresh)
        casework.items_changed.connect(self.refresh)
        casework.taken_up.connect(self._bind)
        panel.all.query_changed.connect(self.refresh)
        panel.tabs.currentChanged.connect(self.refresh)
        parts.keeping.ready.connect(self.refresh)
        parts.keeping.refused.connect(self._fail)

    def refresh(self, _: object = None) -> None:
        """Show what the library says now."""
        self._soon.start()

    def show_privacy(self) -> None:
        """Names of patients are hidden now, or shown."""
        if self._private != self._parts.settings.private:
            self._private = self._parts.settings.private
            self.refresh()

    def close(self) -> None:
        """Read no more."""
        self._soon.stop()
        self._files.close()

    # ------------------------------------------------------------------ inside

    def _read(self) -> None:
        panel = self._frame.slides
        wants_all = panel.tabs.currentIndex() == ALL
        if wants_all:
            self._parts.keeping.open()
        if not self._parts.keeping.is_open or self._reading:
            self._once_more = self._reading
            return
        self._reading, self._once_more = True, False
        case = self._casework.case
        job = partial(_read, None if case is None else case.id, panel.all.query if wants_all else None)
        self._parts.keeping.ask(job, self._show, self._fail_reading)

    def _show(self, read: _Read) -> None:
        self._end_reading()
        panel, case = self._frame.slides, self._casework.case
        if (None if case is None else case.id) == (None if read.case is None else read.case.id):
            self._casework.case = read.case
            self.items, self._lines = read.items, self._with_places(read.lines)
            panel.show_case(self._about(read), self._lines)
            self._look_for_files(read.items)
        if read.all is not None:
            panel.all.set_lines(read.all)
            panel.all.set_tags(read.tags)

    def _about(self, read: _Read) -> CaseAbout | None:
        if read.case is None:
            return None
        patients = {str(item.facts.get("patient", "")) for item in read.items} - {""}
        patient = "Patient hidden" if self._private and patients else "; ".join(sorted(patients))
        case = read.case
        return CaseAbout(case.id, case.name, case.status, case.tags, case.comment, patient)

    def _fail_reading(self, problem: Problem) -> None:
        """The case was deleted by somebody else, or the library does not answer."""
        self._end_reading()
        self.refused.emit(problem)

    def _end_reading(self) -> None:
        self._reading = False
        if self._once_more:
            self.refresh()

    def _fail(self, problem: Problem) -> None:
        self._frame.slides.all.fail(f"{problem.what} {problem.remedy}".strip())

    def _bind(self, opened: Opened) -> None:
        item = self._casework.item_of(opened)
        case = self._casework.case_of(opened)
        if item is not None and case is not None:
            self._frame.slides.list.bind(opened, item.id, case.name)

    def _with_places(self, lines: Sequence[ItemLine]) -> tuple[ItemLine, ...]:
        """What was known about their files is not forgotten while they are looked for again."""
        known = {line.id: line.where for line in self._lines}
        return tuple(replace(line, where=known.get(line.id, line.where)) for line in lines)

    def _look_for_files(self, items: tuple[Item, ...]) -> None:
        paths = {item.id: item.path for item in items}
        self._files.submit(
            lambda: {number: path.exists() for number, path in paths.items()},
            self._tell_files,
            lambda _: None,
        )

    def _tell_files(self, here: dict[int, bool]) -> None:
        def where(line: ItemLine) -> Where:
            return line.where if line.id not in here else "here" if here[line.id] else "gone"

        self._lines = tuple(replace(line, where=where(line)) for line in self._lines)
        self._frame.slides.list.set_lines(self._lines)


def _read(case_id: int | None, query: CaseQuery | None, library: Library) -> _Read:
    """In the reader's thread."""
    case = None if case_id is None else library.case(case_id)
    items = () if case_id is None else library.items(case_id)
    lines = tuple(_line(item, _picture(library, item.id)) for item in items)
    found: tuple[CaseLine, ...] | None = None
    if query is not None:
        rows = library.cases(query.search, query.status, query.tag, query.sort)
        found = tuple(_case_line(library, row, pictured=n < _PICTURED) for n, row in enumerate(rows))
    return _Read(case, items, lines, found, library.tags())


def _line(item: Item, picture: QImage | None) -> ItemLine:
    return ItemLine(item.id, item.name, str(item.facts.get("short", "")), item.kind, "here", picture)


def _case_line(library: Library, row: CaseRow, *, pictured: bool) -> CaseLine:
    picture = None if row.thumbnail is None or not pictured else _picture(library, row.thumbnail)
    changed = datetime.fromisoformat(row.changed)
    return CaseLine(row.id, row.name, row.status, row.tags, row.items, changed, picture)


def _picture(library: Library, item_id: int) -> QImage | None:
    png = library.thumbnail(item_id)
    image = QImage.fromData(png) if png else QImage()
    return None if image.isNull() else image
