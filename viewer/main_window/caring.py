"""The check of this computer, crash reports, the support file; and what is noted for a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog

from ml.crash import CrashReport, reports
from ml.errors import Problem
from viewer.actions.command import Bound, Command
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.check_dialog import CheckDialog
from viewer.panels.crash_dialog import CrashDialog
from viewer.panels.support_dialog import SupportDialog
from viewer.state.opened import Opened
from viewer.state.opened_slide import OpenedSlide
from viewer.work.background import as_problem

if TYPE_CHECKING:
    from ml.checkup.finding import Finding
    from ml.verbs.support import Paper


class Caring(QObject):
    """One of its dialogs is open at a time."""

    changed = Signal()

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status = parts, frame, status
        self.dialog: QDialog | None = None
        care, session = parts.care, parts.session
        care.found.connect(self._add)
        care.checked.connect(self._end)
        care.collected.connect(self._show_papers)
        care.saved.connect(self._say_saved)
        care.failed.connect(self._fail)
        session.opened.connect(lambda _: self._count())
        session.closing.connect(self._count)

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.caring` do."""
        return {
            "check_computer": Bound(self.check),
            "crash_reports": Bound(self.show_reports),
            "support_file": Bound(self.show_support),
        }

    def noted(self, commands: Sequence[Command]) -> tuple[Command, ...]:
        """The same commands, each noted by its id before it runs: for a report, should it be the last."""
        recorder = self._parts.care.recorder
        if recorder is None:
            return tuple(commands)

        def noting(command: Command) -> Command:
            def run() -> None:
                recorder.ran(command.id)
                command.bound.run()

            return replace(command, bound=replace(command.bound, run=run))

        return tuple(map(noting, commands))

    # ------------------------------------------------------------------ check

    def check(self) -> None:
        """Look at this computer, and show what is found as it comes."""
        dialog = CheckDialog(self._frame)
        dialog.again_wished.connect(self._check_again)
        self._open(dialog)
        self._parts.care.check()

    def _check_again(self) -> None:
        if isinstance(self.dialog, CheckDialog) and not self._parts.care.running:
            self.dialog.begin()
            self._parts.care.check()

    def _add(self, finding: Finding) -> None:
        if isinstance(self.dialog, CheckDialog):
            self.dialog.add(finding)

    def _end(self) -> None:
        if isinstance(self.dialog, CheckDialog):
            self.dialog.end()

    # ------------------------------------------------------------------ crashes

    def show_reports(self) -> None:
        """The reports that are kept, the newest chosen."""
        dialog = CrashDialog(reports(), self._frame)
        dialog.support_wished.connect(self.show_support)
        self._open(dialog)

    def show_fault(self, error: BaseException, report: CrashReport | None) -> None:
        """Something failed that nobody had thought of: said over the picture; the window goes on."""
        problem = as_problem(error, "The last action")
        bug = "trace" in problem.facts
        action = ("Read the report", self.show_reports) if bug and report is not None else None
        self._frame.banner.show_problem(problem, "refusal" if bug else "warning", action)

    # ------------------------------------------------------------------ support file

    def show_support(self) -> None:
        """What may go into a support file, to be read first."""
        dialog = SupportDialog(self._frame)
        dialog.save_wished.connect(self._ask_where)
        self._open(dialog)
        self._parts.care.collect()

    def _ask_where(self) -> None:
        if not isinstance(self.dialog, SupportDialog):
            return
        usual = Path.home() / f"parfocal-support-{datetime.now():%Y-%m-%d}.zip"
        chosen, _ = QFileDialog.getSaveFileName(self.dialog, "Support file", str(usual), "Zip (*.zip)")
        if chosen:
            out = Path(chosen)
            self._parts.care.save(self.dialog.papers, out if out.suffix else out.with_suffix(".zip"))

    def _show_papers(self, papers: tuple[Paper, ...]) -> None:
        if isinstance(self.dialog, SupportDialog):
            self.dialog.show_papers(papers)

    def _say_saved(self, out: Path) -> None:
        if isinstance(self.dialog, SupportDialog):
            self.dialog.show_saved(out.name)
        else:
            self._status.showMessage(f"“{out.name}” was saved.", 8000)

    # ------------------------------------------------------------------ all

    def _fail(self, problem: Problem) -> None:
        if isinstance(self.dialog, SupportDialog):
            self.dialog.notice.say(str(problem), "refusal")
        elif isinstance(self.dialog, CheckDialog):
            self.dialog.end()
            self.dialog.headline.say(str(problem), "refusal")
        else:
            self._frame.banner.show_problem(problem)

    def _open(self, dialog: QDialog) -> None:
        self._close()
        self.dialog = dialog
        dialog.finished.connect(self._close)
        dialog.open()

    def _close(self, _: int = 0) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.close()
            dialog.deleteLater()

    def _count(self, closing: Opened | None = None) -> None:
        """How much is open, for a report: what it is called stays here."""
        if (recorder := self._parts.care.recorder) is not None:
            items = [opened for opened in self._parts.session.items if opened is not closing]
            slides = sum(isinstance(opened, OpenedSlide) for opened in items)
            recorder.holds({"slides": slides, "CT series": len(items) - slides})
