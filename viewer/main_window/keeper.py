"""Keeps what is edited on one thing that is open: the library gets every edit, and gives back what it has."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from ml.results.analysis import Analysis
from ml.results.ct_analysis import CtAnalysis
from viewer.cases.conflict import StateChanged
from viewer.cases.values import Item, ItemFacts, Json, Verdict
from viewer.main_window.page import Page
from viewer.panels.links import Links
from viewer.state.opened import Opened
from viewer.work.keeping import Keeping
from viewer.work.kept_item import Kept

if TYPE_CHECKING:
    from viewer.cases.library import Library

Edit = Callable[[Keeping, int], None]
"""Hands something over that concerns an item of the library."""

_SHARED = {"comment"}  # texts that two may write at once
_SOON_MS = 250  # after the last key or movement


class Keeper(QObject):
    """Until the library knows the item, edits wait here. What is typed or moved is kept a moment later."""

    changed = Signal()  # something that the case's list shows is another

    def __init__(self, opened: Opened, keeping: Keeping, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.opened = opened
        self.item: Item | None = None
        self.is_open = True  # False: the person closed it, and does not want it open with the case
        self._keeping = keeping
        self._waiting: list[Edit] = []
        self._made: dict[str, Callable[[], Json]] = {}  # states that are to be written
        self._quiet: set[str] = set()  # those of them that nobody misses
        self._kept: dict[str, Json] = {}  # as the library has them
        self._restoring = False
        self._links, self._page_links = Links(), Links()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self.flush)
        self._links.follow(keeping.met, self._meet)

    # ------------------------------------------------------------------ what a subclass says

    def facts(self) -> ItemFacts:
        """What is known of it without the library; the fingerprint is taken later, in a thread."""
        raise NotImplementedError

    def case_name(self) -> str:
        """What to call the case that is made for it alone."""
        raise NotImplementedError

    def fingerprint(self) -> str:
        """What tells it from everything else, wherever it lies. Read in a background thread."""
        raise NotImplementedError

    def mark_view(self) -> None:
        """Where one stands is another, or it is open no more."""
        raise NotImplementedError

    def watch(self, page: Page) -> None:
        """It is looked at on this page: where one stands there is kept."""
        raise NotImplementedError

    def _restore(self, kept: Kept) -> None:
        raise NotImplementedError

    # ------------------------------------------------------------------ the library

    def become(self, kept: Kept) -> None:
        """The library knows it: show what it has, then hand over what was done meanwhile."""
        self._kept = dict(kept.states)
        self._restoring = True
        try:
            self._restore(kept)
        finally:
            self._restoring = False
        self._keeping.write(lambda writer: writer.opened(kept.item.id, kept.item.version))
        self.hand_over(kept.item)
        self.flush()

    def edit(self, edit: Edit) -> None:
        """Have an edit carried out, after all before it."""
        if self.item is None:
            self._waiting.append(edit)
            self._keeping.hold(self)
        else:
            edit(self._keeping, self.item.id)

    def mark(self, name: str, make: Callable[[], Json], *, quietly: bool = False) -> None:
        """A state is another: it is written in a moment. `quietly`: nobody misses it, nothing is said."""
        if self._restoring:
            return
        self._made[name] = make
        if quietly:
            self._quiet.add(name)
        else:
            self._keeping.hold(self)
        if not (quietly and self._soon.isActive()):
            self._soon.start()

    def flush(self) -> None:
        """Write at once what is another; while the library does not know the item, it waits."""
        if self.item is None:
            return
        self._soon.stop()
        self._write_states()
        self._keeping.release(self)

    def close(self) -> None:
        """Keep what is left, and follow no more. What the library does not know yet waits on."""
        if self.item is None:
            for name in self._quiet:
                self._made.pop(name, None)
        self._soon.stop()
        self._write_states()
        self._links.drop()
        self._page_links.drop()
        if self.item is not None or not self._waiting:
            self._keeping.release(self)

    def hand_over(self, item: Item) -> None:
        """It is closed already, and only now in the library: what waited goes there."""
        self.item = item
        waiting, self._waiting = self._waiting, []
        for edit in waiting:
            self.edit(edit)
        self._keeping.release(self)

    @property
    def waits(self) -> bool:
        """Whether there are edits for an item that the library does not know yet."""
        return bool(self._waiting)

    def _write_states(self) -> None:
        made, self._made = self._made, {}
        for name, make in made.items():
            value = make()
            before = self._kept.get(name)
            if before != value:
                self._kept[name] = value
                shared = name in _SHARED
                write = (
                    partial(_set_text, name, str(value), before)
                    if shared
                    else partial(_set_state, name, value, name in self._quiet)
                )
                self.edit(write)

    def _meet(self, changed: StateChanged) -> None:
        """Somebody else wrote the same: this is what the library has now."""
        if self.item is not None and self.item.id == changed.item_id:
            self._kept[changed.name] = changed.kept


def _set_state(name: str, value: Json, quietly: bool, keeping: Keeping, item: int) -> None:
    keeping.write(lambda writer: writer.set_state(item, name, value), quietly=quietly)


def _set_text(name: str, text: str, base: Json, keeping: Keeping, item: int) -> None:
    keeping.write(lambda writer: writer.set_text(item, name, text, base))


def keep_analysis(
    analysis: Analysis | CtAnalysis,
    verdicts: dict[str, Verdict],
    number: list[int],
    keeping: Keeping,
    item: int,
) -> None:
    """Keep what a run gave; the library's number of it goes into `number`, once it has one."""

    def work(library: Library) -> None:
        if not number:
            number.append(library.keep_analysis(item, analysis, verdicts))

    keeping.write(lambda writer: writer.do("Analysis", work))


def keep_verdict(number: list[int], key: str, verdict: Verdict, keeping: Keeping, item: int) -> None:
    """Keep what was decided about a finding of an analysis that is kept, or will be before this."""
    del item

    def decide(library: Library) -> None:
        library.decide(number[0], key, verdict)

    keeping.write(lambda writer: writer.do("Verdict", decide))
