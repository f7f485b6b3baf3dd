"""Writes reports in the background."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.progress import Progress
from ml.report.material import Material
from ml.verbs.export import ExportRequest, export
from viewer.work.background import Background, as_problem


class ReportWork(QObject):
    """One report after another: PDF, tables and annotations into a folder."""

    written = Signal(object)  # Path of the PDF
    failed = Signal(object)  # Problem

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = Background("report", self)
        self._progress = Progress()

    def export(self, material: Material, folder: Path, *, keep_identity: bool = False) -> None:
        """Write the report of what stands in `material` into a folder; `written` or `failed` follows."""
        request = ExportRequest(material, folder, keep_identity)
        self._thread.submit(lambda: _export(request, self._progress), self.written.emit, self._fail)

    def close(self) -> None:
        """Stop writing and wait until the thread is gone."""
        self._progress.stop()
        self._thread.close()

    def _fail(self, error: BaseException) -> None:
        self.failed.emit(as_problem(error, "Writing the report"))


def _export(request: ExportRequest, progress: Progress) -> Path:
    return next(path for path in export(request, progress) if path.suffix == ".pdf")
