"""Opens what a case holds: as it was left, and wherever its files lie by now."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from ml.errors import Problem
from viewer.cases.values import Case, Item, Json
from viewer.main_window.case_shown import CaseShown
from viewer.main_window.casework import Casework
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.slides import Slides
from viewer.panels.cases_panel import CASE
from viewer.work.background import Background, as_problem
from viewer.work.fingerprints import is_same
from viewer.work.locating import locate

if TYPE_CHECKING:
    from viewer.cases.library import Library


class CaseOpening(QObject):
    """A file that has moved is found by its fingerprint, or asked for; nothing that was drawn is lost."""

    refused = Signal(object)  # Problem
    told = Signal(str)

    def __init__(
        self,
        parts: Parts,
        frame: Frame,
        slides: Slides,
        ct: CtOpening,
        casework: Casework,
        shown: CaseShown,
    ) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._slides, self._ct = parts, frame, slides, ct
        self._casework, self._shown = casework, shown
        self._thread = Background("looking for files", self)
        frame.slides.item_wished.connect(self.open_item)
        frame.slides.find_wished.connect(self.ask_for)
        frame.slides.all.case_wished.connect(self.open_case)

    def open_case(self, case_id: int) -> None:
        """Show a case, and open what was open of it, or its first slide."""
        self._frame.slides.show_tab(CASE)

        def read(library: Library) -> tuple[Case, tuple[Item, ...], list[Json]]:
            items = library.items(case_id)
            views = [library.state(item.id, "view") for item in items]
            return library.case(case_id), items, views

        self._parts.keeping.ask(read, self._open_case, self.refused.emit)

    def open_item(self, item_id: int) -> None:
        """Open a slide or a series, or look at it where it is open."""
        opened = self._casework.opened_of(item_id)
        if opened is not None:
            self._parts.session.make_current(opened)
            return
        item = next((one for one in self._shown.items if one.id == item_id), None)
        if item is not None:
            self._open(item)

    def ask_for(self, item_id: int) -> None:
        """Let the person say where a file lies now."""
        item = next((one for one in self._shown.items if one.id == item_id), None)
        if item is None:
            return
        title = f"Where is {item.name} now?"
        folder = self._parts.settings.last_folder or str(item.path.parent)
        if item.kind == "ct" and not item.path.suffix:
            chosen = QFileDialog.getExistingDirectory(self._frame, title, folder)
        else:
            chosen, _ = QFileDialog.getOpenFileName(self._frame, title, folder)
        if chosen:
            self._parts.settings.last_folder = str(Path(chosen).parent)
            self._thread.submit(
                lambda: Path(chosen) if is_same(item, Path(chosen)) else None,
                partial(self._take_answer, item),
                self._fail,
            )

    def close(self) -> None:
        """Look no more."""
        self._thread.close()

    # ------------------------------------------------------------------ inside

    def _open_case(self, found: tuple[Case, tuple[Item, ...], list[Json]]) -> None:
        case, items, views = found
        self._casework.want(case)
        was_open = [
            item
            for item, view in zip(items, views, strict=True)
            if isinstance(view, dict) and view.get("open")
        ]
        for item in was_open or items[:1]:
            opened = self._casework.opened_of(item.id)
            if opened is not None:
                self._parts.session.make_current(opened)
            else:
                self._open(item)

    def _open(self, item: Item) -> None:
        folders = [Path(self._parts.settings.last_folder)] if self._parts.settings.last_folder else []
        folders += [other.path.parent for other in self._shown.items if other.id != item.id]
        self._thread.submit(
            lambda: locate(item, dict.fromkeys(folders)),
            partial(self._open_at, item),
            self._fail,
        )

    def _open_at(self, item: Item, path: Path | None) -> None:
        if path is None:
            self._frame.banner.show_problem(
                Problem(
                    f"{item.name} is not where it was, nor near it.",
                    "Say where it lies now: all that was drawn and found on it is kept.",
                    looked_for=item.path.name,
                ),
                action=("Find it…", lambda: self.ask_for(item.id)),
            )
            self._shown.refresh()
            return
        if item.kind == "ct":
            self._ct.expect(path, str(item.facts.get("series", "")))
        self._slides.open(path)

    def _take_answer(self, item: Item, path: Path | None) -> None:
        if path is None:
            remedy = f"It was left as it is. Look for the file that was {item.path.name}."
            self.refused.emit(Problem(f"That is another file than {item.name}.", remedy))
        else:
            if self._frame.banner.problem is not None:
                self._frame.banner.dismiss()
            self._open_at(item, path)

    def _fail(self, error: BaseException) -> None:
        self.refused.emit(as_problem(error, "Looking for the file"))
