"""Two people at one comment: both texts are kept at once; the later is told, and may choose one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ml.errors import Problem
from viewer.cases.comment import both
from viewer.cases.conflict import StateChanged
from viewer.main_window.casework import Casework
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.panels.history_dialog import moment_in_words
from viewer.state.opened_slide import OpenedSlide

if TYPE_CHECKING:
    from viewer.cases.library import Library
    from viewer.cases.values import Case, Said

_SHOWN = 60  # characters of a text that stand in the banner


@dataclass(frozen=True)
class _Met:
    """What both wrote, and what is kept of it now."""

    theirs: str
    mine: str
    kept: str
    by: Said | None  # who wrote theirs


class Comments(QObject):
    """The comment on a case, and the comment for the report of a slide. Nobody's words are overwritten."""

    changed = Signal()  # the library says something else about the case

    def __init__(self, parts: Parts, frame: Frame, casework: Casework) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._casework = parts, frame, casework
        parts.keeping.met.connect(self._meet_on_slide)
        frame.slides.case.comment_typed.connect(self.keep)

    def keep(self, case_id: int, text: str, base: str) -> None:
        """Keep the comment on a case; `base` is what it was when the person began."""
        keeping = self._parts.keeping

        def work(library: Library) -> None:
            met = _kept(library, library.case(case_id), text, base)
            if met is not None:
                keeping.tell(lambda: self._meet_on_case(case_id, met))
            keeping.tell(self.changed.emit)

        keeping.write(lambda writer: writer.do("Comment on the case", work))

    def _meet_on_case(self, case_id: int, met: _Met) -> None:
        page, case = self._frame.slides.case, self._casework.case

        def choose(text: str) -> None:
            if page.about is not None and page.about.id == case_id:
                page.take_comment(text, met.kept)
            self.keep(case_id, text, met.kept)

        if page.about is not None and page.about.id == case_id:
            page.take_comment(both(met.mine, met.kept, page.comment.toPlainText()), met.kept)
        name = case.name if case is not None and case.id == case_id else "a case"
        self._ask(f"the comment on “{name}”", met, choose)

    def _meet_on_slide(self, changed: StateChanged) -> None:
        opened = self._casework.opened_of(changed.item_id)
        if not isinstance(opened, OpenedSlide):
            return
        met = _Met(str(changed.theirs or ""), str(changed.mine or ""), str(changed.kept or ""), changed.by)
        opened.set_comment(both(met.mine, met.kept, opened.comment))
        self._ask(f"the comment on {opened.title}", met, opened.set_comment)

    def _ask(self, about: str, met: _Met, choose: Callable[[str], object]) -> None:
        banner = self._frame.banner

        def take(text: str) -> None:
            banner.dismiss()
            choose(text)

        banner.show_problem(
            Problem(
                _who(met.by, about),
                f"Theirs: {_short(met.theirs)} Yours: {_short(met.mine)} Both are kept, theirs first.",
            ),
            action=("Only theirs", lambda: take(met.theirs)),
            other=("Only mine", lambda: take(met.mine)),
        )


def _kept(library: Library, there: Case, text: str, base: str) -> _Met | None:
    """In the writer's thread: write it, beside what somebody else wrote; what met, or None."""
    from viewer.cases.case_part import CaseChanged

    while True:
        by = library.last_said("comment", case_id=there.id)
        foreign = there.comment not in {base, text}
        kept = both(base, there.comment, text) if foreign else text
        try:
            library.change_case(there, comment=kept)
        except CaseChanged as changed:
            there = changed.theirs
        else:
            return _Met(there.comment, text, kept, by) if foreign else None


def _who(by: Said | None, about: str) -> str:
    if by is None:
        return f"Somebody else changed {about} meanwhile."
    return f"{by.author} changed {about} meanwhile, {moment_in_words(by.at)}."


def _short(text: str) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= _SHOWN else line[: _SHOWN - 1] + '…'}”." if line else "nothing."
