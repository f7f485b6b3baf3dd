"""Copies of what is looked at that name nobody: asks where to, has it written, shows what was left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from ml.deidentify.neutral import neutral_name
from ml.deidentify.uids import remapped
from ml.errors import Problem
from ml.progress import Step
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.status_line import StatusLine
from viewer.panels.copied_dialog import CopiedDialog
from viewer.state.opened_series import OpenedSeries
from viewer.state.opened_slide import OpenedSlide

if TYPE_CHECKING:
    from ml.deidentify.copied import Copied


class Copying(QObject):
    """One copy at a time, stopped from the status line."""

    changed = Signal()
    refused = Signal(object)  # Problem

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status = parts, frame, status
        self._copying = False
        self.copied: CopiedDialog | None = None
        work = parts.proofs
        work.step.connect(self._tell)
        work.copied.connect(self._show_copied)
        work.stopped.connect(lambda: self._end("Stopped; no copy was written."))
        work.failed.connect(self._fail)
        status.stop_wished.connect(self._stop)

    @property
    def source(self) -> Path | None:
        """The file or folder of what is looked at; None while there is none, or something is at work."""
        opened = self._parts.session.current
        if self._parts.proofs.running:
            return None
        if isinstance(opened, OpenedSlide):
            return opened.info.path
        if isinstance(opened, OpenedSeries):
            files = opened.series.files
            return files[0].parent if len(files) > 1 else files[0]
        return None

    def ask_copy(self) -> None:
        """Ask where the copy shall go, under a name that names nobody, and write it."""
        source = self.source
        if source is None:
            return
        folder = Path(self._parts.settings.last_folder or Path.home())
        name = neutral_name(source.name if source.is_file() else "", f"{int(remapped(str(source))[5:]):x}")
        chosen, _ = QFileDialog.getSaveFileName(self._frame, "De-identified copy", str(folder / name))
        if chosen:
            self._parts.settings.last_folder = str(Path(chosen).parent)
            self.copy(source, Path(chosen))

    def copy(self, source: Path, target: Path) -> None:
        """Write the copy in the background."""
        if self._parts.session.find(target) is not None:
            self.refused.emit(Problem(f"“{target.name}” is open.", "Give the copy another name."))
            return
        self._copying = True
        self._parts.proofs.copy(source, target)
        self._tell(Step("Copying without names", 0, 0))
        self.changed.emit()

    def _show_copied(self, copied: Copied) -> None:
        self._end("De-identified copy written")
        dialog = CopiedDialog(copied, self._frame)
        dialog.finished.connect(self._close_copied)
        self.copied = dialog
        dialog.open()

    def _close_copied(self, _: int = 0) -> None:
        dialog, self.copied = self.copied, None
        if dialog is not None:
            dialog.deleteLater()

    def _tell(self, step: Step) -> None:
        if self._copying:
            self._status.show_step(step)

    def _stop(self) -> None:
        if self._copying:
            self._parts.proofs.stop()

    def _fail(self, problem: Problem) -> None:
        if self._copying:
            self._end("")
            self.refused.emit(problem)

    def _end(self, words: str) -> None:
        if self._copying:
            self._copying = False
            self._status.end_work(words)
            self.changed.emit()
