"""Cases in the window: every file that is opened has one, and everything that is done on it is kept there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QObject, Qt, Signal
from PySide6.QtGui import QImage

from ml.annotation.document import Change
from ml.errors import Problem
from viewer.cases.values import Case, Item
from viewer.main_window.filling import Fillings
from viewer.main_window.frame import Frame
from viewer.main_window.keeper import Keeper
from viewer.main_window.page import Page
from viewer.main_window.parts import Parts
from viewer.main_window.series_keeper import SeriesKeeper
from viewer.main_window.slide_keeper import SlideKeeper
from viewer.main_window.views import Views
from viewer.state.opened import Opened
from viewer.state.opened_series import OpenedSeries
from viewer.state.opened_slide import OpenedSlide
from viewer.work.keeping import Keeping
from viewer.work.kept_item import Home, Kept, adopt

if TYPE_CHECKING:
    from viewer.cases.library import Library

_PICTURE = 160  # px: the longer edge of a small picture that is kept


class Casework(QObject):
    """Takes what is opened up into the library, one after another, and gives back what it has."""

    case_changed = Signal(object)  # Case that is looked at, or None
    taken_up = Signal(object)  # Opened: the library knows it, and what it had is shown
    items_changed = Signal()  # what a case holds is another
    refused = Signal(object)  # Problem
    told = Signal(str)  # a sentence for the status line

    def __init__(self, parts: Parts, frame: Frame, views: Views) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._keeping = parts, frame, parts.keeping
        self.case: Case | None = None
        self._keepers: dict[Opened, Keeper] = {}
        self._cases: dict[Opened, Case] = {}
        self.fillings = Fillings(parts.keeping, self)
        self.fillings.refused.connect(self.refused)
        self._waiting: deque[Keeper] = deque()
        self._under_way: Keeper | None = None
        self._wanted = 0  # the id of a case that waits for files
        parts.session.opened.connect(self._begin)
        parts.session.closing.connect(self._end)
        parts.session.current_changed.connect(self._follow)
        views.page_changed.connect(self._watch)
        frame.slides.pictured.connect(self._keep_picture)
        parts.keeping.again.connect(self._next)

    def item_of(self, opened: Opened | None) -> Item | None:
        """What the library calls something open; None while it does not know it."""
        keeper = None if opened is None else self._keepers.get(opened)
        return None if keeper is None else keeper.item

    def case_of(self, opened: Opened) -> Case | None:
        """The case of something open, as it was when it was taken up."""
        return self._cases.get(opened)

    def opened_of(self, item_id: int) -> Opened | None:
        """An item of the library, where it is open."""
        return next(
            (o for o, k in self._keepers.items() if k.item is not None and k.item.id == item_id), None
        )

    def choose(self, case: Case | None) -> None:
        """Look at a case."""
        self.case = case
        self.case_changed.emit(case)

    def want(self, case: Case) -> None:
        """Look at a case; what is opened next goes into it, though nothing of it is open."""
        self._wanted = case.id
        self.choose(case)

    def rehomed(self, item: Item) -> None:
        """An item belongs to another case now."""
        opened = self.opened_of(item.id)
        self.items_changed.emit()
        if opened is not None:
            self._keepers[opened].item = item

            def know(case: Case) -> None:
                if opened in self._keepers:
                    self._cases[opened] = case
                    self.taken_up.emit(opened)
                    if opened is self._parts.session.current:
                        self.choose(case)

            self._keeping.ask(lambda library: library.case(item.case_id), know, self.refused.emit)

    def show_foreign(self, opened: OpenedSlide, change: Change) -> None:
        """Show what somebody else did; edits before it cannot be taken back where they met."""
        keeper = self._keepers.get(opened)
        if isinstance(keeper, SlideKeeper):
            keeper.show_foreign(change)

    def settle(self) -> None:
        """The window closes: what waits is handed over, and what the library did not know it takes up now."""
        self.fillings.close()
        self._frame.slides.case.flush()
        for keeper in self._keepers.values():
            keeper.opened.settle()
            keeper.close()
        left = [keeper for keeper in (self._under_way, *self._waiting) if keeper is not None and keeper.waits]
        self._keepers.clear()
        self._waiting.clear()
        for keeper in left:
            kept = self._keeping.do_now(self._adoption(keeper))
            if kept is not None:
                keeper.hand_over(kept.item)

    # ------------------------------------------------------------------ what is opened

    def _begin(self, opened: Opened) -> None:
        keeper: Keeper
        if isinstance(opened, OpenedSlide):
            keeper = SlideKeeper(opened, self._keeping)
        elif isinstance(opened, OpenedSeries):
            keeper = SeriesKeeper(opened, self._keeping)
        else:
            return
        keeper.setParent(self)
        keeper.changed.connect(self.items_changed)
        self._keepers[opened] = keeper
        self._waiting.append(keeper)
        self._next()

    def _next(self) -> None:
        if self._under_way is not None or not self._waiting:
            return
        keeper = self._under_way = self._waiting.popleft()
        self._keeping.ask(self._adoption(keeper), partial(self._take, keeper), partial(self._fail, keeper))

    def _adoption(self, keeper: Keeper) -> Callable[[Library], Kept]:
        facts, home = keeper.facts(), self._home(keeper)
        return lambda library: adopt(library, replace(facts, fingerprint=keeper.fingerprint()), home)

    def _home(self, keeper: Keeper) -> Home:
        """The case that is looked at, where something of it is open or it is empty; else one of its own."""
        case, facts = self.case, keeper.facts()
        shared = case is not None and (case.id == self._wanted or case.id in self._open_cases())
        patient = str(facts.facts.get("patient", ""))
        return Home(case.id if case is not None and shared else None, keeper.case_name(), patient)

    def _open_cases(self) -> set[int]:
        return {keeper.item.case_id for keeper in self._keepers.values() if keeper.item is not None}

    def _take(self, keeper: Keeper, kept: Kept) -> None:
        self._under_way = None
        self._keeping.taken_up()
        opened = keeper.opened
        if self._keepers.get(opened) is keeper:
            self._cases[opened] = kept.case
            keeper.become(kept)
            self._load_annotations(keeper, kept)
            self._say(kept)
            self.taken_up.emit(opened)
            if opened is self._parts.session.current or self.case is None:
                self.choose(kept.case)
        else:  # it was closed meanwhile
            keeper.hand_over(kept.item)
            keeper.deleteLater()
        self.items_changed.emit()
        self._next()

    def _fail(self, keeper: Keeper, problem: Problem) -> None:
        """Nothing is lost: it is tried again, until it can be taken up."""
        self._under_way = None
        self._waiting.appendleft(keeper)
        self._keeping.try_again(problem)

    def _say(self, kept: Kept) -> None:
        if kept.moved_from is not None:
            self.told.emit(f"{kept.item.name} lies in another folder now; all that was done on it is here.")

    def _load_annotations(self, keeper: Keeper, kept: Kept) -> None:
        """A little at a time: what was drawn may be hundreds of thousands of objects."""
        if not isinstance(keeper, SlideKeeper) or kept.is_new:
            return
        self.fillings.begin(keeper, kept.item.id)

    def _end(self, opened: Opened) -> None:
        keeper = self._keepers.pop(opened, None)
        self._cases.pop(opened, None)
        self.fillings.stop(opened)
        if keeper is None:
            return
        keeper.is_open = False
        keeper.mark_view()
        keeper.close()
        if keeper.item is not None:
            keeper.deleteLater()
        elif not keeper.waits and keeper in self._waiting:
            self._waiting.remove(keeper)
            keeper.deleteLater()
        self.items_changed.emit()

    # ------------------------------------------------------------------ what is looked at

    def _follow(self, opened: Opened | None) -> None:
        item = self.item_of(opened)
        if item is not None:  # somebody else may have gone on with it
            self._keeping.write(lambda writer: writer.look(item.id), quietly=True)
        if item is not None and (self.case is None or self.case.id != item.case_id):
            self._keeping.ask(lambda library: library.case(item.case_id), self.choose, self.refused.emit)

    def _watch(self, page: Page | None) -> None:
        if page is not None and page.opened in self._keepers:
            self._keepers[page.opened].watch(page)

    def _keep_picture(self, opened: Opened, image: QImage) -> None:
        keeper = self._keepers.get(opened)
        if keeper is not None:
            keeper.edit(partial(_keep_picture, image))


def _keep_picture(image: QImage, keeping: Keeping, item: int) -> None:
    keeping.write(lambda writer: writer.do("Small picture", partial(_picture, image, item)))


def _picture(image: QImage, item: int, library: Library) -> None:
    """In the writer's thread: a small picture, once."""
    if library.thumbnail(item) is None:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        small = image.scaled(
            _PICTURE, _PICTURE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        small.save(buffer, "PNG")  # type: ignore[call-overload] # text is what it takes
        library.set_thumbnail(item, bytes(buffer.data().data()))
