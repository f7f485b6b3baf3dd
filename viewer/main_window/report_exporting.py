"""The outputs of the report that is being written: asked for, written in the background, told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from ml.errors import Problem
from ml.report.words import count
from ml.verbs.write_report import FORMATS, WriteRequest, WrittenFile, possible_formats
from viewer.main_window.page import Page
from viewer.main_window.parts import Parts
from viewer.main_window.report_subject import name_of
from viewer.main_window.reporting import Reporting
from viewer.main_window.status_line import StatusLine
from viewer.panels.report_editor import ReportEditor
from viewer.panels.report_export_dialog import ReportExportDialog


class ReportExporting(QObject):
    """Of one editor at a time; what it began to write goes on when the editor is closed."""

    changed = Signal()
    refused = Signal(object)  # Problem
    written = Signal(object)  # tuple[WrittenFile, ...]

    def __init__(
        self,
        parts: Parts,
        status: StatusLine,
        reporting: Reporting,
        settle: Callable[[], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._parts, self._status, self._reporting, self._settle = parts, status, reporting, settle
        self.editor: ReportEditor | None = None
        work = parts.drafts
        work.step.connect(status.show_step)
        work.written.connect(self._end)
        work.failed.connect(self._fail)
        work.stopped.connect(lambda: self._rest("Stopped; files that are whole are kept."))
        status.stop_wished.connect(work.stop)

    def ask(self, page: Page) -> None:
        """Ask for formats and a folder, and write."""
        editor, settings = self.editor, self._parts.settings
        if editor is None or self._parts.drafts.running:
            return
        evidence, draft = editor.evidence, editor.drafting.draft
        possible = possible_formats(evidence)
        dialog = ReportExportDialog(possible, settings.report_formats, draft.missing, editor)
        dialog.jump_wished.connect(editor.go_to)
        accepted = dialog.exec() == QDialog.DialogCode.Accepted
        dialog.deleteLater()
        if not accepted:
            return
        chosen = tuple(one for one in FORMATS if one in dialog.chosen)
        unasked = tuple(one for one in settings.report_formats if one not in possible)
        settings.report_formats = (*chosen, *unasked)
        folder = self._reporting.ask_folder(editor)
        if folder is not None:
            self.into(folder / name_of(page, keep_identity=settings.keep_identity), chosen)

    def into(self, folder: Path, formats: tuple[str, ...]) -> None:
        """Write the report of the editor into this folder."""
        editor = self.editor
        if editor is None:
            return
        self._settle()
        wished = tuple(one for one in FORMATS if one in formats)
        kept = editor.drafting.store.picture
        request = WriteRequest(editor.drafting.draft, editor.evidence, folder, kept, wished)
        editor.show_writing("Writing the report …")
        self._parts.drafts.write(request, keep_identity=self._parts.settings.keep_identity)
        self.changed.emit()

    def _end(self, files: tuple[WrittenFile, ...]) -> None:
        folder = files[0].path.parent
        self._rest(f"Report written: {count(len(files), 'file')} in “{folder.name}”.")
        if self.editor is not None:
            self.editor.show_written(f"{count(len(files), 'file')} written into “{folder.name}”.", folder)
        self.written.emit(files)

    def _fail(self, problem: Problem) -> None:
        self._rest("")
        if self.editor is not None:
            self.editor.outcome.say(str(problem), "refusal")  # stays when the pages are set anew
        else:
            self.refused.emit(problem)

    def _rest(self, text: str) -> None:
        self._status.end_work(text)
        if self.editor is not None:
            self.editor.show_writing("")
        self.changed.emit()
