"""From findings of a series to a report that can be looked at before it is handed on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from ml.ct_about import patient_in_words
from ml.errors import Problem
from ml.report.ct_material import CtMaterial
from viewer.main_window.ct_measured import measurements_of
from viewer.main_window.ct_opening import CtOpening
from viewer.main_window.ct_page import CtPage
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.reporting import Reporting
from viewer.main_window.status_line import StatusLine


class CtReporting(QObject):
    """Asks for a folder, writes the report there in the background, shows it."""

    refused = Signal(object)  # Problem

    def __init__(
        self, parts: Parts, frame: Frame, status: StatusLine, opening: CtOpening, reporting: Reporting
    ) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status = parts, frame, status
        self._opening, self._reporting = opening, reporting
        parts.ct_analysis.written.connect(self._show_report)
        parts.ct_analysis.not_written.connect(self.refused)

    @property
    def possible(self) -> bool:
        """Whether there is a finished (or stopped) analysis of what is looked at."""
        page = self._opening.page
        return page is not None and page.opened.findings is not None and bool(page.opened.findings.analysis)

    def export(self) -> None:
        """Ask where to, and write the report."""
        page = self._opening.page
        if page is None or not self.possible:
            self.refused.emit(Problem("There is nothing to report yet.", "Analyze the series first (A)."))
            return
        folder = self._reporting.ask_folder()
        if folder is not None:
            self.export_into(folder / "CT report")

    def export_into(self, folder: Path) -> None:
        """Write the report of what is looked at into this folder."""
        page = self._opening.page
        material = None if page is None else material_of(page, private=self._parts.settings.private)
        if material is not None:
            self._status.showMessage("Writing the report …")
            self._parts.ct_analysis.export(material, folder, keep_identity=self._parts.settings.keep_identity)

    def _show_report(self, pdf: Path) -> None:
        self._status.showMessage(f"Report written: {pdf.name}", 10_000)
        self._reporting.show(pdf)


def material_of(page: CtPage, *, private: bool) -> CtMaterial | None:
    """What a report of this page is made from, as things stand now; None without a finished analysis."""
    opened, findings = page.opened, page.opened.findings
    if findings is None or findings.analysis is None:
        return None
    return CtMaterial(
        opened.series,
        findings.analysis,
        findings.card,
        page.reading.look.window,
        dict(findings.verdicts),
        measurements_of(opened),
        patient="" if private else patient_in_words(opened.about, hidden=False),
    )
