"""What a person does with cases: begins, names and deletes them, reads their history, backs them up."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLineEdit, QMenu, QMessageBox, QWidget

from ml.errors import Problem
from ml.report.atomic import whole_file
from ml.report.words import count
from viewer.actions.command import Bound
from viewer.cases.values import Case, CaseRow, Item
from viewer.main_window.case_history import CaseHistory
from viewer.main_window.case_moving import CaseMoving
from viewer.main_window.case_opening import CaseOpening
from viewer.main_window.case_shown import CaseShown
from viewer.main_window.casework import Casework
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.slides import Slides
from viewer.panels.cases_panel import ALL, CASE

if TYPE_CHECKING:
    from viewer.cases.library import Library

T = TypeVar("T")


class CaseCommands(QObject):
    """Everything goes through the library; files are never touched."""

    changed = Signal()
    refused = Signal(object)  # Problem
    told = Signal(str)

    def __init__(
        self,
        parts: Parts,
        frame: Frame,
        slides: Slides,
        casework: Casework,
        shown: CaseShown,
        opening: CaseOpening,
    ) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._slides = parts, frame, slides
        self._casework, self._shown, self._opening = casework, shown, opening
        self._known: dict[int, Case] = {}  # cases as our last edits left them: for the writer's thread
        self.history = CaseHistory(parts, frame, casework)
        self.moving = CaseMoving(parts, frame, casework)
        for piece in (self.history, self.moving):
            piece.refused.connect(self.refused)
        self.history.told.connect(self.told)
        page, listed = frame.slides.case, frame.slides.all
        page.renamed.connect(lambda name: self._change(name=name))
        page.status_chosen.connect(lambda status: self._change(status=status))
        page.tags_typed.connect(lambda tags: self._change(tags=tags))
        frame.slides.take_out_wished.connect(self._take_out_of)
        listed.new_wished.connect(self.begin)
        listed.again_wished.connect(parts.keeping.open_again)
        listed.menu_wanted.connect(self._show_menu)
        casework.case_changed.connect(self.changed)
        casework.taken_up.connect(self.changed)

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.cases` do."""

        def has() -> bool:
            return self._casework.case is not None

        def looks_at_item() -> bool:
            return self._current is not None

        return {
            "new_case": Bound(self.begin),
            "all_cases": Bound(partial(self._show_tab, ALL)),
            "this_case": Bound(partial(self._show_tab, CASE)),
            "rename_case": Bound(self.rename, has),
            "add_files": Bound(self.add_files, has),
            "move_item": Bound(self.move, looks_at_item),
            "remove_item": Bound(self.remove, looks_at_item),
            "case_history": Bound(lambda: self.history.show(self._casework.case), has),
            "delete_case": Bound(self.delete_this, has),
            "back_up": Bound(self.back_up, lambda: self._parts.keeping.is_open),
        }

    def begin(self) -> None:
        """A new case: named, then filled by what is opened next."""
        name, accepted = QInputDialog.getText(
            self._frame, "New case", "Name of the case:", QLineEdit.EchoMode.Normal, ""
        )
        name = " ".join(name.split())
        if accepted and name:
            self._ask(lambda library: library.new_case(name), self._begin)

    def rename(self) -> None:
        """Put the cursor into the name."""
        self._show_tab(CASE)
        self._frame.slides.case.name.setFocus()
        self._frame.slides.case.name.selectAll()

    def add_files(self) -> None:
        """Choose files; what is not in another case already goes into this one."""
        if self._casework.case is not None:
            self._casework.want(self._casework.case)
            self._slides.ask()

    def move(self) -> None:
        """Ask for another case for what is looked at."""
        if self._current is not None:
            self.moving.ask(self._current.id)

    def remove(self) -> None:
        """Take what is looked at out of its case."""
        if self._current is not None:
            self._take_out(self._current)

    def _take_out(self, item: Item) -> None:
        words = f"Take {item.name} out of its case?"
        more = "What was drawn, found and written on it is deleted. The file stays as it is."
        opened = self._casework.opened_of(item.id)
        if _sure(self._frame, words, more, "Take out"):
            if opened is not None:
                self._parts.session.close(opened)
            self._do("Take out of the case", lambda library: library.remove_item(item.id))

    def delete_this(self) -> None:
        """Ask, and delete the case that is looked at."""
        if self._casework.case is not None:
            self.delete(self._casework.case)

    def delete(self, case: Case | CaseRow) -> None:
        """Ask, and delete a case with all that is kept in it."""
        self._ask(lambda library: library.items(case.id), partial(self._ask_to_delete, case))

    def back_up(self) -> None:
        """Ask where to, and write a copy of the library there."""
        start = str(Path.home() / "Parfocal cases.sqlite")
        name, _ = QFileDialog.getSaveFileName(self._frame, "Back up all cases", start, "Backup (*.sqlite)")

        def copy(library: Library) -> None:
            made = library.backup()
            with whole_file(Path(name)) as part:
                shutil.copyfile(made, part)

        if name:
            self._ask(copy, lambda _: self.told.emit(f"All cases are backed up into {Path(name).name}."))

    # ------------------------------------------------------------------ inside

    @property
    def _current(self) -> Item | None:
        return self._casework.item_of(self._parts.session.current)

    def _take_out_of(self, item_id: int) -> None:
        for item in self._shown.items:
            if item.id == item_id:
                self._take_out(item)

    def _show_tab(self, tab: int) -> None:
        if not self._frame.slides.isVisible():
            self._frame.toggle_slides()
        self._frame.slides.show_tab(tab)
        if tab == ALL:
            self._frame.slides.all.search.setFocus()

    def _begin(self, case: Case) -> None:
        self._frame.slides.show_tab(CASE)
        self._casework.want(case)

    def _change(self, **fields: object) -> None:
        """Say something else about the case that is looked at; in its turn, and until it is done."""
        case, known = self._casework.case, self._known
        if case is None:
            return

        def change(library: Library) -> None:
            mine = known.get(case.id, case)  # as our last edit left it, where that is newer
            known[case.id] = library.change_case(max(mine, case, key=lambda c: c.version), **fields)

        self._do("Change the case", change)

    def _do(self, title: str, work: Callable[[Library], object]) -> None:
        """Have it written in its turn, and then shown. What can never be done is said."""
        keeping = self._parts.keeping

        def do(library: Library) -> None:
            from viewer.cases.database import Damaged, NotNow

            try:
                work(library)
            except (NotNow, Damaged):
                raise
            except Problem as problem:
                keeping.tell(partial(self.refused.emit, problem))
            keeping.tell(self._shown.refresh)

        keeping.write(lambda writer: writer.do(title, do))

    def _ask(self, job: Callable[[Library], T], done: Callable[[T], object]) -> None:
        def show(found: T) -> None:
            done(found)
            self._shown.refresh()

        self._parts.keeping.ask(job, show, self.refused.emit)

    def _ask_to_delete(self, case: Case | CaseRow, items: tuple[Item, ...]) -> None:
        holds = count(len(items), "slide or series", "slides and series")
        more = f"It holds {holds}. What was drawn, found and written in it is deleted; the files stay."
        if not _sure(self._frame, f"Delete the case “{case.name}”?", more, "Delete"):
            return
        for item in items:
            opened = self._casework.opened_of(item.id)
            if opened is not None:
                self._parts.session.close(opened)
        if self._casework.case is not None and self._casework.case.id == case.id:
            self._casework.choose(None)
        self._do("Delete the case", lambda library: library.delete_case(case.id))

    def _show_menu(self, case_id: int, place: QPoint) -> None:
        menu = QMenu(self._frame)
        menu.addAction("Open").triggered.connect(lambda: self._opening.open_case(case_id))
        menu.addAction("Analyze all…").triggered.connect(self._frame.slides.all.analyze_wished)
        for name, show in (("History…", self.history.show), ("Delete…", self.delete)):
            asked = partial(self._ask, lambda library: library.case(case_id), show)
            menu.addAction(name).triggered.connect(lambda _=False, asked=asked: asked())
        menu.exec(place)
        menu.deleteLater()


def _sure(parent: QWidget, words: str, more: str, button: str) -> bool:
    """Ask before something is lost."""
    box = QMessageBox(QMessageBox.Icon.Question, "Parfocal", words, parent=parent)
    box.setInformativeText(more)
    yes = box.addButton(button, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.exec()
    sure = box.clickedButton() is yes
    box.deleteLater()
    return sure
