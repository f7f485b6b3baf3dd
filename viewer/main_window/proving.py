"""What of a report still holds, and copies that name nobody: asks, has it done, shows what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QInputDialog

from ml.errors import Problem
from ml.progress import Step
from viewer.actions.command import Bound
from viewer.main_window.copying import Copying
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.verify_dialog import VerifyDialog

if TYPE_CHECKING:
    from ml.record.compare import Comparison
    from ml.record.verify import Verification


class Proving(QObject):
    """One job at a time; what comes out of it is shown in a dialog."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status = parts, frame, status
        self.dialog: VerifyDialog | None = None
        self._folder = Path()
        self._subject: Path | None = None  # where the person says that the slide or series lies
        self._then_rerun = False
        self.copying = Copying(parts, frame, status)
        self.copying.refused.connect(self.refused)
        self.copying.changed.connect(self.changed)
        work = parts.proofs
        work.step.connect(self._tell)
        work.verified.connect(self._show)
        work.compared.connect(self._show_again)
        work.stopped.connect(self._stopped)
        work.failed.connect(self._fail)

    def bounds(self) -> dict[str, Bound]:
        """What the commands of `viewer.actions.proving` do."""
        settings = self._parts.settings
        return {
            "verify_report": Bound(self.ask_report, lambda: not self._parts.proofs.running),
            "rerun_report": Bound(self.ask_again, lambda: not self._parts.proofs.running),
            "deidentify": Bound(self.copying.ask_copy, lambda: self.copying.source is not None),
            "keep_identity": Bound(self._toggle, checked=lambda: settings.keep_identity),
        }

    # ------------------------------------------------------------------ reports

    def ask_report(self) -> None:
        """Ask for the folder of a report, and check it."""
        self._ask(then_rerun=False)

    def ask_again(self) -> None:
        """The same, and repeat its analysis."""
        self._ask(then_rerun=True)

    def _ask(self, *, then_rerun: bool) -> None:
        start = self._parts.settings.last_folder or str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self._frame, "Folder of the report", start)
        if chosen:
            self._parts.settings.last_folder = str(Path(chosen).parent)
            self.verify(Path(chosen), then_rerun=then_rerun)

    def verify(self, folder: Path, *, then_rerun: bool = False) -> None:
        """Check a report and show what holds; then, where wished and possible, repeat its analysis."""
        self._close_dialog()
        self._folder, self._subject, self._then_rerun = folder, None, then_rerun
        dialog = VerifyDialog(folder, self._frame)
        dialog.subject_wished.connect(self.ask_subject)
        dialog.trust_wished.connect(self.ask_trust)
        dialog.rerun_wished.connect(self.rerun)
        dialog.stop_wished.connect(self._parts.proofs.stop)
        dialog.finished.connect(self._close_dialog)
        self.dialog = dialog
        dialog.open()
        self._check()

    def rerun(self) -> None:
        """Repeat the analysis of the report that is shown."""
        if self.dialog is not None:
            self.dialog.show_running(True)
            self._parts.proofs.rerun(self._folder, self._subject)

    def ask_subject(self) -> None:
        """Ask where the slide or the series lies now, and check again."""
        found = self.dialog.verification if self.dialog else None
        if found is None:
            return
        if found.said.get("kind") == "ct":
            chosen = QFileDialog.getExistingDirectory(self.dialog, "Folder of the series")
        else:
            chosen, _ = QFileDialog.getOpenFileName(self.dialog, "The slide that was analyzed")
        if chosen:
            self._subject = Path(chosen)
            self._check()

    def ask_trust(self) -> None:
        """Ask whose the key is, and check again."""
        found = self.dialog.verification if self.dialog else None
        if found is None or found.signature.public is None:
            return
        words = (
            f"The report is signed with the key\n{found.signature.fingerprint}\n\nCompare this with whoever "
            "wrote the report, by telephone say. Whose key is it?"
        )
        name, wished = QInputDialog.getText(self.dialog, "Trust this key", words)
        if not wished:
            return
        from ml.record.key import trust

        try:
            trust(found.signature.public, name)
        except Problem as problem:
            self.refused.emit(problem)
        self._check()

    def _check(self) -> None:
        if self.dialog is not None:
            self.dialog.show_running(True)
            self._parts.proofs.verify(self._folder, self._subject)

    def _show(self, found: Verification) -> None:
        if self.dialog is None:
            return
        self.dialog.show_verification(found)
        again, self._then_rerun = self._then_rerun, False
        if again and self.dialog.rerun_button.isEnabled():
            self.rerun()

    def _show_again(self, found: Comparison) -> None:
        if self.dialog is not None:
            self.dialog.show_comparison(found)

    def _close_dialog(self, _: int = 0) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            self._parts.proofs.stop()
            dialog.close()
            dialog.deleteLater()

    # ------------------------------------------------------------------ both

    def _toggle(self) -> None:
        settings = self._parts.settings
        settings.keep_identity = not settings.keep_identity
        words = (
            "Names stay in what is exported: it may name a patient."
            if settings.keep_identity
            else ("Names are left out of what is exported.")
        )
        self._status.showMessage(words, 10_000)
        self.changed.emit()

    def _tell(self, step: Step) -> None:
        if self.dialog is not None:
            self.dialog.show_step(step)

    def _stopped(self) -> None:
        if self.dialog is not None:
            self.dialog.show_stopped()
        self.changed.emit()

    def _fail(self, problem: Problem) -> None:
        if self.dialog is not None:
            self.dialog.show_problem(problem)
        self.changed.emit()
