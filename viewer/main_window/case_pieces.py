"""The pieces of the window that belong to cases, made together."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QMessageBox

from viewer.main_window.case_commands import CaseCommands
from viewer.main_window.case_opening import CaseOpening
from viewer.main_window.case_shown import CaseShown
from viewer.main_window.case_telling import CaseTelling
from viewer.main_window.casework import Casework
from viewer.main_window.comments import Comments
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.reopening import Reopening
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.main_window.views import Views


@dataclass(frozen=True)
class CasePieces:
    """`work` knows the case that is looked at; the others follow it."""

    parts: Parts
    frame: Frame
    work: Casework
    shown: CaseShown
    opening: CaseOpening
    commands: CaseCommands
    telling: CaseTelling
    comments: Comments
    reopening: Reopening

    @classmethod
    def of(
        cls, parts: Parts, frame: Frame, status: StatusLine, views: Views, slides: Slides, ct: CtOpening
    ) -> CasePieces:
        """After `slides` and `ct`, whose signals come first."""
        work = Casework(parts, frame, views)
        shown = CaseShown(parts, frame, work)
        comments = Comments(parts, frame, work)
        comments.changed.connect(shown.refresh)
        opening = CaseOpening(parts, frame, slides, ct, work, shown)
        return cls(
            parts,
            frame,
            work,
            shown,
            opening,
            CaseCommands(parts, frame, slides, work, shown, opening),
            CaseTelling(parts, frame, status, work),
            comments,
            Reopening(parts, frame, slides, ct, work),
        )

    def begin(self) -> None:
        """The window is there: open the library, and what a window that was killed had open."""
        self.parts.keeping.open()
        self.reopening.look()

    def finish(self) -> None:
        """The window closes: keep all that waits. What cannot be kept is said; the person decides."""
        self.work.settle()
        while (problem := self.parts.keeping.finish()) is not None:
            box = QMessageBox(
                QMessageBox.Icon.Warning, "Parfocal", "Not everything is saved.", parent=self.frame
            )
            box.setInformativeText(f"{problem} What is not saved is lost when the window closes.")
            again = box.addButton("Try again", QMessageBox.ButtonRole.AcceptRole)
            lose = box.addButton("Close without saving", QMessageBox.ButtonRole.DestructiveRole)
            box.setDefaultButton(again)
            box.exec()
            closes = box.clickedButton() is lose
            box.deleteLater()
            if closes:
                break

    def close(self) -> None:
        """Look and note no more."""
        self.shown.close()
        self.opening.close()
        self.commands.history.close()
        self.reopening.close()
