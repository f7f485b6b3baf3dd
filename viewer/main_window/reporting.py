"""From findings to a report that can be looked at before it is handed on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from ml.deidentify.neutral import neutral_name
from ml.deidentify.privacy import Privacy
from ml.errors import Problem
from ml.report.material import LayerSettings, Material
from viewer.main_window.frame import Frame
from viewer.main_window.parts import Parts
from viewer.main_window.slide_page import SlidePage
from viewer.main_window.slides import Slides
from viewer.main_window.status_line import StatusLine
from viewer.panels.report_preview import ReportPreview


class Reporting(QObject):
    """Asks for a folder, writes the report there in the background, shows it."""

    changed = Signal()
    refused = Signal(object)  # Problem
    written = Signal(object)  # Path of the PDF

    def __init__(self, parts: Parts, frame: Frame, status: StatusLine, slides: Slides) -> None:
        super().__init__(frame)
        self._parts, self._frame, self._status, self._slides = parts, frame, status, slides
        self._busy = False
        self.preview: ReportPreview | None = None
        parts.reports.written.connect(self._end)
        parts.reports.failed.connect(self._fail)

    @property
    def possible(self) -> bool:
        """Whether there is a finished (or stopped) analysis to report, and no report is being written."""
        page = self._slides.page
        findings = None if page is None else page.opened.findings
        return not self._busy and findings is not None and findings.analysis is not None

    def export(self) -> None:
        """Ask where to, and write."""
        page = self._slides.page
        if page is None or not self.possible:
            self.refused.emit(Problem("There is nothing to report yet.", "Analyze a region first (A)."))
            return
        folder = self.ask_folder()
        if folder is not None:
            self.export_into(folder / f"{self._name_of(page)} report")

    def _name_of(self, page: SlidePage) -> str:
        """What the folder is named after: a file's name may be a patient's."""
        findings = page.opened.findings
        if self._parts.settings.keep_identity or findings is None or findings.analysis is None:
            return page.opened.info.path.stem
        made = findings.analysis.provenance
        return Path(neutral_name("", made.slide_sha256)).stem

    def ask_folder(self, over: QWidget | None = None) -> Path | None:
        """Where a report shall go, as the person says; remembered for the next one."""
        start = self._parts.settings.last_folder or str(Path.home())
        chosen = QFileDialog.getExistingDirectory(
            over or self._frame, "Folder for the report and its tables", start
        )
        if not chosen:
            return None
        self._parts.settings.last_folder = chosen
        return Path(chosen)

    def export_into(self, folder: Path) -> None:
        """Write the report of the current slide into this folder."""
        page = self._slides.page
        material = None if page is None else material_of(page)
        if material is None:
            return
        self._busy = True
        self._status.showMessage("Writing the report …")
        self._parts.reports.export(material, folder, keep_identity=self._parts.settings.keep_identity)
        self.changed.emit()

    def _end(self, pdf: Path) -> None:
        self._busy = False
        self._status.showMessage(f"Report written: {pdf.name}", 10_000)
        self.changed.emit()
        self.show(pdf)
        self.written.emit(pdf)

    def show(self, pdf: Path) -> None:
        """Show a report; closing it lets it go."""
        if self.preview is not None:
            self.preview.close()
        preview = ReportPreview(pdf, self._frame)
        preview.notice.say(left_out(pdf.parent))
        preview.save_wished.connect(lambda path: self._copy(pdf, path))
        preview.finished.connect(self._forget_preview)
        self.preview = preview
        preview.open()

    def _forget_preview(self) -> None:
        if self.preview is not None:
            self.preview.deleteLater()
            self.preview = None

    def _copy(self, pdf: Path, target: Path) -> None:
        try:
            shutil.copyfile(pdf, target)
        except OSError as error:
            self.refused.emit(
                Problem("The copy could not be saved.", "Choose another folder.", reason=error.strerror)
            )

    def _fail(self, problem: Problem) -> None:
        self._busy = False
        self._status.clearMessage()
        self.changed.emit()
        self.refused.emit(problem)


def material_of(page: SlidePage) -> Material | None:
    """What a report of this page is made from, as things stand now; None without a finished analysis."""
    opened = page.opened
    findings = opened.findings
    if findings is None or findings.analysis is None:
        return None
    heatmap = page.results.heatmap
    layers = LayerSettings(
        findings.rule.class_index,
        findings.rule.threshold,
        heatmap.colormap if heatmap is not None else "viridis",
        heatmap.opacity if heatmap is not None else 0.6,
    )
    return Material(
        slide=opened.slide,
        analysis=findings.analysis,
        card=findings.card,
        layers=layers,
        boxes=findings.boxes,
        verdicts={box.key: findings.verdict(box.key) for box in findings.boxes},
        annotations=tuple(opened.annotations),
        comment=opened.comment,
        rule=findings.rule,
    )


def left_out(folder: Path) -> str:
    """What a report that was just written leaves out, in one sentence; empty where it does not say."""
    try:
        said = json.loads((folder / "record.json").read_text(encoding="utf-8"))["record"]["privacy"]
        return Privacy(said["identity_kept"], tuple(said["removed"]), tuple(said["kept"])).headline
    except (OSError, ValueError, KeyError, TypeError):
        return ""
